package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// awaitLog waits until something is so.
func awaitLog(t *testing.T, what string, log fmt.Stringer, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so\n%s", what, log)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// holdsEvents opens a copy of a journal's files, as they would be after a crash.
func holdsEvents(t *testing.T, path string, first, last int) {
	t.Helper()
	copied := tempPath(t)
	mustWriteFile(t, copied, mustReadFile(t, path))
	if exists(path + "-wal") { // not after a close, and before the first write
		mustWriteFile(t, copied+"-wal", mustReadFile(t, path+"-wal"))
	}
	j := openTest(t, Options{Path: copied})
	defer mustClose(t, j)
	mustRegister(t, j, "late")
	messages, err := j.Read(testContext(t), "late", 0, 10_000, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	want := last - first + 1
	if len(messages) != want {
		t.Fatalf("%d events, want %d", len(messages), want)
	}
	for i, m := range messages {
		if m.MessageID != event(first+i).MessageID || m.ID != int64(first+i+1) {
			t.Fatalf("the event at %d is %s with id %d", i, m.MessageID, m.ID)
		}
	}
	position, err := j.Position("source")
	if err != nil || string(position) != fmt.Sprint(last) {
		t.Errorf("position %s, %v; want %d", position, err, last)
	}
}

// putInPlace replaces a file by another one.
func putInPlace(path string, content []byte) error {
	return errors.Join(os.WriteFile(path+".other", content, 0o644), os.Rename(path+".other", path))
}

// A journal whose files are deleted or replaced while it is open is written again,
// and nothing that was stored is lost, even if it crashes then.
func TestFilesThatAreDeletedInUse(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.db")
	mustClose(t, openTest(t, Options{Path: other}))
	content := mustReadFile(t, other)
	for what, take := range map[string]func(path string) error{
		"deleted":                 func(path string) error { return removeFiles(path) },
		"deleted with its log":    func(path string) error { return removeFiles(path, path+"-wal") },
		"only the log is deleted": func(path string) error { return removeFiles(path + "-wal") },
		"replaced":                func(path string) error { return putInPlace(path, content) },
		"replaced with its log": func(path string) error {
			return errors.Join(putInPlace(path, content), putInPlace(path+"-wal", []byte("a log")))
		},
		"moved away": func(path string) error { return os.Rename(path, path+".moved") },
		"all": func(path string) error {
			files, err := filepath.Glob(path + "*")
			for _, f := range files {
				err = errors.Join(err, os.Remove(f))
			}
			return err
		},
		"the directory": func(path string) error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.Mkdir(filepath.Dir(path), 0o750))
		},
	} {
		for _, busy := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, written to: %v", what, busy), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(filepath.Dir(tempPath(t)), "own", "journal.db")
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				var log testlog.Buffer
				j := openTest(t, Options{Path: path, Logger: log.Logger()})
				mustRegister(t, j, "target")
				mustAppend(t, j, commit(0, 499))
				mustRelease(t, j, "target", 100)
				mustAppend(t, j, commit(500, 999))
				if err := take(path); err != nil {
					t.Fatal(err)
				}
				last := 999
				if busy {
					mustAppend(t, j, commit(1000, 1009)) // durable when it returns
					last = 1009
				} else {
					awaitLog(t, "the file is back", &log, func() bool {
						return strings.Contains(log.String(), "was written again")
					})
				}
				holdsEvents(t, path, 100, last)
				if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
					t.Errorf("%d errors:\n%s", n, &log)
				}
				mustAppend(t, j, commit(last+1, last+10))
				mustRelease(t, j, "target", 200)
				messages, err := j.Read(testContext(t), "target", 200, 10_000, 1<<30)
				if err != nil || len(messages) != last+10-200+1 {
					t.Errorf("%d events, %v", len(messages), err)
				}
				mustClose(t, j)
				holdsEvents(t, path, 200, last+10)
				aside, err := filepath.Glob(path + ".foreign-*")
				if err != nil || (len(aside) > 0) != strings.HasPrefix(what, "replaced") {
					t.Errorf("set aside %v, %v", aside, err)
				}
			})
		}
	}
}

