package objectcache

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

var _ supervision.Inventory = (*Watcher)(nil)

func newWatcher(t *testing.T) (*Watcher, *testlog.Buffer) {
	t.Helper()
	log := &testlog.Buffer{}
	return New(filepath.Join(t.TempDir(), "objects.cache"), slog.New(slog.NewTextHandler(log, nil))), log
}

// write replaces the file in one step by one that looks as old as age.
func write(t *testing.T, path, content string, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	when := time.Now().Add(-age)
	if err := os.Chtimes(path+".new", when, when); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func hostNamed(name string) string { return "define host {\n\thost_name\t" + name + "\n\t}\n" }

func wantHost(t *testing.T, w *Watcher, name string) {
	t.Helper()
	if w.Object(host(name)) == nil {
		t.Errorf("host %s is unknown", name)
	}
}

// eventually fails the test if the condition doesn't become true.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	w, _ := newWatcher(t)
	if err := w.Load(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if got := w.Object(host("h")); got != nil {
		t.Errorf("an empty inventory knows %v", got)
	}
	if got := w.Members(supervision.ScopeHostgroupHosts, host("h"), "g"); got != nil {
		t.Errorf("an empty inventory knows %v", got)
	}
}

func TestLoadTakesASettledFileAtOnce(t *testing.T) {
	w, log := newWatcher(t)
	write(t, w.path, hostNamed("h"), time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that it can't wait
	if err := w.Load(ctx); err != nil {
		t.Fatal(err)
	}
	wantHost(t, w, "h")
	if err := w.Load(ctx); err != nil {
		t.Fatal(err)
	}
	if n := log.Count("object cache loaded"); n != 1 {
		t.Errorf("loaded %d times", n)
	}
}

func TestLoadWaitsUntilTheFileHasSettled(t *testing.T) {
	for name, age := range map[string]time.Duration{"just written": 0, "clock set back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			w, _ := newWatcher(t)
			write(t, w.path, hostNamed("h"), age)
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			if err := w.Load(cancelled); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want context.Canceled", err)
			}
			if err := w.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantHost(t, w, "h")
		})
	}
}

