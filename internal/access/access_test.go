package access

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asNobody calls a function that can't do what only an owner or a group may do.
// Root gets there by another file system identity of one thread.
func asNobody(t *testing.T, call func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		const nobody = 65534
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		syscall.Setfsgid(nobody)
		syscall.Setfsuid(nobody)
		defer syscall.Setfsgid(0)
		defer syscall.Setfsuid(0)
	}
	call()
}

func TestCheckNamesTheObstacleAndWhatHelps(t *testing.T) {
	for _, c := range []struct {
		name      string
		dir, file fs.FileMode
		path      string
		rights    Rights
		want      string // empty: no error
	}{
		{"list", 0o755, 0o644, "d", Read | Enter, ""},
		{"enter only", 0o711, 0o644, "d", Read | Enter, "/d is drwx--x--x "},
		{"a file below it", 0o711, 0o644, "d/f", Read, ""},
		{"a closed directory above", 0o700, 0o644, "d/f", Read, "/d is drwx------ "},
		{"write", 0o755, 0o644, "d", Write | Enter, ":rwX "},
		{"no file", 0o755, 0o644, "d/none", Read, "no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for dir := root; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
				if err := os.Chmod(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			dir := filepath.Join(root, "d")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "f"), nil, c.file); err != nil {
				t.Fatal(err)
			}
			mode := c.dir
			if os.Geteuid() != 0 {
				mode = c.dir&0o7<<6 | c.dir // what others may, this user may
				if c.want != "" {
					mode = c.dir & 0o7 << 6
				}
			}
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, 0o700) })
			var err error
			asNobody(t, func() { err = Check(filepath.Join(root, c.path), c.rights) })
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want == "":
			case err == nil:
				t.Error("no error")
			case os.Geteuid() == 0 && !strings.Contains(err.Error(), c.want):
				t.Errorf("%v, want %q", err, c.want)
			case !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist):
				t.Errorf("the cause is hidden: %v", err)
			}
		})
	}
}
