package nagios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var errNotAnOption = errors.New("not of the form option=value")

// Read reads the main configuration at path, and the files that it includes. An
// error means that the main file itself can't be read; it has the reason, and the
// user that tried.
func Read(path string) (*Config, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("reading the main configuration %s: %w", path, err)
	}
	return readBelow("/", absolute)
}

// readBelow reads a configuration of a file system whose root is the directory
// root.
func readBelow(root, path string) (*Config, error) {
	l := newLoader(root, path)
	if err := l.readMain(path); err != nil {
		return nil, fmt.Errorf("reading the main configuration: %w", err)
	}
	flavour, version := l.identify()
	if flavour == Shinken { // its values are written in another way
		l = newLoader(root, path)
		l.shinken = true
		if err := l.readMain(path); err != nil {
			return nil, fmt.Errorf("reading the main configuration: %w", err)
		}
	}
	l.cfg.Flavour, l.cfg.Version = flavour, version
	l.warnOfRelativePaths()
	l.cfg.takeDefaultsOf(flavour)
	l.searchObjects()
	return l.cfg, nil
}

// warnOfRelativePaths names the paths that Nagios 3 and Icinga 1 resolve where
// they were started (base/config.c), which is unknown here.
func (l *loader) warnOfRelativePaths() {
	c := l.cfg
	fromStart := c.Flavour == Icinga || c.Flavour == Nagios && strings.HasPrefix(c.Version, "3.")
	if fromStart && len(l.relative) > 0 {
		l.warn(fmt.Errorf("%s: relative paths begin where this supervisor was started, which is taken to be %s: "+
			"write absolute ones (%s)", c.Path, l.base, strings.Join(l.relative, ", ")))
	}
}

// loader fills a Config from the files of a configuration.
type loader struct {
	root     string
	cfg      *Config
	base     string // directory at which relative paths begin
	options  map[string]setter
	included map[string]bool // files that were read, or are being read
	relative []string        // paths that do not begin with a slash
	shinken  bool            // a semicolon begins a comment, and switches have words

	objectFiles, objectDirs, resourceFiles []string
}

func newLoader(root, path string) *loader {
	l := &loader{
		root:     root,
		cfg:      defaults(path),
		base:     filepath.Dir(path),
		included: make(map[string]bool),
	}
	l.options = l.optionTable()
	return l
}

// readMain reads a file of main configuration options.
func (l *loader) readMain(path string) error {
	if l.included[path] {
		return fmt.Errorf("%s is included more than once", path)
	}
	l.included[path] = true
	text, err := readConfigFile(l.onDisk(path))
	if err != nil {
		return fmt.Errorf("%s: %w", path, explain(l.onDisk(path), err))
	}
	l.parseMain(path, text)
	return nil
}

func (l *loader) parseMain(path, text string) {
	for number, line := range logicalLines(text) {
		if isComment(line) {
			continue
		}
		if l.shinken {
			line = withoutComment(line)
		}
		option, value, found := strings.Cut(line, "=")
		if !found {
			l.warn(fmt.Errorf("%s: %w: %.60q", origin(path, number), errNotAnOption, line))
			continue
		}
		l.set(strings.TrimSpace(option), strings.TrimSpace(value), origin(path, number))
	}
}

func (l *loader) set(option, value, where string) {
	set, known := l.options[option]
	if !known || value == "" {
		return
	}
	l.cfg.origins[option] = where
	if err := set(value); err != nil {
		l.warn(fmt.Errorf("option %s (from %s): %w", option, where, err))
	}
}

// includeDir reads the files of a Naemon include_dir whose names end in .cfg.
// Naemon reads them in the order of the directory, this function by name.
func (l *loader) includeDir(dir string) error {
	entries, err := os.ReadDir(l.onDisk(dir))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, explain(l.onDisk(dir), err))
	}
	var errs []error
	for _, entry := range entries {
		if isConfigName(entry.Name()) {
			errs = append(errs, l.readMain(filepath.Join(dir, entry.Name())))
		}
	}
	return errors.Join(errs...)
}

// isConfigName reports whether a core reads a file of a configuration directory.
func isConfigName(name string) bool {
	return !strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".cfg")
}

func (l *loader) warn(err error) { l.cfg.Warnings = append(l.cfg.Warnings, err) }

// absolute resolves a path of the configuration.
func (l *loader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.base, path)
}

// onDisk returns where a path of the supervisor is in our file system.
func (l *loader) onDisk(path string) string { return filepath.Join(l.root, path) }
