package nagios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrNotSet means that the configuration doesn't set an option.
var ErrNotSet = errors.New("option is not set")

var errNotRegular = errors.New("not a regular file")

// AccessError is the reason why a file that an option names can't be used.
type AccessError struct {
	Option string
	Path   string // empty if the option is not set
	Origin string // "file:line"; where the option would be set if it isn't
	// Absent means that the file does not exist, which may pass by itself: the
	// supervisor may be stopped, or may not have written it yet.
	Absent bool
	Err    error
}

func (e *AccessError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s: %v in %s", e.Option, e.Err, e.Origin)
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
		path, kind := c.fileOf(option)
		if path == "" {
			failed = append(failed, &AccessError{Option: option, Origin: c.Path, Err: ErrNotSet})
			continue
		}
		if err := tryToRead(path, kind.matches); err != nil {
			failed = append(failed, &AccessError{
				Option: option,
				Path:   path,
				Origin: c.Origin(option),
				Absent: kind.comesAndGoes && errors.Is(err, fs.ErrNotExist),
				Err:    err,
			})
		}
	}
	return failed
}

// fileKind is what an option's file must be.
type fileKind struct {
	comesAndGoes bool // may be absent while the supervisor is stopped
	matches      func(fs.FileMode) error
}

func (c *Config) fileOf(option string) (path string, kind fileKind) {
	perfdata := func(p Perfdata) (string, fileKind) {
		if p.Mode == PipeMode {
			return p.File, fileKind{true, isPipe}
		}
		return p.File, fileKind{true, isRegular}
	}
	switch option {
	case "log_file":
		return c.LogFile, fileKind{false, isRegular}
	case "log_archive_path":
		return c.LogArchivePath, fileKind{false, isDirectory}
	case "status_file":
		return c.StatusFile, fileKind{true, isRegular}
	case "object_cache_file":
		return c.ObjectCacheFile, fileKind{true, isRegular}
	case "host_perfdata_file":
		return perfdata(c.HostPerfdata)
	case "service_perfdata_file":
		return perfdata(c.ServicePerfdata)
	}
	return "", fileKind{}
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
func tryToRead(path string, matches func(fs.FileMode) error) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return explain(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return explain(path, err)
	}
	if err := matches(info.Mode()); err != nil {
		return fmt.Errorf("%w (running as %s)", err, currentUser())
	}
	return nil
}

// explain adds to an error with a file which user tried. If access was denied,
// it adds which directory or file denied it, and what helps.
func explain(path string, err error) error {
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
	return fmt.Errorf("%w for %s: %s", err, who, remedy(obstacle, info, who.name))
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

// remedy describes who has access to an obstacle, and how a user gets it.
func remedy(obstacle string, info fs.FileInfo, userName string) string {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return obstacle + " can't be entered"
	}
	groupName := strconv.Itoa(int(owner.Gid))
	if g, err := user.LookupGroupId(groupName); err == nil {
		groupName = g.Name
	}
	ownerName := strconv.Itoa(int(owner.Uid))
	if u, err := user.LookupId(ownerName); err == nil {
		ownerName = u.Username
	}
	needed := fs.FileMode(0o040)
	if info.IsDir() {
		needed = 0o010
	}
	about := fmt.Sprintf("%s is %v %s:%s", obstacle, info.Mode(), ownerName, groupName)
	if info.Mode()&needed == needed && owner.Gid != 0 {
		return fmt.Sprintf("%s; add the user to group %q (usermod -a -G %s %s) and restart",
			about, groupName, groupName, userName)
	}
	return fmt.Sprintf("%s; give access with an ACL (setfacl -m u:%s:rX %s)", about, userName, obstacle)
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
