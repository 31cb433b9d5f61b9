package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

type release struct {
	publisher string
	upTo      int64
	done      chan error
}

// SetPublishers says who must have released an event before it is deleted. The
// cursors of others are dropped. A new publisher starts with the oldest event
// that the journal still holds. While there are none, nothing is deleted.
func (j *Journal) SetPublishers(ctx context.Context, names ...string) error {
	return j.perform(ctx, func(w *writer) error {
		cursors := maps.Clone(w.cursors)
		maps.DeleteFunc(cursors, func(name string, _ int64) bool { return !slices.Contains(names, name) })
		for _, name := range names {
			if _, known := cursors[name]; !known {
				cursors[name] = w.beforeFirst()
			}
		}
		if maps.Equal(cursors, w.cursors) {
			return nil
		}
		if err := w.writeCursors(cursors); err != nil {
			return fmt.Errorf("registering publishers in the journal %s: %w", j.opts.Path, err)
		}
		return nil
	})
}

// Cursor gives the id up to which a publisher has released: it reads on behind
// it.
func (j *Journal) Cursor(publisher string) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	released, known := j.cursors[publisher]
	if !known {
		return 0, unknownPublisher(publisher)
	}
	return released, nil
}

// Release says that a publisher needs no event up to this id any more, and
// returns when that is durable. Until then a crash repeats them. Ids that are
// gone, and releases behind an earlier one, do no harm.
func (j *Journal) Release(ctx context.Context, publisher string, upTo int64) error {
	if _, err := j.Cursor(publisher); err != nil {
		return err
	}
	r := &release{publisher: publisher, upTo: upTo, done: make(chan error, 1)}
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

func unknownPublisher(name string) error {
	return fmt.Errorf("publisher %q is not registered in the journal", name)
}

// beforeFirst is the id just below all events.
func (w *writer) beforeFirst() int64 {
	if w.first == 0 {
		return w.tally.lastID
	}
	return w.first - 1
}

// writeCursors replaces all cursors.
func (w *writer) writeCursors(cursors map[string]int64) error {
	_, err := w.store.transact(w.sum, w.tally, func(t *transaction) error {
		for name := range w.cursors {
			if _, kept := cursors[name]; kept {
				continue
			}
			if _, err := t.dropPublisher.Exec(name); err != nil {
				return err
			}
		}
		for name, released := range cursors {
			if err := t.setCursor(name, released); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cursors = cursors
	return nil
}
