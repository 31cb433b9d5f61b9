package nagios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
)

// ErrNotSet means that the configuration doesn't set an option.
var ErrNotSet = errors.New("option is not set")

var errNotRegular = errors.New("not a regular file")

// AccessError is the reason why a file that an option names can't be used.
type AccessError struct {
	Option string // empty if it names another file
	Path   string // empty if the option is not set
	Origin string // "file:line"; where the option would be set if it isn't
	// Absent means that the file does not exist, which may pass by itself: the
	// supervisor may be stopped, or may not have written it yet.
	Absent bool
	Err    error
}

func (e *AccessError) Error() string {
	switch {
	case e.Path == "":
		return fmt.Sprintf("%s: %v in %s", e.Option, e.Err, e.Origin)
	case e.Option == "":
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s=%s (from %s): %v", e.Option, e.Path, e.Origin, e.Err)
}

// Unwrap returns the cause, such as fs.ErrPermission or ErrNotSet.
func (e *AccessError) Unwrap() error { return e.Err }

// CheckReadable tries to open what the given options name, and returns what
// fails, in their order. The options are log_file, log_archive_path,
// status_file, object_cache_file, host_perfdata_file and service_perfdata_file;
// any other is never set.
func (c *Config) CheckReadable(options ...string) []*AccessError {
	var failed []*AccessError
	for _, option := range options {
		path, _ := c.fileOf(option)
		if path == "" {
			failed = append(failed, &AccessError{Option: option, Origin: c.Path, Err: ErrNotSet})
			continue
		}
		if e := c.CheckFile(option, path); e != nil {
			failed = append(failed, e)
		}
	}
	return failed
}

// Unusable returns why nothing can ever be read from what an option names: it is
// there, and is not what it must be, such as /dev/null in the place of a file. It
// is nil if the option is not set, and for what may pass: the options are those of
// CheckReadable.
func (c *Config) Unusable(option string) *AccessError {
	path, kind := c.fileOf(option)
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	if err := kind.matches(info.Mode()); err != nil {
		return &AccessError{Option: option, Path: path, Origin: c.Origin(option), Err: err}
	}
	return nil
}

// CheckFile is CheckReadable of a file that takes the place of the one that an
// option names. It returns nil if the file can be read.
func (c *Config) CheckFile(option, path string) *AccessError {
	configured, kind := c.fileOf(option)
	err := tryToRead(path, kind)
	if err == nil {
		return nil
	}
	e := &AccessError{Path: path, Err: err}
	if path == configured {
		e.Option, e.Origin = option, c.Origin(option)
	}
	if errors.Is(err, fs.ErrNotExist) {
		e.Absent = kind.comesAndGoes
		switch {
		case e.Absent:
		case path != configured && configured != "":
			e.Err = fmt.Errorf("%w; the supervisor's %s is %s", err, option, configured)
		case kind.gone != "":
			e.Err = fmt.Errorf("%w; %s", err, kind.gone)
		}
	}
	return e
}

// fileKind is what an option's file must be.
type fileKind struct {
	comesAndGoes bool // may be absent while the supervisor is stopped
	matches      func(fs.FileMode) error
	// remedy is what lets the connector read a file that its owner alone may read;
	// nil: an ACL.
	remedy access.Remedy
	gone   string // what it means that a file is absent which does not come and go
}

func (c *Config) fileOf(option string) (path string, kind fileKind) {
	perfdata := func(p Perfdata) (string, fileKind) {
		if p.Mode == PipeMode {
			return p.File, fileKind{comesAndGoes: true, matches: isPipe}
		}
		return p.File, fileKind{comesAndGoes: true, matches: isRegular}
	}
	switch option {
	case "log_file":
		return c.LogFile, c.logKind()
	case "log_archive_path":
		return c.LogArchivePath, fileKind{matches: isDirectory}
	case "status_file":
		return c.StatusFile, fileKind{comesAndGoes: true, matches: isRegular}
	case "object_cache_file":
		return c.ObjectCacheFile, fileKind{comesAndGoes: true, matches: isRegular}
	case "host_perfdata_file":
		return perfdata(c.HostPerfdata)
	case "service_perfdata_file":
		return perfdata(c.ServicePerfdata)
	}
	return "", fileKind{matches: isRegular}
}

func isRegular(mode fs.FileMode) error {
	switch {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return fmt.Errorf("%w but a directory", errNotRegular)
	case mode&fs.ModeNamedPipe != 0:
		return fmt.Errorf("%w but a named pipe", errNotRegular)
	case mode&fs.ModeDevice != 0:
		return fmt.Errorf("%w but a device", errNotRegular)
	}
	return errNotRegular
}

func isDirectory(mode fs.FileMode) error {
	if !mode.IsDir() {
		return errors.New("not a directory")
	}
	return nil
}

func isPipe(mode fs.FileMode) error {
	if mode&fs.ModeNamedPipe == 0 {
		return errors.New("not a named pipe, which the file mode p asks for (create it with mkfifo)")
	}
	return nil
}

// tryToRead opens a file without waiting for the other end of a pipe. Nothing
// is read: a pipe keeps what is in it.
func tryToRead(path string, kind fileKind) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return kind.explain(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return kind.explain(path, err)
	}
	if err := kind.matches(info.Mode()); err != nil {
		return fmt.Errorf("%w (running as %s)", err, access.Who())
	}
	return nil
}

func explain(path string, err error) error { return access.Explain(path, err, access.Read, nil) }

func (k fileKind) explain(path string, err error) error {
	return access.Explain(path, err, access.Read, k.remedy)
}
