package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// reading is a source that runs beside the test as a user who is not root.
type reading struct {
	*journal
	log   testlog.Buffer
	stop  context.CancelFunc
	ended chan error
}

// begin runs a source. Root gets to be nobody by another file system identity of
// one thread.
func begin(t *testing.T, o Options, j *journal) *reading {
	t.Helper()
	for d := o.Dir; d != os.TempDir() && len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil {
			if err := os.Chmod(d, info.Mode().Perm()|0o055); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := &reading{journal: j, ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	o.Name, o.Poll, o.Logger = "module", 10*time.Millisecond, slog.New(slog.NewTextHandler(&r.log, nil))
	go func() {
		runtime.LockOSThread() // and never unlocks it: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			syscall.Setfsgid(65534)
			syscall.Setfsuid(65534)
		}
		r.ended <- New(o).Run(ctx, j.position, j.emit)
	}()
	t.Cleanup(func() { r.end(t) })
	return r
}

// end stops the source.
func (r *reading) end(t *testing.T) {
	t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

// awaits waits until something is so.
func (r *reading) awaits(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("%s: not so; %d outputs %.300v\n%.2000s", what, len(r.outputs), r.outputs, r.log.String())
		}
	}
}

// looks waits until the source has looked a few times more.
func (r *reading) looks(t *testing.T) {
	t.Helper()
	ends := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.ends
	}
	before := ends()
	r.awaits(t, "further looks", func() bool { return ends() > before+3 })
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// A segment that can't be read is named, and those before and behind it are read.
// What it holds comes when it can be read.
func TestASegmentThatCannotBeReadStopsNothingElse(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	chmod(t, dir, 0o777)
	m := newModule(t, dir, 11)
	var middle string
	for i := range 4 {
		m.begin()
		m.check(2 * i)
		m.check(2*i + 1)
		chmod(t, m.file.Name(), 0o644)
		if i == 1 {
			middle = m.file.Name()
			chmod(t, middle, 0o600)
			if os.Geteuid() != 0 {
				chmod(t, middle, 0)
			}
		}
	}
	r := begin(t, Options{Dir: dir}, j)
	r.awaits(t, "the rest", func() bool { return j.count() == 6 })
	r.looks(t)
	if strings.Count(r.log.String(), "path="+middle+" ") != 1 {
		t.Errorf("log:\n%s", r.log.String())
	}
	chmod(t, middle, 0o644)
	r.awaits(t, "the segment that can be read again", func() bool { return j.count() == 8 })
	r.awaits(t, "the deletion of what was read", func() bool { return len(segments(t, dir)) == 1 })
	r.end(t)
	if want := []string{"0", "1", "4", "5", "6", "7", "2", "3"}; !slices.Equal(j.outputs, want) {
		t.Errorf("got %v, want %v", j.outputs, want)
	}
	if !strings.Contains(r.log.String(), "can be read now") {
		t.Errorf("log:\n%s", r.log.String())
	}
	j.nothingRejected(t)
}

// Between the listing and the opening another file may be put in the place of a
// segment.
func TestWhatIsPutInThePlaceOfASegmentIsNotRead(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(checkLine(99)), 0o644); err != nil {
		t.Fatal(err)
	}
	for what, put := range map[string]func(path string) error{
		"a link":      func(path string) error { return os.Symlink(secret, path) },
		"a hard link": func(path string) error { return os.Link(secret, path) },
		"a loop":      func(path string) error { return os.Symlink(path, path) },
		"a FIFO":      func(path string) error { return syscall.Mkfifo(path, 0o666) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o777) },
		"a device":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"a socket": func(path string) error {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			defer syscall.Close(fd)
			dir, err := os.Open(filepath.Dir(path)) // the whole path may be too long for a socket
			if err != nil {
				return err
			}
			defer dir.Close()
			return syscall.Bind(fd, &syscall.SockaddrUnix{
				Name: fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))})
		},
		"a hole": func(path string) error {
			if err := os.WriteFile(path, []byte(checkLine(99)), 0o644); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40)
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir, j := t.TempDir(), &journal{}
			m := newModule(t, dir, 11)
			m.begin()
			m.check(98)
			swapped := m.file.Name()
			m.begin()
			m.check(0)
			var log bytes.Buffer
			o := Options{Name: "module", Dir: dir, Poll: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			r := newSpoolReader(o, Position{}, nil, j.emit, &supervision.Meter{})
			defer r.close()
			if _, err := r.listing.refresh(); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Remove(swapped), put(swapped)); err != nil {
				t.Fatal(err)
			}
			changed := r.listing.changed.Add(-time.Hour) // as if it had happened just after the look
			if err := os.Chtimes(dir, changed, changed); err != nil {
				t.Fatal(err)
			}
			r.listing.changed, r.listing.read = changed, time.Now()
			if err := r.pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			j.inOrder(t, 1)
			j.nothingRejected(t)
			if !strings.Contains(log.String(), filepath.Base(swapped)) {
				t.Errorf("it is not named:\n%s", &log)
			}
			if _, err := Look(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// A file of another user than the directory's is no segment, where that user is
// the supervisor's.
func TestTheOwnerOfASegment(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("setting the owner of a file needs root: run the tests as root")
	}
	path := filepath.Join(t.TempDir(), "segment")
	if err := os.WriteFile(path, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	const supervisor, other = 65534, 65533
	for _, c := range []struct {
		dir, file int
		read      bool
	}{
		{supervisor, supervisor, true}, {supervisor, 0, true}, {supervisor, other, false}, {0, other, true},
	} {
		if err := os.Chown(path, c.file, -1); err != nil {
			t.Fatal(err)
		}
		f, err := openSegment(path, uint32(c.dir))
		if f != nil {
			f.Close()
		}
		if (err == nil) != c.read || err != nil && !strings.Contains(err.Error(), "belongs to user 65533") {
			t.Errorf("directory of %d, file of %d: %v", c.dir, c.file, err)
		}
	}
}

// A directory that is away for a moment, or another one in its place, makes
// nothing come twice.
func TestADirectoryThatIsAwayForAMoment(t *testing.T) {
	for what, away := range map[string]struct{ goes, comes func(dir string) error }{
		"absent": {
			func(dir string) error { return os.Rename(dir, dir+".away") },
			func(dir string) error { return os.Rename(dir+".away", dir) },
		},
		"empty": {
			func(dir string) error { return errors.Join(os.Rename(dir, dir+".away"), os.Mkdir(dir, 0o755)) },
			func(dir string) error { return errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)) },
		},
		"emptied": {
			func(dir string) error {
				return errors.Join(os.Mkdir(dir+".away", 0o755), moveAll(dir, dir+".away"))
			},
			func(dir string) error { return moveAll(dir+".away", dir) },
		},
	} {
		for _, stopped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, started then %v", what, stopped), func(t *testing.T) {
				dir, j := filepath.Join(t.TempDir(), "neb"), &journal{}
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				m := newModule(t, dir, 11)
				m.begin()
				m.check(0)
				chmod(t, m.file.Name(), 0o644)
				m.begin()
				m.check(1)
				chmod(t, m.file.Name(), 0o644)
				r := begin(t, Options{Dir: dir}, j)
				r.awaits(t, "the first", func() bool { return j.count() == 2 })
				if stopped {
					r.end(t)
				}
				if err := away.goes(dir); err != nil {
					t.Fatal(err)
				}
				if stopped {
					r = begin(t, Options{Dir: dir}, j)
				}
				r.looks(t)
				if err := away.comes(dir); err != nil {
					t.Fatal(err)
				}
				m.check(2)
				r.awaits(t, "what was written then", func() bool { return j.count() >= 3 })
				r.looks(t)
				r.end(t)
				j.inOrder(t, 3)
				j.nothingRejected(t)
			})
		}
	}
}

