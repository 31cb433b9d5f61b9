package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inTime fails the test if something waits. A blocked open(2) can't be
// interrupted, so it is left behind then.
func inTime(t *testing.T, what string, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s waits", what)
		return nil
	}
}

func TestWhatIsNoRegularFileIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	fifo, socket, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "socket"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, socket, link, dir, "/dev/zero", "/dev/null"} {
		err := inTime(t, "reading "+path, func() error { _, err := Read(path, 10); return err })
		if !errors.Is(err, ErrKind) || !strings.Contains(err.Error(), path) {
			t.Errorf("reading %s: %v", path, err)
		}
		for _, flags := range []int{os.O_WRONLY | os.O_APPEND | os.O_CREATE, os.O_WRONLY | os.O_TRUNC, os.O_RDWR} {
			err = inTime(t, "opening "+path, func() error { _, err := OpenFile(path, flags, 0o600); return err })
			if !errors.Is(err, ErrKind) {
				t.Errorf("opening %s with %#x: %v", path, flags, err)
			}
		}
	}
}

func TestReadHasABound(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]string{5: "12345", 6: "12345"} {
		if got, err := Read(link, limit); err != nil || string(got) != want {
			t.Errorf("up to %d bytes: %q, %v", limit, got, err)
		}
	}
	if got, err := Read(path, 4); err == nil || got != nil || !strings.Contains(err.Error(), "larger than 4 bytes") {
		t.Errorf("up to 4 bytes: %q, %v", got, err)
	}
	if _, err := Read(filepath.Join(dir, "absent"), 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}

func TestAppendCreatesAndGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"one ", "two"} {
		f, err := OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "one two" {
		t.Errorf("%q, %v", got, err)
	}
}
