package rehearsal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestReadableByAll(t *testing.T) {
	top, err := os.MkdirTemp("/tmp", "nagios2canopsis-test-") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	path, link := filepath.Join(top, "dir/file"), filepath.Join(top, "link")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		top, dir, file fs.FileMode
		want           bool
	}{
		{0o755, 0o755, 0o644, true},
		{0o755, 0o711, 0o604, true},
		{0o755, 0o755, 0o640, false},
		{0o755, 0o750, 0o644, false},
		{0o700, 0o755, 0o644, false},
	} {
		for p, mode := range map[string]fs.FileMode{top: c.top, filepath.Dir(path): c.dir, path: c.file} {
			if err := os.Chmod(p, mode); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []string{path, link} {
			if got := readableByAll(p); got != c.want {
				t.Errorf("%o %o %o: %v", c.top, c.dir, c.file, got)
			}
		}
	}
	if readableByAll(path + "-none") {
		t.Error("a file that does not exist")
	}
}

func TestVerdict(t *testing.T) {
	trouble := errors.New("x")
	for _, c := range []struct {
		findings Findings
		want     string
	}{
		{Findings{Notices: []string{"x"}}, "All is well."},
		{Findings{Troubles: []error{trouble}}, "1 trouble: it is listed first"},
		{Findings{Troubles: []error{trouble, trouble}, Runs: true}, "2 troubles: they are listed first"},
		{
			Findings{Runs: true, Running: 7},
			"Process 7 runs with this journal already: reload it (SIGHUP) to take over a change; " +
				"a second run would be refused. Nothing else is wrong.",
		},
	} {
		if got := c.findings.Verdict(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
