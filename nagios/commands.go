package nagios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// wantedCommands are the commands that options name, by these.
func (l *loader) wantedCommands() map[string]*Command {
	wanted := map[string]*Command{
		"host_perfdata_file_processing_command":    &l.cfg.HostPerfdata.ProcessingCommand,
		"service_perfdata_file_processing_command": &l.cfg.ServicePerfdata.ProcessingCommand,
	}
	maps.DeleteFunc(wanted, func(_ string, c *Command) bool { return c.Name == "" })
	return wanted
}

// setCommandLines sets the lines of the commands that options name. unread are the
// files that could not be searched.
func (l *loader) setCommandLines(wanted map[string]*Command, lines map[string]string, unread []error) {
	macros := l.userMacros(lines)
	for _, option := range slices.Sorted(maps.Keys(wanted)) {
		command := wanted[option]
		line := lines[commandName(command.Name)]
		if line == "" {
			but := ""
			if len(unread) > 0 {
				but = " (" + summary(unread) + ")"
			}
			l.warn(fmt.Errorf("option %s (from %s): no file that could be read defines the command %q%s",
				option, l.cfg.Origin(option), commandName(command.Name), but))
			continue
		}
		command.Line = expandCommand(line, command.Name, macros)
	}
}

// commandName returns the name of a command that is written with its arguments.
func commandName(withArgs string) string {
	name, _, _ := strings.Cut(withArgs, "!")
	return name
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
