package bell

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

var silent = slog.New(slog.DiscardHandler)

func rings(b *Bell, within time.Duration) bool {
	select {
	case <-b.Rings():
		return true
	case <-time.After(within):
		return false
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	check(t, os.WriteFile(path, []byte("x"), 0o644))
}

func appendTo(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	check(t, err)
	_, err = f.WriteString("x\n")
	check(t, err)
	check(t, f.Close())
}

// until does something again and again until the bell rings for it.
func until(t *testing.T, b *Bell, what string, do func()) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		do()
		if rings(b, 50*time.Millisecond) {
			return
		}
	}
	t.Fatalf("no ring for %s", what)
}

func TestItRingsForWhatIsWatched(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	created := Watch(dir, fsnotify.Create, 0, silent)
	defer created.Close()
	written := Watch(dir, fsnotify.Create|fsnotify.Write, time.Millisecond, silent)
	defer written.Close()
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if !rings(written, 5*time.Second) {
		t.Error("no ring for a write")
	}
	if rings(created, 100*time.Millisecond) {
		t.Error("a ring for a write that is not watched for")
	}
	if err := os.WriteFile(path+"2", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if !rings(created, 5*time.Second) {
		t.Error("no ring for a new file")
	}
}

// The log of a reader has the path of its file already.
func TestADirectoryThatCannotBeWatched(t *testing.T) {
	var out bytes.Buffer
	b := Watch("/nowhere", fsnotify.Create, 0, slog.New(slog.NewTextHandler(&out, nil)).With("path", "/x"))
	if rings(b, 10*time.Millisecond) {
		t.Error("it rang")
	}
	b.Close()
	if text := out.String(); strings.Count(text, " path=") != 1 || !strings.Contains(text, " dir=/nowhere ") {
		t.Error(text)
	}
}

// The errors of inotify seem to be about open files and a full disk.
func TestALimitOfInotifyIsNamed(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("x: %w", syscall.EMFILE), "x: too many open files (inotify: raise sysctl " +
			"fs.inotify.max_user_instances, or ulimit -n)"},
		{syscall.ENOSPC, "no space left on device (inotify, not a disk: raise sysctl fs.inotify.max_user_watches)"},
		{syscall.ENOENT, "no such file or directory"},
	} {
		if got := withRemedy(c.err); got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("%v, want %s", got, c.want)
		}
	}
}

func TestADirectoryThatAppearsLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, "file")
	directory := Watch(dir, fsnotify.Create, 0, silent)
	defer directory.Close()
	file := WatchFile(path, 0, silent)
	defer file.Close()
	check(t, os.Mkdir(dir, 0o700))
	for name, b := range map[string]*Bell{"directory": directory, "file": file} {
		if !rings(b, 20*time.Second) {
			t.Errorf("%s: no ring when the directory has appeared", name)
		}
	}
	write(t, path)
	for name, b := range map[string]*Bell{"directory": directory, "file": file} {
		if !rings(b, 20*time.Second) {
			t.Errorf("%s: no ring for a new file", name)
		}
	}
}

func TestADirectoryThatIsReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	check(t, os.Mkdir(dir, 0o700))
	b := WatchFile(filepath.Join(dir, "file"), 0, silent)
	defer b.Close()
	check(t, os.Rename(dir, dir+".old"))
	check(t, os.Mkdir(dir, 0o700))
	until(t, b, "a write in the new directory", func() { write(t, filepath.Join(dir, "file")) })
}

func TestAFileIsWatchedUnderItsPath(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	b := WatchFile(path, 0, silent)
	defer b.Close()
	write(t, filepath.Join(dir, "other"))
	if rings(b, 100*time.Millisecond) {
		t.Error("a ring for another file")
	}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"creation", func() { write(t, path) }},
		{"a write", func() { appendTo(t, path) }},
		{"a rename away", func() { check(t, os.Rename(path, path+".1")) }},
		{"creation of the next file", func() { write(t, path) }},
		{"a write to the next file", func() { appendTo(t, path) }},
		{"removal", func() { check(t, os.Remove(path)) }},
	} {
		for rings(b, 20*time.Millisecond) { // creation and first write are two events
		}
		step.do()
		if !rings(b, 5*time.Second) {
			t.Errorf("no ring for %s", step.what)
		}
	}
}

func TestARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	b := WatchFile("file", 0, silent)
	defer b.Close()
	write(t, "file")
	if !rings(b, 5*time.Second) {
		t.Error("no ring")
	}
}

func TestASymbolicLinkIsFollowed(t *testing.T) {
	here, there, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	link := filepath.Join(here, "link")
	one, two := filepath.Join(there, "one"), filepath.Join(elsewhere, "two")
	write(t, one)
	write(t, two)
	check(t, os.Symlink(one, link))
	b := WatchFile(link, 0, silent)
	defer b.Close()
	appendTo(t, one)
	if !rings(b, 5*time.Second) {
		t.Error("no ring for a write behind the link")
	}
	check(t, os.Remove(link))
	check(t, os.Symlink(two, link))
	until(t, b, "a write behind the new link", func() { appendTo(t, two) })
}

// TestOthersDoNotDelay has two other files written in turn, so that the kernel
// can't make one event of many.
func TestOthersDoNotDelay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	others := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	for _, p := range append(others, path) {
		write(t, p)
	}
	b := WatchFile(path, time.Millisecond, silent)
	defer b.Close()
	for i := range 10_000 {
		appendTo(t, others[i%2])
	}
	began := time.Now()
	appendTo(t, path)
	if !rings(b, 20*time.Second) {
		t.Fatal("no ring")
	}
	// A rest after each of these events would make ten seconds.
	if waited := time.Since(began); waited > 2*time.Second {
		t.Errorf("it rang only after %s", waited)
	}
}

func TestSteadyEventsAreTakenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path)
	b := WatchFile(path, Company, silent)
	defer b.Close()
	appendTo(t, path)
	if !rings(b, 5*time.Second) {
		t.Fatal("no ring for the first event")
	}
	began, count := time.Now(), 0
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 300 {
		select {
		case <-tick.C:
			appendTo(t, path)
		case <-b.Rings():
			count++
		}
	}
	if most := int(time.Since(began)/Company) + 1; count > most || count == 0 {
		t.Errorf("%d rings in %s, want 1 to %d", count, time.Since(began), most)
	}
}

func TestPace(t *testing.T) {
	atOnce := false
	for range 10 { // a busy machine may hold a single one up
		var first Pace
		began := time.Now()
		first.Wait(t.Context())
		atOnce = atOnce || time.Since(began) < Company
	}
	if !atOnce {
		t.Error("the first wait never returned at once")
	}
	var p Pace
	began := time.Now()
	for range 4 {
		p.Wait(t.Context())
	}
	if all := time.Since(began); all < 3*Company {
		t.Errorf("four waits took %s", all)
	}
}

func BenchmarkLatency(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	bell := WatchFile(path, 0, silent)
	defer bell.Close()
	for b.Loop() {
		fmt.Fprintln(f, "x")
		<-bell.Rings()
	}
}
