package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Worker is something that runs beside the feeds until the context ends: a
// target, the watcher of the object cache.
type Worker struct {
	Kind string // what it is, for the log: "site", "target", "reader"
	Name string
	Run  func(context.Context) error
}

const (
	firstPause = time.Second
	lastPause  = time.Minute
)

var errEndedByItself = errors.New("it ended by itself")

// KeepRunning runs a worker until the context ends, and starts it again
// whenever it fails. It logs the first failure and each new kind of failure.
// failed, which may be nil, hears of every one.
func KeepRunning(ctx context.Context, log *slog.Logger, w Worker, failed func(error)) {
	log = log.With(w.Kind, w.Name)
	pause, last := firstPause, ""
	for {
		began := time.Now()
		err := w.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > lastPause {
			pause, last = firstPause, ""
		}
		if err == nil {
			err = errEndedByItself
		}
		if failed != nil {
			failed(err)
		}
		if err.Error() != last {
			last = err.Error()
			log.Error(w.Kind+" failed, starting it again", "err", err, "pause", pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}
