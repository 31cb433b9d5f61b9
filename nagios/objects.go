package nagios

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	// maxDirDepth bounds the descent into a cfg_dir, against circular links.
	maxDirDepth = 20
	// maxObjectFiles bounds how many files are searched for definitions.
	maxObjectFiles = 100_000
)

// searchObjects looks in the object files for the commands that options name, and
// for the modules of Icinga 1.
func (l *loader) searchObjects() {
	wanted := l.wantedCommands()
	s := search{
		loader: l, modules: l.cfg.Flavour == Icinga,
		lines: make(map[string]string), visited: make(map[string]bool),
	}
	for _, command := range wanted {
		s.lines[commandName(command.Name)] = ""
	}
	for _, path := range l.objectFiles {
		s.file(path)
	}
	for _, dir := range l.objectDirs {
		s.dir(dir, maxDirDepth)
	}
	l.setCommandLines(wanted, s.lines, s.unread)
	if s.modules && len(s.unread) > 0 {
		l.warn(fmt.Errorf("looking for modules: %s", summary(s.unread)))
	}
}

// search is a walk through the object files.
type search struct {
	*loader
	modules bool              // modules are looked for
	lines   map[string]string // command lines by the names of the commands that are looked for
	visited map[string]bool   // files, and directories that files include
	unread  []error           // why a file or directory was not read, each with its path
}

// miss notes a file or directory that can't be read.
func (s *search) miss(path string, err error) {
	s.unread = append(s.unread, fmt.Errorf("%s: %w", path, explain(s.onDisk(path), err)))
}

// summary returns the first of several errors, and how many there are.
func summary(errs []error) string {
	if len(errs) == 1 {
		return errs[0].Error()
	}
	return fmt.Sprintf("%v, and %d more", errs[0], len(errs)-1)
}

// done reports whether all has been found. Modules may be anywhere.
func (s *search) done() bool {
	if s.modules {
		return false
	}
	for _, line := range s.lines {
		if line == "" {
			return false
		}
	}
	return true
}

// file reads an object file, and those that it includes.
func (s *search) file(path string) {
	if s.done() || s.visited[path] || len(s.visited) >= maxObjectFiles {
		return
	}
	s.visited[path] = true
	text, err := readConfigFile(s.onDisk(path))
	if err != nil {
		s.miss(path, err)
		return
	}
	found := parseObjects(path, text)
	for name, line := range found.commands {
		if have, wanted := s.lines[name]; wanted && have == "" {
			s.lines[name] = line
		}
	}
	if s.modules {
		for _, m := range found.modules {
			m.Path = s.absolute(m.Path)
			s.cfg.BrokerModules = append(s.cfg.BrokerModules, m)
		}
	}
	for _, path := range found.files {
		s.file(s.absolute(path))
	}
	for _, dir := range found.dirs {
		if dir = s.absolute(dir); !s.visited[dir] {
			s.visited[dir] = true
			s.dir(dir, maxDirDepth)
		}
	}
}

// dir reads the files of a cfg_dir.
func (s *search) dir(dir string, depth int) {
	if s.done() {
		return
	}
	entries, err := os.ReadDir(s.onDisk(dir))
	if err != nil {
		s.miss(dir, err)
		return
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(s.onDisk(path)) // follows links, as the cores do
		switch {
		case err != nil || strings.HasPrefix(entry.Name(), "."):
		case info.IsDir() && depth > 0:
			s.dir(path, depth-1)
		case info.Mode().IsRegular() && isConfigName(entry.Name()):
			s.file(path)
		}
	}
}

// definitions are what matters here of an object file.
type definitions struct {
	commands    map[string]string // command lines, by name
	modules     []BrokerModule
	files, dirs []string // that it includes
}

// parseObjects reads an object file (Nagios 4.4.6, xdata/xodtemplate.c,
// xodtemplate_process_config_file; Icinga 1.14, the same file, for modules).
func parseObjects(path, text string) definitions {
	found := definitions{commands: make(map[string]string)}
	var kind, where string // of the object that is being defined; empty outside of one
	var object map[string]string
	for number, line := range logicalLines(text) {
		if line = withoutComment(line); line == "" || line[0] == '#' {
			continue
		}
		rest, defines := strings.CutPrefix(line, "define")
		switch {
		case defines:
			rest = strings.TrimLeft(rest, " \t")
			kind, object = rest[:strings.IndexAny(rest+"{", " \t{")], make(map[string]string)
			where = origin(path, number)
		case line == "}":
			found.add(kind, object, where)
			kind = ""
		case kind != "":
			key := line[:strings.IndexAny(line+" ", " \t")]
			object[key] = strings.TrimSpace(line[len(key):])
		default:
			found.include(line)
		}
	}
	return found
}

// add takes over the definition of an object.
func (d *definitions) add(kind string, object map[string]string, where string) {
	switch kind {
	case "command":
		if name, line := object["command_name"], object["command_line"]; name != "" && line != "" {
			d.commands[name] = line
		}
	case "module":
		register, isSet := object["register"]
		if on, _ := atoi(register); isSet && on <= 0 {
			return // a template
		}
		if object["module_name"] != "" && object["path"] != "" {
			d.modules = append(d.modules, BrokerModule{Path: object["path"], Args: object["args"], Origin: where})
		}
	}
}

func (d *definitions) include(line string) {
	option, path, _ := strings.Cut(line, "=")
	if path = strings.TrimSpace(path); path == "" {
		return
	}
	switch strings.TrimSpace(option) {
	case "include_file":
		d.files = append(d.files, path)
	case "include_dir":
		d.dirs = append(d.dirs, path)
	}
}
