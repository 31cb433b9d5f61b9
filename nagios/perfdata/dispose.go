package perfdata

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dispose removes or moves a durable file, as the options say.
func (s *shelf) dispose(path string, id fileID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disposeLocked(path, id)
}

// disposeLocked leaves alone what is not the file that was read. What fails is
// tried again at the next scan.
func (s *shelf) disposeLocked(path string, id fileID) {
	if s.options.After == Keep {
		return
	}
	info, err := os.Lstat(path)
	if err != nil || identify(info) != id {
		return
	}
	if s.options.After == Delete {
		err = os.Remove(path)
	} else {
		err = os.Rename(path, s.target(path, id))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.trouble("removal", "can't remove a spool file that was read, trying again", path, err)
	}
}

// target is a free name in the directory for finished files.
func (s *shelf) target(path string, id fileID) string {
	target := filepath.Join(s.options.MoveTo, filepath.Base(path))
	if _, err := os.Lstat(target); err == nil {
		target += "." + id.String()
	}
	return target
}

// trouble logs the first of a kind, until a scan went without it.
func (s *shelf) trouble(kind, message, path string, err error) {
	if !s.logged[kind] && !s.troubles[kind] {
		s.options.Logger.Warn(message, "path", path, "err", err)
	}
	s.troubles[kind] = true
}

// mostNamed bounds the files of one kind of trouble that are named.
const mostNamed = 10

// troubleOf logs the trouble of one file among others that may have the same, until a
// scan went without it.
func (s *shelf) troubleOf(kind, message, path string, err error) {
	key := kind + ": " + filepath.Base(path)
	if s.troubles[key] {
		return
	}
	named := 0
	for other := range s.troubles {
		if strings.HasPrefix(other, kind+": ") {
			named++
		}
	}
	if named < mostNamed {
		s.trouble(key, message, path, err)
		return
	}
	s.trouble(kind, message+"; there are more than are named", path, err)
}

func (s *shelf) logRecovery() {
	for kind := range s.logged {
		if !s.troubles[kind] {
			s.options.Logger.Info("perfdata spool is in order again", "path", s.options.Dir, "trouble", kind)
		}
	}
	s.logged = s.troubles
	s.troubles = make(map[string]bool)
}
