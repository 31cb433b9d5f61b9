package bell

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func rings(b *Bell, within time.Duration) bool {
	select {
	case <-b.Rings():
		return true
	case <-time.After(within):
		return false
	}
}

func TestItRingsForWhatIsWatched(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	created := Watch(dir, fsnotify.Create, 0, slog.New(slog.DiscardHandler))
	defer created.Close()
	written := Watch(dir, fsnotify.Create|fsnotify.Write, time.Millisecond, slog.New(slog.DiscardHandler))
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

func TestADirectoryThatCannotBeWatched(t *testing.T) {
	b := Watch("/nowhere", fsnotify.Create, 0, slog.New(slog.DiscardHandler))
	if rings(b, 10*time.Millisecond) {
		t.Error("it rang")
	}
	b.Close()
}
