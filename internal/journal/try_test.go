package journal

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
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
