package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Target is where events are sent. Each has a durable cursor under its name.
type Target struct {
	Name   string
	Routes []outbox.Route // the routes that it serves
}

type release struct {
	target string
	upTo   int64
	done   chan error
}

// SetTargets sets who must have released an event before it is deleted: all
// targets that serve its route. The cursors of others are dropped. A target that
// is new, or new to a route, starts with the oldest event that the journal still
// holds. While there are no targets, nothing is deleted.
//
// Events of a route that no target serves are deleted soon; their number is
// logged, and counted in [Stats].
func (j *Journal) SetTargets(ctx context.Context, targets ...Target) error {
	if err := checkTargets(targets); err != nil {
		return err
	}
	return j.perform(ctx, func(w *writer) error {
		next := cursors{}
		for _, t := range targets {
			for _, route := range t.Routes {
				released, known := w.cursors[cursor{t.Name, route}]
				if !known {
					released = w.beforeFirst()
				}
				next.set(t.Name, route, released)
			}
		}
		if err := w.writeCursors(next); err != nil {
			return fmt.Errorf("setting the targets of the journal %s: %w", j.opts.Path, err)
		}
		return nil
	})
}

func checkTargets(targets []Target) error {
	names := map[string]bool{}
	for _, t := range targets {
		switch {
		case t.Name == "":
			return errors.New("a target of the journal has no name")
		case names[t.Name]:
			return fmt.Errorf("two targets of the journal have the name %q", t.Name)
		case len(t.Routes) == 0:
			return fmt.Errorf("the target %q of the journal serves no route", t.Name)
		}
		names[t.Name] = true
	}
	return nil
}

// Cursor returns the id up to which a target has released: it goes on reading
// after it.
func (j *Journal) Cursor(target string) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	released, known := j.cursors.of(target)
	if !known {
		return 0, unknownTarget(target)
	}
	return released, nil
}

// Release reports that a target needs no event up to this id any more, and
// returns when that is durable. Until then a crash repeats them. Ids that are
// gone, and releases below an earlier one, do no harm.
//
// Each release that no commit shares its transaction with costs one of its own,
// so a target should collect what it releases for a moment.
func (j *Journal) Release(ctx context.Context, target string, upTo int64) error {
	if _, err := j.Cursor(target); err != nil {
		return err
	}
	r := &release{target: target, upTo: upTo, done: make(chan error, 1)}
	select {
	case j.releases <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-j.closing:
		return ErrClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-j.finished:
	}
	select {
	case err := <-r.done:
		return err
	default:
		return ErrClosed
	}
}

func unknownTarget(name string) error {
	return fmt.Errorf("the journal has no target %q", name)
}

// beforeFirst is the id just below all events.
func (w *writer) beforeFirst() int64 {
	if w.kept.first == 0 {
		return w.ledger.lastID
	}
	return w.kept.first - 1
}

// writeCursors replaces all cursors.
func (w *writer) writeCursors(next cursors) error {
	_, err := w.transact(func(t *transaction) error {
		for c := range w.cursors {
			if _, stays := next[c]; stays {
				continue
			}
			if _, err := t.dropTarget.Exec(c.target, string(c.route)); err != nil {
				return err
			}
		}
		return t.setCursors(w.cursors, next)
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cursors = next
	w.scanned = map[string]span{}
	w.kept.held = false
	w.wake()
	return nil
}
