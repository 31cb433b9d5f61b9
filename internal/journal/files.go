package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// fileMode is that of all our files. They hold what plugins print, which the
// supervisor keeps from other users too.
const fileMode fs.FileMode = 0o640

// resolve returns the path to which symbolic links lead, so that the files beside
// the journal, its lock above all, are the same by whatever path it is opened. The
// file need not exist.
func resolve(path string) (string, error) {
	const mostLinks = 40 // as the kernel
	for range mostLinks {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Abs(real)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		target, err := os.Readlink(path)
		if err != nil { // no link, so the file itself is missing
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			return filepath.Abs(filepath.Join(dir, filepath.Base(path)))
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

// ensureFile creates a file if it is missing, so that its mode is ours and not
// what SQLite makes of the umask.
func ensureFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(fileMode), f.Close())
}

// mendModes takes from other users what an earlier version left open to them: the
// journal, the files beside it, and damaged ones that were set aside. It names a
// file whose mode it can't change.
func mendModes(log *slog.Logger, journal string) {
	entries, err := os.ReadDir(filepath.Dir(journal))
	if err != nil {
		return // the names that matter are opened next, and their errors returned
	}
	for _, entry := range entries {
		path := filepath.Join(filepath.Dir(journal), entry.Name())
		if rest, ours := strings.CutPrefix(path, journal); !ours || rest != "" && !strings.ContainsAny(rest[:1], "-.") {
			continue
		}
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&^fileMode == 0 {
			continue
		}
		if err := os.Chmod(path, info.Mode().Perm()&fileMode); err != nil {
			log.Warn("other users can read or write a file of the journal, and its mode can't be changed",
				"path", path, "mode", info.Mode().Perm().String(), "err", err)
		}
	}
}
