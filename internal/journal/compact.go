package journal

import (
	"math"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// sweepStep is the number of events that one step of a sweep looks at: about
// two milliseconds for which commits wait.
const sweepStep = 1000

// sweep goes once through the journal, from the newest event to the oldest, and
// drops what is superseded: a check result that the next event of the same
// entity makes worthless, because it is a check result too, for the same route.
// (An acknowledgement or comment between the two is not lost on Canopsis that
// way: it still follows the state that it was made on.)
//
// Events that a target has read and not yet released may be dropped too. It
// sends them, and its release of an id that is gone does no harm.
type sweep struct {
	below   int64                   // what is left to look at
	before  time.Time               // only events from before this moment
	newer   map[string]outbox.Route // of the next newer event of an entity, if it is a check result
	seen    int64
	dropped int64
	started time.Time
	forRoom bool // because of MaxBytes, not of MaxAge
}

// superseded picks from heads, which follow on those of the step before.
func (s *sweep) superseded(heads []head) []int64 {
	var ids []int64
	for _, h := range heads {
		s.below = h.id
		if !h.supersedable {
			delete(s.newer, h.entity)
			continue
		}
		if route, is := s.newer[h.entity]; is && route == h.route && h.at.Before(s.before) {
			ids = append(ids, h.id)
		}
		s.newer[h.entity] = h.route
	}
	return ids
}

// pressure is the time in which the journal is at its bound.
type pressure struct {
	since   time.Time
	last    time.Time // when a commit found no room
	dropped int64
}

// roomAgain is how long, and half of MaxBytes how far, the journal must be off
// its bound before this is logged.
const roomAgain = time.Minute

// admissible returns the number of commits of the group that may be written now.
// An empty journal takes any one.
func (w *writer) admissible() int {
	if w.trouble != nil && !w.trouble.probing {
		return 0
	}
	if w.unmeasured > 0 && w.needs(w.group) > w.opts.MaxBytes-w.used-w.unmeasured {
		if err := w.measure(); err != nil {
			w.log.Debug("journal: measuring the file failed", "path", w.opts.Path, "err", err)
		}
	}
	room := w.opts.MaxBytes - w.used - w.unmeasured
	for i, t := range w.group {
		if t.size > 0 && t.size > room && (i > 0 || w.ledger.events > 0) {
			if i == 0 {
				w.noRoom()
			}
			return i
		}
		room -= t.size
	}
	return len(w.group)
}

// needs returns the bytes that commits take in the file, estimated.
func (w *writer) needs(commits []*Ticket) (size int64) {
	for _, t := range commits {
		size += t.size
	}
	return size
}

// noRoom starts a sweep. Where the last one found little, sweeping may take a
// tenth of the time, and no more.
func (w *writer) noRoom() {
	now := w.opts.Now()
	if w.pressure == nil {
		w.pressure = &pressure{since: now}
		w.log.Warn("journal is full: superseded check results are dropped, and sources held when that makes no room",
			"path", w.opts.Path, "max_bytes", w.opts.MaxBytes, "events", w.ledger.events)
	}
	w.pressure.last = now
	if (w.sweep == nil || !w.sweep.forRoom) && !time.Now().Before(w.sweepAt) {
		w.startSweep(time.UnixMicro(math.MaxInt64), true)
	}
}

func (w *writer) startSweep(before time.Time, forRoom bool) {
	w.sweep = &sweep{
		below:   math.MaxInt64,
		before:  before,
		newer:   make(map[string]outbox.Route),
		started: time.Now(),
		forRoom: forRoom,
	}
}

// compact does one step of a sweep, if one is due.
func (w *writer) compact() error {
	w.checkAge()
	if p := w.pressure; p != nil && w.used < w.opts.MaxBytes/2 && w.opts.Now().Sub(p.last) >= roomAgain {
		w.log.Info("journal has room again", "path", w.opts.Path,
			"superseded", p.dropped, "after", p.last.Sub(p.since).Round(time.Second))
		w.pressure = nil
	}
	if w.sweep == nil {
		return nil
	}
	heads, err := w.headsBelow(w.sweep.below, sweepStep)
	if err != nil {
		return err
	}
	w.sweep.seen += int64(len(heads))
	if err := w.dropSuperseded(w.sweep.superseded(heads)); err != nil {
		return err
	}
	if len(heads) < sweepStep {
		w.endSweep()
	}
	return nil
}

func (w *writer) dropSuperseded(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	var dropped int64
	left := w.kept
	after, err := w.transact(func(t *transaction) (err error) {
		if dropped, err = t.drop(ids); err == nil {
			left.first, left.oldest, err = t.firstAfter(left.first - 1)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.ledger, w.kept = after, left
	w.sweep.dropped += dropped
	w.countDropped(dropped)
	return w.measure()
}

func (w *writer) countDropped(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sweep.forRoom {
		w.pressure.dropped += n
		w.stats.Superseded += n
	} else {
		w.stats.Aged += n
	}
}

func (w *writer) endSweep() {
	switch s := w.sweep; {
	case s.forRoom && s.dropped < s.seen/8:
		w.sweepAt = time.Now().Add(10 * time.Since(s.started))
	case !s.forRoom && s.dropped > 0:
		w.log.Info("old superseded check results dropped", "path", w.opts.Path,
			"count", s.dropped, "older_than", w.opts.MaxAge)
	}
	w.sweep = nil
}

// checkAge starts a sweep for age now and then. The work is the same whether it
// finds much or little, so it is not done more often than it matters.
func (w *writer) checkAge() {
	if w.opts.MaxAge <= 0 || w.sweep != nil || time.Now().Before(w.agingAt) {
		return
	}
	w.agingAt = time.Now().Add(min(w.opts.MaxAge/10, time.Minute))
	before := w.opts.Now().Add(-w.opts.MaxAge)
	if w.ledger.events > 1 && w.kept.oldest.Before(before) {
		w.startSweep(before, false)
	}
}
