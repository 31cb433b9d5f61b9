package handover

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestADirectoryIsReadAgainOnlyWhenItMayHaveChanged(t *testing.T) {
	dir := t.TempDir()
	const first, second = "neb-0000000000000001-1-1.log", "neb-0000000000000002-1-2.log"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(ago time.Duration) {
		t.Helper()
		when := time.Now().Add(-ago)
		if err := os.Chtimes(dir, when, when); err != nil {
			t.Fatal(err)
		}
	}
	l := listing{dir: dir}
	refreshes := func(what string, want bool, names int) {
		t.Helper()
		again, err := l.refresh()
		if err != nil || again != want || len(l.names) != names {
			t.Errorf("%s: read again %v, %d segments, %v; want %v, %d", what, again, len(l.names), err, want, names)
		}
	}
	write(first, "12345")
	changed(time.Minute)
	refreshes("the first time", true, 1)
	if l.sizes[0] != 5 {
		t.Errorf("sizes %d", l.sizes)
	}
	refreshes("nothing happened", false, 1)
	write(first, "1234567")
	refreshes("a segment was written to", false, 1)
	write(second, "")
	refreshes("a segment came", true, 2)
	refreshes("another could come in the same step of the clock", true, 2)
	changed(timeStep + time.Second)
	refreshes("the time was changed", true, 2)
	refreshes("nothing happened again", false, 2)
	if err := os.Remove(filepath.Join(dir, first)); err != nil {
		t.Fatal(err)
	}
	refreshes("a segment went", true, 1)
	changed(-time.Hour)
	refreshes("the clock was set back", true, 1)
	refreshes("the clock is still behind", true, 1)
	changed(time.Hour)
	refreshes("the time was changed again", true, 1)
	l.read = l.read.Add(-oldestListing)
	refreshes("the listing is old", true, 1)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := l.refresh(); !os.IsNotExist(err) {
		t.Errorf("a directory that is gone: %v", err)
	}
}
