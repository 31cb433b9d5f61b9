package objectcache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	// pollInterval is how often the file is looked at. A look is one stat; a
	// watch on the directory would cost far more, for the supervisor writes its
	// status file there, in thousands of writes, every few seconds.
	pollInterval = time.Second

	// settleTime is how long the file must not have changed before it is read.
	settleTime = 500 * time.Millisecond

	// loadAttempts bounds how often Load looks at a file that goes on changing.
	loadAttempts = 20
)

// errUnsettled means that the supervisor seems to be writing the file.
var errUnsettled = errors.New("the object cache is being written")

// Watcher answers from the newest complete version of an object cache. It
// implements supervision.Inventory, and knows no object until the first version
// is loaded.
type Watcher struct {
	path string
	log  *slog.Logger
	poll time.Duration

	inventory atomic.Pointer[Inventory]
	current   atomic.Bool // the inventory is that of the version that is there now

	looking sync.Mutex  // held during a look; guards what follows
	tried   os.FileInfo // the version that was loaded or refused
	pending os.FileInfo // the version that has to prove that it is settled
	refusal error       // why tried was refused
	trouble string      // the last error that was returned by Load or logged by Run; empty when all is well
}

// New returns a Watcher of the object cache at path, which need not exist yet.
func New(path string, log *slog.Logger) *Watcher {
	w := &Watcher{path: path, log: log, poll: pollInterval}
	w.inventory.Store(&Inventory{table: newStringTable()})
	return w
}

// Object returns what is known of an entity, nil if it is unknown.
func (w *Watcher) Object(e supervision.Entity) *supervision.Object {
	return w.inventory.Load().Object(e)
}

// Lacks reports whether the object cache, read whole, has no such entity. It is false
// as long as the present version could not be read or understood to its end.
func (w *Watcher) Lacks(e supervision.Entity) bool {
	inv := w.inventory.Load()
	return inv.stats.Hosts > 0 && inv.stats.Malformed == 0 && w.current.Load() && inv.lookup(e.Host, e.Service) == nil
}

// Members returns the entities that a downtime of that scope covers, nil if the
// host or group that it is about is unknown.
func (w *Watcher) Members(scope supervision.DowntimeScope, e supervision.Entity, group string) []supervision.Entity {
	return w.inventory.Load().Members(scope, e, group)
}

// Hosts returns the names of all hosts, in the order of the file.
func (w *Watcher) Hosts() iter.Seq[string] { return w.inventory.Load().Hosts() }

// Load reads the file now, unless its present version is loaded already, and
// waits a few seconds for one that is being written. An error leaves the
// version that was loaded before; Run tries again. The error is the caller's to
// log: Run does not log it again.
func (w *Watcher) Load(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := w.look()
		if !errors.Is(err, errUnsettled) || attempt == loadAttempts {
			w.changed(err)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleTime):
		}
	}
}

// Run loads each new version of the file until the context ends, which returns
// nil. What keeps it from doing so is logged when it begins and when it is
// over.
func (w *Watcher) Run(ctx context.Context) error {
	poll := time.NewTicker(w.poll)
	defer poll.Stop()
	for {
		err := w.look()
		switch {
		case errors.Is(err, errUnsettled), !w.changed(err):
		case err != nil:
			w.log.Warn("the object cache is not loaded: events go out with what was loaded before, or without groups, "+
				"addresses and custom variables", "path", w.path, "err", err)
		default:
			w.log.Info("the object cache can be read again", "path", w.path)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		}
	}
}

// changed stores the outcome of a look, and reports whether it differs from the
// one before.
func (w *Watcher) changed(err error) bool {
	text := ""
	if err != nil {
		text = err.Error()
	}
	w.looking.Lock()
	defer w.looking.Unlock()
	before := w.trouble
	w.trouble = text
	return text != before
}

// look loads the file if its version is new and settled. It returns the same
// error again for a version that was refused before.
func (w *Watcher) look() error {
	w.looking.Lock()
	defer w.looking.Unlock()
	err := w.lookLocked()
	w.current.Store(err == nil)
	return err
}

func (w *Watcher) lookLocked() error {
	before, err := os.Stat(w.path)
	if err != nil {
		w.tried = nil
		return fmt.Errorf("looking at the object cache: %w", err)
	}
	if !before.Mode().IsRegular() {
		return fmt.Errorf("the object cache %s is not a regular file", w.path)
	}
	if sameVersion(before, w.tried) {
		return w.refusal
	}
	settled := time.Since(before.ModTime()) > settleTime || sameVersion(before, w.pending)
	w.pending = before
	if !settled {
		return errUnsettled
	}
	started := time.Now()
	f, err := regular.Open(w.path)
	if err != nil {
		return fmt.Errorf("opening the object cache: %w", err)
	}
	defer f.Close()
	if opened, err := f.Stat(); err != nil || !os.SameFile(before, opened) {
		return errUnsettled // replaced since, perhaps by what has no end
	}
	inv, err := Parse(f)
	if after, statErr := os.Stat(w.path); statErr != nil || !sameVersion(before, after) {
		return errUnsettled
	}
	w.tried, w.refusal = before, nil
	if err != nil {
		w.refusal = fmt.Errorf("reading the object cache %s: %w", w.path, err)
		return w.refusal
	}
	w.inventory.Store(inv)
	logLoaded(w.log, w.path, inv.Stats(), time.Since(started))
	return nil
}

// sameVersion compares two looks; b may be nil.
func sameVersion(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func logLoaded(log *slog.Logger, path string, s Stats, took time.Duration) {
	log.Info("object cache loaded", "path", path, "hosts", s.Hosts, "services", s.Services,
		"hostgroups", s.Hostgroups, "servicegroups", s.Servicegroups, "took", took.Round(time.Millisecond))
	if s.Malformed > 0 {
		log.Warn("the object cache has parts that can't be understood: they are left out",
			"path", path, "count", s.Malformed, "first", s.FirstMalformed)
	}
}
