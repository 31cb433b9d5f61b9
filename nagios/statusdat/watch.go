package statusdat

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// changes tells that the file may have changed. It is a hint to look at once;
// what counts is what the look finds.
type changes struct {
	seen    chan struct{}
	watcher *fsnotify.Watcher // nil: nothing is told
	ended   sync.WaitGroup
}

// watch watches the directory of the file, as the file itself is replaced.
// Where that doesn't work (no such directory yet, the kernel's limit of
// inotify), the looks at fixed times do.
func (s *Source) watch() *changes {
	c := &changes{seen: make(chan struct{}, 1)}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		if err = watcher.Add(filepath.Dir(s.path)); err != nil {
			watcher.Close()
		}
	}
	if err != nil {
		s.log.Info("the directory of the status file can't be watched; looking at fixed times only", "every", s.poll, "error", err)
		return c
	}
	c.watcher = watcher
	c.ended.Go(func() { c.follow(filepath.Base(s.path)) })
	return c
}

// otherPause is waited after an event of another file. The supervisor writes its
// temporary file in the same directory, 4 KiB at a time, and the kernel joins
// the events of it that nobody has fetched: of 40,000 a few are left. A directory
// in which much happens delays the hint, not the look at the next fixed time.
const otherPause = 10 * time.Millisecond

// follow passes on what concerns the file, until the watcher is closed.
func (c *changes) follow(name string) {
	for {
		select {
		case event, ok := <-c.watcher.Events:
			if !ok {
				return
			}
			if filepath.Base(event.Name) != name {
				time.Sleep(otherPause)
				continue
			}
		case _, ok := <-c.watcher.Errors:
			if !ok {
				return
			}
			// Events were lost: look.
		}
		select {
		case c.seen <- struct{}{}:
		default:
		}
	}
}

func (c *changes) close() {
	if c.watcher != nil {
		c.watcher.Close()
		c.ended.Wait()
	}
}
