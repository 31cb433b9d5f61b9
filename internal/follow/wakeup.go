package follow

import (
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watch gives a channel that fires when something may have been written to the
// path or put in its place. It is only a hint: the caller looks by the clock as
// well. Where inotify does not work the channel is nil. stop ends the watch,
// and must be called.
func watch(path string, log *slog.Logger) (wakeup <-chan struct{}, stop func()) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("no inotify, looking by the clock", "path", path, "err", err)
		return nil, func() {}
	}
	names := []string{filepath.Clean(path)}
	if target, err := filepath.EvalSymlinks(path); err == nil && target != names[0] {
		names = append(names, target)
	}
	// Directories, since the watch of a file ends when it is renamed.
	for _, name := range names {
		if err := watcher.Add(filepath.Dir(name)); err != nil {
			log.Warn("no inotify, looking by the clock", "path", path, "err", err)
		}
	}
	fired := make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() { forward(watcher, names, fired) })
	return fired, func() {
		watcher.Close()
		running.Wait()
	}
}

// othersPause is a rest after an event of another file in the directory. While
// nobody listens the kernel makes one event of many like it, as there are when
// Nagios writes a status file of 170 MB beside ours: 40,000 of them.
const othersPause = 2 * time.Millisecond

// forward reduces the events of a directory to those of the names, until the
// watcher is closed.
func forward(watcher *fsnotify.Watcher, names []string, fired chan<- struct{}) {
	for {
		select {
		case event, open := <-watcher.Events:
			if !open {
				return
			}
			if !slices.Contains(names, event.Name) {
				time.Sleep(othersPause)
				continue
			}
		case _, open := <-watcher.Errors:
			if !open {
				return
			}
			// An overflow: events were lost, so there is something to see.
		}
		select {
		case fired <- struct{}{}:
		default:
		}
	}
}
