package nagios

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// maxDirDepth bounds the descent into a cfg_dir, against circular links.
	maxDirDepth = 20
	// maxObjectFiles bounds how many files are searched for definitions.
	maxObjectFiles = 100_000
)

// findCommandLines looks up the definitions of the commands that the options
// name.
func (l *loader) findCommandLines() {
	c := l.cfg
	wanted := []struct {
		option  string
		command *Command
	}{
		{"host_perfdata_file_processing_command", &c.HostPerfdata.ProcessingCommand},
		{"service_perfdata_file_processing_command", &c.ServicePerfdata.ProcessingCommand},
	}
	lines := make(map[string]string)
	for _, w := range wanted {
		if w.command.Name != "" {
			lines[commandName(w.command.Name)] = ""
		}
	}
	if len(lines) == 0 {
		return
	}
	l.searchDefinitions(lines)
	macros := l.userMacros(lines)
	for _, w := range wanted {
		if w.command.Name == "" {
			continue
		}
		line := lines[commandName(w.command.Name)]
		if line == "" {
			l.warn(fmt.Errorf("option %s (from %s): no file that could be read defines the command %q",
				w.option, c.Origin(w.option), commandName(w.command.Name)))
			continue
		}
		w.command.Line = expandCommand(line, w.command.Name, macros)
	}
}

// commandName returns the name of a command that is written with its arguments.
func commandName(withArgs string) string {
	name, _, _ := strings.Cut(withArgs, "!")
	return name
}

// searchDefinitions fills in the command lines of the names in lines.
func (l *loader) searchDefinitions(lines map[string]string) {
	missing := len(lines)
	files := 0
	search := func(path string) (goOn bool) {
		files++
		text, err := readConfigFile(l.onDisk(path))
		if err != nil {
			l.warn(fmt.Errorf("looking for command definitions in %s: %w", path, explain(l.onDisk(path), err)))
			return true
		}
		for name, line := range commandDefinitions(text) {
			if have, wanted := lines[name]; wanted && have == "" && line != "" {
				lines[name] = line
				missing--
			}
		}
		return missing > 0 && files < maxObjectFiles
	}
	for _, path := range l.objectFiles {
		if !search(path) {
			return
		}
	}
	for _, dir := range l.objectDirs {
		if !l.eachObjectFile(dir, maxDirDepth, search) {
			return
		}
	}
}

// eachObjectFile calls call for each file of a cfg_dir until that returns false.
func (l *loader) eachObjectFile(dir string, depth int, call func(path string) bool) bool {
	entries, err := os.ReadDir(l.onDisk(dir))
	if err != nil {
		l.warn(fmt.Errorf("looking for command definitions in %s: %w", dir, explain(l.onDisk(dir), err)))
		return true
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(l.onDisk(path)) // follows links, as the cores do
		switch {
		case err != nil || strings.HasPrefix(entry.Name(), "."):
		case info.IsDir() && depth > 0:
			if !l.eachObjectFile(path, depth-1, call) {
				return false
			}
		case info.Mode().IsRegular() && isConfigName(entry.Name()):
			if !call(path) {
				return false
			}
		}
	}
	return true
}

// commandDefinitions returns the command lines of an object configuration file,
// by the names of their commands.
func commandDefinitions(text string) map[string]string {
	found := make(map[string]string)
	var name, commandLine string
	inCommand := false
	for _, line := range logicalLines(text) {
		if line[0] == '#' {
			continue
		}
		line = withoutComment(line)
		key := line[:strings.IndexAny(line+" ", " \t")]
		value := strings.TrimSpace(line[len(key):])
		switch {
		case strings.HasPrefix(line, "define"):
			kind := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(line, "define"), "{"))
			inCommand, name, commandLine = kind == "command", "", ""
		case line == "}":
			if inCommand && name != "" {
				found[name] = commandLine
			}
			inCommand = false
		case key == "command_name":
			name = value
		case key == "command_line":
			commandLine = value
		}
	}
	return found
}

// withoutComment removes what follows a semicolon, unless a backslash is in front
// of it.
func withoutComment(line string) string {
	for i := 0; i < len(line); i++ {
		if line[i] != ';' {
			continue
		}
		if i > 0 && line[i-1] == '\\' {
			line = line[:i-1] + line[i:]
			i--
			continue
		}
		return strings.TrimSpace(line[:i])
	}
	return line
}

// userMacros reads the $USERn$ of the resource files, if a line needs any.
func (l *loader) userMacros(lines map[string]string) map[string]string {
	macros := make(map[string]string)
	needed := false
	for _, line := range lines {
		needed = needed || strings.Contains(line, "$USER")
	}
	if !needed {
		return macros
	}
	for _, path := range l.resourceFiles {
		text, err := readConfigFile(l.onDisk(path))
		if err != nil {
			l.warn(fmt.Errorf("reading $USERn$ macros from %s: %w", path, explain(l.onDisk(path), err)))
			continue
		}
		for _, line := range logicalLines(text) {
			if macro, value, found := strings.Cut(line, "="); found && strings.HasPrefix(macro, "$USER") {
				macros[strings.TrimSpace(macro)] = strings.TrimSpace(value)
			}
		}
	}
	return macros
}

// expandCommand replaces $USERn$ that are known, and $ARGn$.
func expandCommand(line, withArgs string, userMacros map[string]string) string {
	var pairs []string
	for macro, value := range userMacros {
		pairs = append(pairs, macro, value)
	}
	for i, arg := range strings.Split(withArgs, "!")[1:] {
		pairs = append(pairs, "$ARG"+strconv.Itoa(i+1)+"$", arg)
	}
	return strings.NewReplacer(pairs...).Replace(line)
}
