package journal

import (
	"maps"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// dropLimit is how many events are deleted in one transaction, about.
const dropLimit = 4096

// kept is what the journal still holds of the events, so that deleting begins
// where there is something to delete. A value is never changed once the writer
// has it.
type kept struct {
	first  int64     // id of the oldest event, 0 when there is none
	oldest time.Time // its time
	// passed is the id up to which all events of a route have been deleted, for
	// routes that are ahead of the others.
	passed map[outbox.Route]int64
	// held: the cursors in the file were damaged. Until the targets are set,
	// nobody knows what they still need.
	held bool
	// unserved counts the deleted events of routes that no target serves.
	unserved map[outbox.Route]int64
}

func (k kept) clone() kept {
	k.passed, k.unserved = maps.Clone(k.passed), maps.Clone(k.unserved)
	if k.passed == nil {
		k.passed, k.unserved = map[outbox.Route]int64{}, map[outbox.Route]int64{}
	}
	return k
}

// deletion is a range of events that nobody needs any more.
type deletion struct {
	from, to int64 // ids, from is not part of it
	route    outbox.Route
	all      bool // of every route
	unserved bool // because no target serves the route
}

// deletion returns what to delete next.
//
// Where all routes have been released, whole ranges go, whatever is in them. A
// route of which nothing is left to release holds nothing back. Only between
// the slowest route and the others it goes route by route.
func (k kept) deletion(c cursors, l ledger) (next deletion, found bool) {
	if len(c) == 0 || k.first == 0 || k.held {
		return next, false
	}
	slowest := l.lastID
	for route, newest := range l.newest {
		floor, served := c.floor(route)
		if !served {
			return deletion{from: k.after(route), to: newest, route: route, unserved: true}, true
		}
		if floor < newest {
			slowest = min(slowest, floor)
		}
	}
	if k.first <= slowest {
		return deletion{from: k.first - 1, to: slowest, all: true}, true
	}
	for route, newest := range l.newest {
		floor, _ := c.floor(route)
		if to := min(floor, newest); k.after(route) < to {
			return deletion{from: k.after(route), to: to, route: route}, true
		}
	}
	return next, false
}

// after is the id after which events of a route may be found.
func (k kept) after(route outbox.Route) int64 { return max(k.passed[route], k.first-1) }

// deleteReleased deletes events that nobody needs any more, but not many more
// than dropLimit, and returns what is kept then.
func (t *transaction) deleteReleased(k kept, c cursors) (kept, error) {
	if _, found := k.deletion(c, t.ledger); !found {
		return k, nil
	}
	k = k.clone()
	for dropped, tries := int64(0), 0; dropped < dropLimit && tries < 8; tries++ {
		d, found := k.deletion(c, t.ledger)
		if !found {
			break
		}
		n, err := t.deleteStep(&k, d)
		if err != nil {
			return k, err
		}
		dropped += n
	}
	return k, nil
}

func (t *transaction) deleteStep(k *kept, d deletion) (dropped int64, err error) {
	first := k.first
	if !d.all {
		if first, _, err = t.firstAfter(d.from); err != nil {
			return 0, err
		}
	}
	end := d.to
	if first != 0 && first <= d.to {
		end = min(d.to, first-1+dropLimit)
		if d.all {
			dropped, err = affected(t.dropRange.Exec(first-1, end))
		} else {
			dropped, err = affected(t.dropRoute.Exec(first-1, end, string(d.route)))
		}
		if err != nil {
			return 0, err
		}
		t.ledger.events -= dropped
	}
	if d.unserved {
		k.unserved[d.route] += dropped
		if end == d.to {
			delete(t.ledger.newest, d.route)
		}
	}
	if !d.all {
		k.passed[d.route] = end
	}
	if k.first <= end {
		k.first, k.oldest, err = t.firstAfter(k.first - 1)
	}
	return dropped, err
}

// reportUnserved logs and counts the events that were deleted because no target
// serves their route, once they are all gone.
func (w *writer) reportUnserved() {
	for route, n := range w.kept.unserved {
		if _, more := w.ledger.newest[route]; more {
			continue
		}
		if n > 0 {
			w.log.Warn("events deleted: no target serves their route", "path", w.opts.Path,
				"route", string(route), "count", n)
			w.mu.Lock()
			w.stats.Unserved += n
			w.mu.Unlock()
		}
		delete(w.kept.unserved, route)
	}
}
