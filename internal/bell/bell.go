// Package bell rings when something happens in a directory.
package bell

import (
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Bell watches a directory. Its rings are only hints: whoever listens has to
// look by the clock as well, since inotify misses events when there are too
// many, and doesn't work everywhere.
type Bell struct {
	rings   chan struct{}
	watcher *fsnotify.Watcher // nil where inotify does not work
	ended   chan struct{}
}

// Watch begins to watch for events of these kinds. After each ring the bell is
// quiet for rest; what happened meanwhile makes one ring. Close must be called.
func Watch(dir string, kinds fsnotify.Op, rest time.Duration, log *slog.Logger) *Bell {
	b := &Bell{rings: make(chan struct{}, 1), ended: make(chan struct{})}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		if err = watcher.Add(dir); err != nil {
			watcher.Close()
		}
	}
	if err != nil {
		log.Warn("no inotify, looking by the clock", "path", dir, "err", err)
		close(b.ended)
		return b
	}
	b.watcher = watcher
	go b.listen(kinds, rest)
	return b
}

// Rings gives a value when something has happened since the last one was taken.
func (b *Bell) Rings() <-chan struct{} { return b.rings }

// listen ends when the watcher is closed.
func (b *Bell) listen(kinds fsnotify.Op, rest time.Duration) {
	defer close(b.ended)
	for {
		select {
		case event, ok := <-b.watcher.Events:
			if !ok {
				return
			}
			if event.Op&kinds == 0 {
				continue
			}
		case _, ok := <-b.watcher.Errors: // events were missed, so there is something to see
			if !ok {
				return
			}
		}
		select {
		case b.rings <- struct{}{}:
		default:
		}
		time.Sleep(rest)
	}
}

// Close ends the watch.
func (b *Bell) Close() {
	if b.watcher != nil {
		b.watcher.Close()
	}
	<-b.ended
}
