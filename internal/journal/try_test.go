package journal

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

func TestTryFindsWhatOpenWouldMeet(t *testing.T) {
	dir := t.TempDir()
	newer := make([]byte, databaseHeaderSize)
	copy(newer, databaseMagic)
	binary.BigEndian.PutUint32(newer[userVersionOffset:], uint32(schemaVersion)+1)
	if err := os.WriteFile(filepath.Join(dir, "newer.db"), newer, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want func(error) bool
	}{
		{"new.db", func(err error) bool { return err == nil }},
		{"newer.db", func(err error) bool { return errors.Is(err, ErrNewer) }},
		{"dir.db", func(err error) bool { return err != nil }},
		{"none/j.db", func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
		{"newer.db/j.db", func(err error) bool { return err != nil }},
	} {
		if err := Try(filepath.Join(dir, c.path)); !c.want(err) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("something was created: %v, %v", entries, err)
	}
}

// What SQLite keeps beside the file is named when it can't be used.
func TestAPipeBesideTheJournal(t *testing.T) {
	for suffix, try := range map[string]func(path string) error{
		"": Try, ".lock": Try, ".reserve": func(path string) error { return TryRoom(path, 1) },
	} {
		path := filepath.Join(t.TempDir(), "journal.db")
		if err := syscall.Mkfifo(path+suffix, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := try(path); err == nil || !strings.Contains(err.Error(), path+suffix) {
			t.Errorf("%q: %v", suffix, err)
		}
	}
}

// A reserve that can't be made lets events wait, whatever stands in its place.
func TestAPipeAsReserve(t *testing.T) {
	r := reserve{path: filepath.Join(t.TempDir(), "reserve"), size: 64 << 10}
	if err := syscall.Mkfifo(r.path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.restore(); !errors.Is(err, regular.ErrKind) {
		t.Error(err)
	}
}

func TestADirectoryBesideTheJournal(t *testing.T) {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		path := filepath.Join(t.TempDir(), "journal.db")
		if err := os.Mkdir(path+suffix, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), Options{Path: path})
		for _, err := range []error{err, Try(path)} {
			if err == nil || !strings.Contains(err.Error(), path+suffix+" is not a regular file") {
				t.Errorf("%s: %v", suffix, err)
			}
		}
	}
}
