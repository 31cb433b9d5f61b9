package architecture

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	maxColumns = 120
	tabColumns = 4
)

// mayBeLong lists the files with raw input of a test that must stay byte for
// byte, and what it is.
var mayBeLong = map[string]string{
	"internal/testing/allrun/main_test.go": "the output of go test -json",
	"nagios/brokermodule/loaded_test.go":   "the mappings of a process, as the kernel lists them",
}

// TestLinesFitOnAScreen: no line of code is longer than 120 columns.
func TestLinesFitOnAScreen(t *testing.T) {
	isLong := map[string]bool{}
	eachSource(t, []string{".go", ".py", ".c", ".h"}, func(path string) {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		path, err = filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		for n := 1; lines.Scan(); n++ {
			columns := columnsOf(lines.Text())
			if columns <= maxColumns {
				continue
			}
			isLong[path] = true
			if mayBeLong[path] == "" {
				t.Errorf("%s:%d: %d columns, more than %d", path, n, columns, maxColumns)
			}
		}
		if err := lines.Err(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	})
	for path, reason := range mayBeLong {
		if !isLong[path] {
			t.Errorf("%s has no long line: the exception (%s) is not needed", path, reason)
		}
	}
}

func columnsOf(line string) int {
	return utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
}

// eachSource finds the repository's files with one of the extensions.
func eachSource(t *testing.T, extensions []string, look func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		if !entry.IsDir() && slices.Contains(extensions, filepath.Ext(path)) {
			look(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