// As long as the file can't be written again, nothing is taken.
func TestTheDirectoryIsDeletedInUse(t *testing.T) {
	path := filepath.Join(filepath.Dir(tempPath(t)), "own", "journal.db")
	if err := os.Mkdir(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	var log testlog.Buffer
	j := openTest(t, Options{Path: path, Logger: log.Logger()})
	mustAppend(t, j, commit(0, 9))
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	ticket, err := j.Append(testContext(t), commit(10, 19))
	if err != nil {
		t.Fatal(err)
	}
	awaitLog(t, "it is logged", &log, func() bool { return strings.Contains(log.String(), "sources are held") })
	select {
	case <-ticket.done:
		t.Fatalf("a commit is called durable: %v", ticket.err)
	default:
	}
	if err := os.Mkdir(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := ticket.Wait(testContext(t)); err != nil {
		t.Fatal(err)
	}
	holdsEvents(t, path, 0, 19)
	if n := strings.Count(log.String(), "sources are held"); n > 2 {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_ = j.Close() // whatever it returns
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("closing took %v", took)
	}
}

// child runs the test binary as another process.
func child(what string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	return cmd
}

// A second process does not get in by another name of the file, or when the lock's
// file was removed.
func TestASecondProcessIsKeptOut(t *testing.T) {
	for what, prepare := range map[string]func(path string) (string, error){
		"the lock was removed": func(path string) (string, error) { return path, os.Remove(path + ".lock") },
		"a link to the file": func(path string) (string, error) {
			link := filepath.Join(filepath.Dir(path), "link.db")
			return link, os.Symlink(filepath.Base(path), link)
		},
		"a link to the directory": func(path string) (string, error) {
			link := filepath.Join(t.TempDir(), "linked")
			return filepath.Join(link, filepath.Base(path)), os.Symlink(filepath.Dir(path), link)
		},
		"a hard link": func(path string) (string, error) {
			link := filepath.Join(filepath.Dir(path), "hard.db")
			return link, os.Link(path, link)
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := tempPath(t)
			var log testlog.Buffer
			j := openTest(t, Options{Path: path, Logger: log.Logger()})
			mustAppend(t, j, commit(0, 9))
			second, err := prepare(path)
			if err != nil {
				t.Fatal(err)
			}
			out, err := child("open", second).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "another process") ||
				!strings.Contains(string(out), fmt.Sprint(os.Getpid())) {
				t.Errorf("%v: %s", err, out)
			}
			if !exists(path + ".reserve") {
				t.Error("the second process has removed the reserve")
			}
			mustAppend(t, j, commit(10, 19))
			awaitLog(t, "the lock is there", &log, func() bool { return exists(path + ".lock") })
			mustClose(t, j)
			holdsEvents(t, path, 0, 19)
		})
	}
}

// A link to a file that does not exist yet leads to the same files as its target.
func TestResolve(t *testing.T) {
	dir := t.TempDir()
	if real, err := filepath.EvalSymlinks(dir); err != nil || real != dir {
		t.Fatal("the directory for tests is a link: ", real, err)
	}
	for link, target := range map[string]string{
		"one": "two", "two": filepath.Join(dir, "sub", "three"), "sub": ".", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"plain": "plain", "sub/plain": "plain", "one": "three", "sub/sub/two": "three",
	} {
		if got, err := resolve(filepath.Join(dir, path)); err != nil || got != filepath.Join(dir, want) {
			t.Errorf("%s leads to %s, %v", path, got, err)
		}
	}
	for _, path := range []string{"loop", "missing/plain"} {
		if got, err := resolve(filepath.Join(dir, path)); err == nil {
			t.Errorf("%s leads to %s", path, got)
		}
	}
}

