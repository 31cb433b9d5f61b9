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
// error means that the main file itself can't be read; it says why, and as whom
// we tried.
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
	r := newReader(root, path)
	if err := r.readMain(path); err != nil {
		return nil, fmt.Errorf("reading the main configuration: %w", err)
	}
	r.cfg.Flavour, r.cfg.Version = r.identify()
	if r.cfg.Flavour == Naemon {
		r.cfg.LogRotation = RotateNever
	}
	r.findCommandLines()
	return r.cfg, nil
}

// reader fills a Config.
type reader struct {
	root     string
	cfg      *Config
	base     string // relative paths begin here
	options  map[string]setter
	included map[string]bool // files that were begun

	objectFiles, objectDirs, resourceFiles []string
}

func newReader(root, path string) *reader {
	r := &reader{
		root:     root,
		cfg:      defaults(path),
		base:     filepath.Dir(path),
		included: make(map[string]bool),
	}
	r.options = r.optionTable()
	return r
}

// readMain reads a file of main configuration options.
func (r *reader) readMain(path string) error {
	if r.included[path] {
		return fmt.Errorf("%s is included more than once", path)
	}
	r.included[path] = true
	text, err := readConfigFile(r.onDisk(path))
	if err != nil {
		return fmt.Errorf("%s: %w", path, explain(r.onDisk(path), err))
	}
	r.parseMain(path, text)
	return nil
}

func (r *reader) parseMain(path, text string) {
	for number, line := range logicalLines(text) {
		if isComment(line) {
			continue
		}
		option, value, found := strings.Cut(line, "=")
		if !found {
			r.warn(fmt.Errorf("%s: %w: %.60q", origin(path, number), errNotAnOption, line))
			continue
		}
		r.set(strings.TrimSpace(option), strings.TrimSpace(value), origin(path, number))
	}
}

func (r *reader) set(option, value, where string) {
	set, known := r.options[option]
	if !known || value == "" {
		return
	}
	r.cfg.origins[option] = where
	if err := set(value); err != nil {
		r.warn(fmt.Errorf("option %s (from %s): %w", option, where, err))
	}
}

// includeDir reads the files of a Naemon include_dir; Naemon takes those whose
// names end in .cfg, in the order of the directory, we by name.
func (r *reader) includeDir(dir string) error {
	entries, err := os.ReadDir(r.onDisk(dir))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, explain(r.onDisk(dir), err))
	}
	var errs []error
	for _, entry := range entries {
		if isConfigName(entry.Name()) {
			errs = append(errs, r.readMain(filepath.Join(dir, entry.Name())))
		}
	}
	return errors.Join(errs...)
}

// isConfigName tells the files that a core reads of a configuration directory.
func isConfigName(name string) bool {
	return !strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".cfg")
}

func (r *reader) warn(err error) { r.cfg.Warnings = append(r.cfg.Warnings, err) }

// absolute resolves a path of the configuration.
func (r *reader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(r.base, path)
}

// onDisk gives the place at which a path of the supervisor's is found.
func (r *reader) onDisk(path string) string { return filepath.Join(r.root, path) }
