package nagios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
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
		if !e.Absent && kind.gone != "" {
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
	remedy func(path string, of owner) string
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
	if !mode.IsRegular() {
		return errNotRegular
	}
	return nil
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
		return fmt.Errorf("%w (running as %s)", err, currentUser())
	}
	return nil
}

func explain(path string, err error) error { return fileKind{}.explain(path, err) }

// explain adds to an error with a file which user tried. If access was denied,
// it adds which directory or file denied it, and what helps.
func (k fileKind) explain(path string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	who := currentUser()
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (running as %s)", err, who)
	}
	obstacle, info := findObstacle(path)
	if info == nil {
		return fmt.Errorf("%w for %s", err, who)
	}
	return fmt.Errorf("%w for %s: %s", err, who, k.howToRead(obstacle, info, who))
}

// findObstacle returns the first directory of a path that can't be entered, or
// the file itself.
func findObstacle(path string) (string, fs.FileInfo) {
	var parts []string
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		parts = append([]string{p}, parts...)
		if p == filepath.Dir(p) {
			break
		}
	}
	at, info := "", fs.FileInfo(nil)
	for _, part := range parts {
		next, err := os.Stat(part)
		if err != nil {
			break
		}
		at, info = part, next
	}
	return at, info
}

// owner is whom a file belongs to, and who can't read it.
type owner struct {
	user, group string
	gid         uint32
	reader      identity
}

// join is the command that adds the reader to a group; empty if it belongs to it.
func (o owner) join(group string) string {
	if slices.Contains(o.reader.groups, group) {
		return ""
	}
	return fmt.Sprintf("usermod -a -G %s %s", group, o.reader.name)
}

func ownerOf(stat *syscall.Stat_t, reader identity) owner {
	o := owner{user: strconv.Itoa(int(stat.Uid)), group: strconv.Itoa(int(stat.Gid)), gid: stat.Gid, reader: reader}
	if g, err := user.LookupGroupId(o.group); err == nil {
		o.group = g.Name
	}
	if u, err := user.LookupId(o.user); err == nil {
		o.user = u.Username
	}
	return o
}

// howToRead describes who has access to an obstacle, and how a user gets it.
func (k fileKind) howToRead(obstacle string, info fs.FileInfo, who identity) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return obstacle + " can't be entered"
	}
	of := ownerOf(stat, who)
	needed := fs.FileMode(0o040)
	if info.IsDir() {
		needed = 0o010
	}
	about := fmt.Sprintf("%s is %v %s:%s", obstacle, info.Mode(), of.user, of.group)
	switch {
	case info.Mode()&needed == needed && of.gid != 0:
		return fmt.Sprintf("%s; add the user to group %q (usermod -a -G %s %s) and restart",
			about, of.group, of.group, who.name)
	case k.remedy != nil && !info.IsDir():
		return about + "; " + k.remedy(obstacle, of)
	}
	return fmt.Sprintf("%s; give access with an ACL (setfacl -m u:%s:rX %s)", about, who.name, obstacle)
}

// identity is the user that this process runs as.
type identity struct {
	name   string
	uid    int
	groups []string
}

func (i identity) String() string {
	return fmt.Sprintf("user %s (uid %d, groups %s)", i.name, i.uid, strings.Join(i.groups, " "))
}

func currentUser() identity {
	who := identity{uid: os.Geteuid()}
	who.name = strconv.Itoa(who.uid)
	if u, err := user.LookupId(who.name); err == nil {
		who.name = u.Username
	}
	ids, err := os.Getgroups()
	if err != nil {
		ids = nil // the primary group is listed at least
	}
	seen := make(map[int]bool)
	for _, id := range append([]int{os.Getegid()}, ids...) {
		if seen[id] {
			continue
		}
		seen[id] = true
		name := strconv.Itoa(id)
		if g, err := user.LookupGroupId(name); err == nil {
			name = g.Name
		}
		who.groups = append(who.groups, name)
	}
	return who
}
