package brokermodule

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// DefaultSpool is the directory to which the module writes if its arguments name
// none.
const DefaultSpool = "/var/spool/nagios2canopsis/neb"

// ShinkenSpool is the directory to which the module for Shinken writes if its
// configuration names none.
const ShinkenSpool = "/var/spool/nagios2canopsis/shinken"

// fileName is the name under which the module is installed.
const fileName = "nagios2canopsis.so"

// Module is the NEB module as a broker_module line names it, or a module object of
// Icinga 1.
type Module struct {
	Path   string
	Args   string
	Spool  string // directory of its segments
	Origin string // the place of the line, or of the module object: "file:line"
}

// Find looks for the module in a supervisor's configuration: for a file whose
// name contains nagios2canopsis. Two supervisors whose modules have the same
// Spool must not both be read.
func Find(cfg *nagios.Config) (Module, bool) {
	for _, m := range cfg.BrokerModules {
		if isOurs(m.Path) {
			return Module{Path: m.Path, Args: m.Args, Spool: spoolOf(m.Args), Origin: m.Origin}, true
		}
	}
	return Module{}, false
}

// isOurs reports whether a file is the module, by its name.
func isOurs(path string) bool {
	name := filepath.Base(path)
	extension := filepath.Ext(name)
	return strings.Contains(name, "nagios2canopsis") && (extension == ".so" || extension == ".o")
}

// spoolOf returns the directory that the module's arguments name, with or without
// the word spool. The last one counts; relative paths don't.
func spoolOf(args string) string {
	dir := DefaultSpool
	for _, arg := range strings.FieldsFunc(args, isSeparator) {
		if value, found := cutSpool(arg); found && filepath.IsAbs(value) {
			dir = filepath.Clean(value)
		}
	}
	return dir
}

// cutSpool returns the value of an argument that is a spool directory.
func cutSpool(arg string) (value string, found bool) {
	if strings.HasPrefix(arg, "/") && !strings.Contains(arg, "=") {
		return arg, true
	}
	return strings.CutPrefix(arg, "spool=")
}

// isSeparator reports whether a character separates arguments of the module.
func isSeparator(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }

// includedLine returns the place of the module's line in an included file. It is
// looked for in the file with the last broker_module line of all, because only
// the origin of that line is known.
func includedLine(cfg *nagios.Config) string {
	origin := cfg.Origin("broker_module")
	if i := strings.LastIndexByte(origin, ':'); i > 0 && origin[:i] != cfg.Path {
		if line, found := lineIn(origin[:i]); found {
			return line
		}
	}
	return "a file that " + cfg.Path + " includes"
}

// lineIn looks for the module's line in a file. A file that can't be read has none.
func lineIn(file string) (string, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	for _, s := range statements(splitLines(string(text))) {
		if s.isOurModule() {
			return fmt.Sprintf("%s:%d", file, s.first+1), true
		}
	}
	return "", false
}

// SearchInstalled returns the path of the module's file: in one of the places
// where packages and make install put it, or beside our own program.
func SearchInstalled() (string, error) {
	places := []string{
		filepath.Join("/usr/lib/nagios2canopsis", fileName),
		filepath.Join("/usr/local/lib/nagios2canopsis", fileName),
	}
	if program, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(program), fileName))
	}
	for _, path := range places {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("the module is not installed: none of %s exists "+
		"(install it, or name it with --module)", strings.Join(places, ", "))
}

// CheckFile returns why a supervisor could not load the module's file. Most
// supervisors do not start then. The program of the supervisor may be empty if it
// is unknown.
func CheckFile(module, supervisor string) error {
	if !isOurs(module) {
		return fmt.Errorf("module %s: its name is not that of our module "+
			"(rename the file so that its name contains nagios2canopsis and ends in .so)", module)
	}
	file, err := elf.Open(module)
	if err != nil {
		return fmt.Errorf("module %s: %w (install it again, or name another one with --module)", module, bareError(err))
	}
	defer file.Close()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("module %s: reading its symbols: %w (install it again)", module, err)
	}
	exports := false
	for _, s := range symbols {
		exports = exports || s.Name == "nebmodule_init" && s.Section != elf.SHN_UNDEF
	}
	if !exports {
		return fmt.Errorf("module %s: it is no event broker module: it has no nebmodule_init "+
			"(name the right file with --module)", module)
	}
	core, err := elf.Open(supervisor)
	if err != nil {
		return nil // unknown, or a script that starts the program
	}
	defer core.Close()
	if core.Machine != file.Machine || core.Class != file.Class {
		return fmt.Errorf("module %s is built for %v %v, and %s is %v %v: install the module for that architecture",
			module, file.Machine, file.Class, supervisor, core.Machine, core.Class)
	}
	return nil
}