// Nagios truncates the file and writes it piece by piece, and a piece may end
// behind a definition.
func TestAGrowingFileIsNotRead(t *testing.T) {
	w, _ := newWatcher(t)
	write(t, w.path, hostNamed("old"), time.Hour)
	if err := w.look(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range 5 {
		if _, err := f.WriteString(hostNamed(string(rune('a' + i)))); err != nil {
			t.Fatal(err)
		}
		if err := w.look(); !errors.Is(err, errUnsettled) {
			t.Fatalf("got %v, want errUnsettled", err)
		}
		wantHost(t, w, "old")
	}
	if err := w.look(); err != nil {
		t.Fatal(err)
	}
	wantHost(t, w, "e")
}

func TestTheLastGoodVersionStands(t *testing.T) {
	whole := hostNamed("new") + hostNamed("newer")
	spoil := map[string]func(t *testing.T, w *Watcher){
		"truncated":            func(t *testing.T, w *Watcher) { write(t, w.path, "", time.Minute) },
		"half written":         func(t *testing.T, w *Watcher) { write(t, w.path, whole[:len(whole)-4], time.Minute) },
		"being written":        func(t *testing.T, w *Watcher) { write(t, w.path, whole, 0) },
		"without a host":       func(t *testing.T, w *Watcher) { write(t, w.path, "# empty\n", time.Minute) },
		"deleted":              func(t *testing.T, w *Watcher) { remove(t, w.path) },
		"replaced by a pipe":   func(t *testing.T, w *Watcher) { remove(t, w.path); mkfifo(t, w.path) },
		"replaced by a folder": func(t *testing.T, w *Watcher) { remove(t, w.path); mkdir(t, w.path) },
	}
	for name, spoilIt := range spoil {
		t.Run(name, func(t *testing.T) {
			w, _ := newWatcher(t)
			write(t, w.path, hostNamed("old"), time.Hour)
			if err := w.look(); err != nil {
				t.Fatal(err)
			}
			spoilIt(t, w)
			first, second := w.look(), error(nil)
			if first == nil {
				t.Error("no error")
			}
			if name != "being written" {
				if second = w.look(); second == nil || second.Error() != first.Error() {
					t.Errorf("the second look returned %v, the first %v", second, first)
				}
			}
			wantHost(t, w, "old")
			if err := os.RemoveAll(w.path); err != nil {
				t.Fatal(err)
			}
			write(t, w.path, whole, time.Minute)
			if err := w.look(); err != nil {
				t.Fatal(err)
			}
			wantHost(t, w, "newer")
			if w.Object(host("old")) != nil {
				t.Error("a host that is gone is still known")
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func mkfifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestRunFollowsTheFileAndLogsOnce(t *testing.T) {
	w, log := newWatcher(t)
	w.poll = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()

	eventually(t, "a complaint about the missing file", func() bool {
		return log.Count("the object cache is not loaded") == 1
	})
	write(t, w.path, hostNamed("one"), time.Hour)
	eventually(t, "the first version", func() bool { return w.Object(host("one")) != nil })
	write(t, w.path, hostNamed("one")+hostNamed("two"), 0)
	eventually(t, "the second version", func() bool { return w.Object(host("two")) != nil })
	write(t, w.path, "define host {\n\thost_name\tthr", time.Hour)
	eventually(t, "a complaint about the half version", func() bool {
		return log.Count("the object cache is not loaded") == 2
	})
	wantHost(t, w, "two")
	write(t, w.path, hostNamed("three")+"nonsense\n", time.Hour)
	eventually(t, "the third version", func() bool { return w.Object(host("three")) != nil })

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
	for text, want := range map[string]int{
		"the object cache is not loaded":     2,
		"the object cache can be read again": 2,
		"parts that can't be understood":     1,
	} {
		if got := log.Count(text); got != want {
			t.Errorf("%q was logged %d times, want %d", text, got, want)
		}
	}
}

// Readers never see a mixture of two versions.
func TestAnswersWhileReloading(t *testing.T) {
	w, _ := newWatcher(t)
	versions := []string{hostNamed("a") + hostNamed("b"), hostNamed("b") + hostNamed("a") + hostNamed("c")}
	write(t, w.path, versions[0], time.Hour)
	if err := w.look(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if w.Object(host("a")) == nil || w.Object(host("b")) == nil {
					t.Error("a host was unknown for a moment")
					return
				}
			}
		})
	}
	for i := range 100 {
		write(t, w.path, versions[i%2], time.Hour+time.Duration(i)*time.Second)
		if err := w.look(); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}

// The caller of Load logs its error.
func TestTroubleIsNotLoggedAgainAfterLoad(t *testing.T) {
	w, log := newWatcher(t)
	w.poll = time.Millisecond
	if err := w.Load(t.Context()); err == nil {
		t.Fatal("loaded a file that does not exist")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	write(t, w.path, hostNamed("h"), time.Hour)
	eventually(t, "the end of the trouble in the log", func() bool {
		return log.Count("the object cache can be read again") == 1
	})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
	if n := log.Count("the object cache is not loaded"); n != 0 {
		t.Errorf("the trouble was logged %d times more", n)
	}
}

func TestHosts(t *testing.T) {
	w, _ := newWatcher(t)
	if got := slices.Collect(w.Hosts()); got != nil {
		t.Errorf("before the first version: %v", got)
	}
	write(t, w.path, hostNamed("b")+
		"define service {\n\thost_name\tb\n\tservice_description\ts\n\t}\n"+hostNamed("a"), time.Hour)
	if err := w.look(); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(w.Hosts()); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("got %v", got)
	}
}