func moveAll(from, to string) error {
	entries, err := os.ReadDir(from)
	for _, e := range entries {
		err = errors.Join(err, os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())))
	}
	return err
}

// The places in segments that somebody has deleted are forgotten in the end.
func TestDeletedSegmentsAreForgotten(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	m.begin()
	m.check(0)
	gone := Mark{File: "neb-0000000000000001-7-1.log", Offset: 5}
	r := newSpoolReader(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)},
		Position{Segments: []Mark{gone}}, nil, j.emit, &supervision.Meter{})
	defer r.close()
	pass := func() {
		t.Helper()
		r.listing.read = time.Time{}
		if err := r.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	pass()
	if got := r.position().Of(gone.File); got != gone.Offset {
		t.Errorf("forgotten at once")
	}
	r.segments[gone.File].missing = time.Now().Add(-keptFor - time.Second)
	pass()
	if len(r.position().Segments) != 1 {
		t.Errorf("%+v", r.position())
	}
}

// fewFiles makes a test run in a process of its own that may open so many files.
func fewFiles(t *testing.T, limit int) (isChild bool) {
	t.Helper()
	const variable = "N2C_FEW_FILES"
	if os.Getenv(variable) != "" {
		few := syscall.Rlimit{Cur: uint64(limit), Max: uint64(limit)}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

// A backlog of segments is read whatever number of files may be open.
func TestABacklogIsReadWithFewFiles(t *testing.T) {
	const limit, n = 24, 300
	if !fewFiles(t, limit) {
		return
	}
	dir, j := t.TempDir(), &journal{}
	for i := range n { // each of a process of its own, so that none is known to be over
		m := newModule(t, dir, 100+i)
		m.start += int64(i)
		m.begin()
		m.check(i)
		m.file.Close()
		m.file = nil
	}
	var held []*os.File // leave one file for the directory or a segment, and one for the test itself
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	for _, f := range held[:2] {
		f.Close()
	}
	j.sees(t, Options{Dir: dir}, n)
}

// Segments that can't be deleted are closed, and not read again.
func TestSegmentsThatCannotBeDeletedAreClosed(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	const n = 3 * mostOpen
	for i := range n {
		m.begin()
		m.check(i)
		chmod(t, m.file.Name(), 0o644)
	}
	chmod(t, dir, 0o555)
	t.Cleanup(func() { chmod(t, dir, 0o755) })
	r := begin(t, Options{Dir: dir}, j)
	r.awaits(t, "all results", func() bool { return j.count() >= n })
	r.looks(t)
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, dir+"/neb-") {
			open++
		}
	}
	if open > 3 { // the last one, by the module and by the reader
		t.Errorf("%d segments are open", open)
	}
	if log := r.log.String(); strings.Count(log, "can't delete") != 1 {
		t.Errorf("log:\n%s", log)
	}
	m.check(n)
	r.awaits(t, "one more", func() bool { return j.count() > n })
	chmod(t, dir, 0o777)
	r.awaits(t, "the deletion", func() bool { return len(segments(t, dir)) == 1 })
	r.end(t)
	j.inOrder(t, n+1)
}
