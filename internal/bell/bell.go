// Package bell wakes the readers of files and directories. A reader that was
// idle is woken at once; while events come steadily it is woken at most once
// every Company, so that it takes what came meanwhile in one batch.
//
// A Bell does so for everything that inotify reports. A Pace does it for a
// reader that is woken by other means, such as a pipe.
package bell

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Company is how long what was written waits for more, while it is written
// steadily. A batch costs a commit, which takes a hundred times the processor
// time of one record. At 300 records a second, 25 ms make 40 batches of them, and
// delay half of them by less than 13 ms.
const Company = 25 * time.Millisecond

const (
	// retry is the time between two attempts to watch a directory that can't be
	// watched, mostly because it does not exist yet.
	retry = time.Second
	// atOnce bounds how many events are taken between two rests.
	atOnce = 4096
	// yields is how often the watcher's goroutine gets the chance to hand over its
	// next event before there is taken to be none.
	yields = 16
	// again is the rest where the next event is expected, but was not there yet.
	again = 2 * time.Millisecond
)

// Bell watches a directory, or one file in it. Its rings are only hints: the
// listener has to look at fixed times as well, since inotify loses events when
// there are too many, and does not work on every file system.
type Bell struct {
	log     *slog.Logger
	path    string      // the file; empty: every file of the directory
	kinds   fsnotify.Op // the kinds of events to ring for
	rest    time.Duration
	rings   chan struct{}
	watcher *fsnotify.Watcher // nil where inotify does not work
	ended   chan struct{}

	// The rest belongs to the listening goroutine.
	dirs    []string        // to watch
	names   []string        // paths of the file; none: every file of the directory
	missing map[string]bool // directories that can't be watched now
}

// Watch watches for events of these kinds in a directory. After a ring the bell
// is quiet for rest, mostly Company; what happens meanwhile makes one ring.
// A directory that does not exist is watched once it does. Close must be called.
func Watch(dir string, kinds fsnotify.Op, rest time.Duration, log *slog.Logger) *Bell {
	b := &Bell{log: log, kinds: kinds, rest: rest, dirs: []string{filepath.Clean(dir)}}
	return b.start()
}

// WatchFile watches for everything that happens to a file under its path, be
// it written, created, replaced or removed. The path may be a symbolic link.
// After any event in the file's directory, also of another file, the bell is
// quiet for rest: as long as nobody fetches an event, the kernel joins it with
// equal ones, such as the 40,000 of a status file of 170 MB that is being written.
func WatchFile(path string, rest time.Duration, log *slog.Logger) *Bell {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute // as events are named
	}
	b := &Bell{log: log, path: path, rest: rest}
	b.kinds = fsnotify.Create | fsnotify.Write | fsnotify.Remove | fsnotify.Rename | fsnotify.Chmod
	b.resolve()
	return b.start()
}

// Rings delivers a value when something has happened since the last one was
// taken.
func (b *Bell) Rings() <-chan struct{} { return b.rings }

// Close ends the watch.
func (b *Bell) Close() {
	if b.watcher != nil {
		b.watcher.Close()
	}
	<-b.ended
}

func (b *Bell) start() *Bell {
	b.rings, b.ended, b.missing = make(chan struct{}, 1), make(chan struct{}), map[string]bool{}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		b.log.Warn("inotify does not work, looking at fixed times only", "dir", b.dirs[0], "err", withRemedy(err))
		close(b.ended)
		return b
	}
	b.watcher = watcher
	b.add()
	go b.listen()
	return b
}

// resolve finds the paths under which events of the file are reported, and
// their directories. These are watched, and not the file: the watch of a file
// ends when it is renamed.
func (b *Bell) resolve() {
	b.names = []string{b.path}
	if target, err := filepath.EvalSymlinks(b.path); err == nil && target != b.path {
		b.names = append(b.names, target)
	}
	b.dirs = nil
	for _, name := range b.names {
		if dir := filepath.Dir(name); !slices.Contains(b.dirs, dir) {
			b.dirs = append(b.dirs, dir)
		}
	}
	maps.DeleteFunc(b.missing, func(dir string, _ bool) bool { return !slices.Contains(b.dirs, dir) })
}

// add watches the directories. It reports whether one of them could not be
// watched before.
func (b *Bell) add() (found bool) {
	for _, dir := range b.dirs {
		err := b.watcher.Add(dir)
		switch {
		case errors.Is(err, fsnotify.ErrClosed):
			return false
		case err == nil && b.missing[dir]:
			b.log.Info("the directory is watched by inotify now", "dir", dir)
			delete(b.missing, dir)
			found = true
		case err != nil && !b.missing[dir]:
			b.log.Warn("the directory can't be watched by inotify, looking at fixed times until it can",
				"dir", dir, "err", withRemedy(err))
			b.missing[dir] = true
		}
	}
	return found
}

// withRemedy adds to an error of inotify which limit of the kernel was met, as the
// error itself is about something else.
func withRemedy(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w (inotify: raise sysctl fs.inotify.max_user_instances, or ulimit -n)", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w (inotify, not a disk: raise sysctl fs.inotify.max_user_watches)", err)
	}
	return err
}

// listen takes all events that have come, rings, and rests, until the watcher
// is closed.
func (b *Bell) listen() {
	defer close(b.ended)
	rang := false
	for {
		concerns, open := b.await()
		for range atOnce {
			if !open {
				return
			}
			more, taken, stillOpen := b.poll()
			if !taken {
				break
			}
			concerns, open = concerns || more, stillOpen
		}
		pause := b.rest
		if concerns {
			select {
			case b.rings <- struct{}{}:
			default:
			}
		} else if rang {
			// The next event of a file that is steadily written may stand right
			// behind that of another file.
			pause = min(pause, again)
		}
		rang = concerns
		time.Sleep(pause)
	}
}

// await waits for an event. It reports whether the event concerns the listener,
// and whether the watcher is still open.
func (b *Bell) await() (concerns, open bool) {
	var due <-chan time.Time
	if len(b.missing) > 0 {
		due = time.After(retry)
	}
	select {
	case event, open := <-b.watcher.Events:
		return open && b.take(event), open
	case _, open := <-b.watcher.Errors:
		return open, open // events were lost, so there is something to see
	case <-due:
		return b.add(), true
	}
}

// poll takes an event if there is one now.
func (b *Bell) poll() (concerns, taken, open bool) {
	for range yields {
		runtime.Gosched()
		select {
		case event, open := <-b.watcher.Events:
			return open && b.take(event), true, open
		case _, open := <-b.watcher.Errors:
			return open, true, open
		default:
		}
	}
	return false, false, true
}

// take reports whether an event concerns the listener. It keeps the watch up when
// a directory or the file itself was replaced.
func (b *Bell) take(event fsnotify.Event) bool {
	if event.Op&(fsnotify.Remove|fsnotify.Rename) != 0 && slices.Contains(b.dirs, event.Name) {
		// The directory itself is gone, and its watch with it.
		b.add()
		return true
	}
	if event.Op&b.kinds == 0 {
		return false
	}
	if b.names == nil {
		return true
	}
	if !slices.Contains(b.names, event.Name) {
		return false
	}
	if event.Op&fsnotify.Create != 0 {
		b.resolve() // a symbolic link may lead elsewhere now
		b.add()
	}
	return true
}
