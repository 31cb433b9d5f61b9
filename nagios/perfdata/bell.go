package perfdata

import (
	"log/slog"

	"github.com/fsnotify/fsnotify"
)

// bell rings when a directory may have got a file. It is only a hint: whoever
// listens has to look now and then without it.
type bell struct {
	rings   chan struct{}
	watcher *fsnotify.Watcher // nil where inotify does not work
	ended   chan struct{}
}

func watchDir(dir string, log *slog.Logger) *bell {
	b := &bell{rings: make(chan struct{}, 1), ended: make(chan struct{})}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		if err = watcher.Add(dir); err != nil {
			watcher.Close()
		}
	}
	if err != nil {
		log.Warn("can't watch the directory, polling it", "path", dir, "error", err)
		close(b.ended)
		return b
	}
	b.watcher = watcher
	go b.listen()
	return b
}

// listen ends when the watcher is closed. Errors mean that events were missed.
func (b *bell) listen() {
	defer close(b.ended)
	for {
		select {
		case event, ok := <-b.watcher.Events:
			if !ok {
				return
			}
			if event.Has(fsnotify.Create) {
				signal(b.rings)
			}
		case _, ok := <-b.watcher.Errors:
			if !ok {
				return
			}
			signal(b.rings)
		}
	}
}

func (b *bell) close() {
	if b.watcher != nil {
		b.watcher.Close()
	}
	<-b.ended
}
