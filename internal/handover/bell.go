package handover

import (
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
)

// rest is how long the bell is quiet after it rang. While nobody listens, the
// kernel makes one event of many like it, and records gather: a commit of one
// takes a hundred times the processor time of what it holds. The first record
// after a silence is told at once.
const rest = 5 * time.Millisecond

// bell rings when something may have been written in a directory. It is only a
// hint: whoever listens looks by the clock as well.
type bell struct {
	rings   chan struct{}
	watcher *fsnotify.Watcher // nil where inotify does not work
	ended   chan struct{}
}

func watch(dir string, log *slog.Logger) *bell {
	b := &bell{rings: make(chan struct{}, 1), ended: make(chan struct{})}
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
	go b.listen()
	return b
}

// listen ends when the watcher is closed. An error means that events were
// missed, so there is something to see.
func (b *bell) listen() {
	defer close(b.ended)
	for {
		select {
		case event, ok := <-b.watcher.Events:
			if !ok {
				return
			}
			if event.Op == fsnotify.Remove || event.Op == fsnotify.Chmod {
				continue
			}
		case _, ok := <-b.watcher.Errors:
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

func (b *bell) close() {
	if b.watcher != nil {
		b.watcher.Close()
	}
	<-b.ended
}