// lookInside is a child process: it reads the journal, and goes on reading until
// its standard input ends.
func lookInside(path string) int {
	db, err := openReadOnly(path)
	if err == nil {
		_, err = db.Exec("BEGIN; SELECT count(*) FROM events")
	}
	fmt.Println("looking", err)
	_, _ = os.Stdin.Read(make([]byte, 1))
	return 0
}

// Somebody who looks into the journal before the connector starts is named, and
// waited for.
func TestSomebodyLooksInsideAtTheStart(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, commit(0, 9))
	mustClose(t, j)
	looks := child("look", path)
	in, err := looks.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := looks.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := looks.Start(); err != nil {
		t.Fatal(err)
	}
	defer looks.Wait()
	defer in.Close()
	first := make([]byte, 200)
	n, err := out.Read(first)
	if err != nil || string(first[:n]) != "looking <nil>\n" {
		t.Fatalf("%q, %v", first[:n], err)
	}
	var log testlog.Buffer
	holds := fmt.Sprintf("process %d (", looks.Process.Pid)
	ctx, stop := context.WithCancel(testContext(t))
	opened := make(chan error, 1)
	open := func() {
		j, err := Open(ctx, Options{Path: path, Reserve: 1 << 20, Logger: log.Logger()})
		if j != nil {
			err = errors.Join(err, j.Close())
		}
		opened <- err
	}
	go open()
	awaitLog(t, "the holder is named", &log, func() bool { return strings.Contains(log.String(), holds) })
	stop()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while it waits: %v", err)
	}
	ctx = testContext(t)
	go open()
	awaitLog(t, "the holder is named again", &log, func() bool { return strings.Count(log.String(), holds) == 2 })
	in.Close()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// useWithUmask is a child process: it uses a journal under a umask, and is killed
// as it were.
func useWithUmask(path, umask string) int {
	var mask int
	if _, err := fmt.Sscanf(umask, "%o", &mask); err != nil {
		return 2
	}
	syscall.Umask(mask)
	ctx := context.Background()
	j, err := Open(ctx, Options{Path: path, Reserve: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ticket, err := j.Append(ctx, commit(0, 9))
	if err == nil {
		err = ticket.Wait(ctx)
	}
	if err == nil { // the file is written again
		err = os.Remove(path)
	}
	if err == nil {
		ticket, err = j.Append(ctx, commit(10, 19))
	}
	if err == nil {
		err = ticket.Wait(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// Other users can't read the journal's files, whatever the umask, and can't read
// any more those that an older version has made.
func TestModes(t *testing.T) {
	for _, umask := range []string{"0", "022", "077"} {
		for _, old := range []bool{false, true} {
			t.Run(fmt.Sprintf("umask %s, older files %v", umask, old), func(t *testing.T) {
				path := tempPath(t)
				if old {
					from := crashedCopy(t, "testdata/v1-killed.db")
					for _, suffix := range []string{"", "-wal"} {
						if err := errors.Join(os.WriteFile(path+suffix, mustReadFile(t, from+suffix), 0o644),
							os.Chmod(path+suffix, 0o666)); err != nil {
							t.Fatal(err)
						}
					}
				}
				if out, err := child("umask", path, umask).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				files, err := filepath.Glob(path + "*")
				if err != nil || len(files) != 4 {
					t.Errorf("files %v, %v", files, err)
				}
				for _, file := range files {
					want := fs.FileMode(0o640)
					info, err := os.Stat(file)
					if err != nil {
						t.Fatal(err)
					}
					if strings.HasSuffix(file, ".reserve") && umask == "077" {
						want = 0o600 // it is made anew, and holds nothing
					}
					if got := info.Mode().Perm(); got != want {
						t.Errorf("%s has mode %o", filepath.Base(file), got)
					}
				}
			})
		}
	}
}
