package snapshot

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// compareDowntimes reports the downtimes that were scheduled, that began and
// that are gone.
func (t *transitions) compareDowntimes() {
	explained := make(map[uint64]struct{}) // objects with a downtime that explains their depth
	for id, d := range t.memory.downtimes {
		if d.isAnonymous() {
			continue
		}
		if d.round != t.memory.round {
			if t.complete.has(Downtimes) {
				delete(t.memory.downtimes, id)
				t.gone(d)
			}
			continue
		}
		t.present(d)
		if d.phase == phaseRunning || d.spans(t.at) {
			explained[d.entityID] = struct{}{}
		}
	}
	t.anonymousDowntimes(explained)
}

// present moves a downtime that is present on. One that is running goes on
// until its end even if it is not in effect for a moment: after a restart,
// Nagios starts it once more.
func (t *transitions) present(d *downtime) {
	if d.phase == phaseNew {
		d.phase = phaseScheduled
		t.downtime(supervision.DowntimeScheduled, d, d.Entry)
	}
	switch effective := t.effective(d); {
	case effective && d.phase != phaseRunning:
		d.phase = phaseRunning
		if !d.Fixed && d.progress.Triggered.IsZero() {
			d.progress.Triggered = t.earliestTrigger(d)
		}
		t.downtime(supervision.DowntimeStarted, d, d.began())
	case !effective && d.phase == phaseRunning && !t.at.Before(d.over()):
		t.downtime(supervision.DowntimeEnded, d, d.over())
		d.phase = phaseOver
	}
}

// earliestTrigger is when a flexible downtime that runs began, where that is not
// reported (Nagios 3, Shinken): right after the reading before, which did not show it
// running. Without such a reading nothing is known but that it runs now.
func (t *transitions) earliestTrigger(d *downtime) time.Time {
	if t.before.IsZero() {
		return t.at
	}
	return later(t.before, d.Start)
}

// gone reports a downtime that is no longer listed. Before its end it was
// cancelled; one that could have begun and never did has ended all the same.
func (t *transitions) gone(d *downtime) {
	over := d.over()
	if !d.Fixed && d.phase == phaseScheduled {
		// It may have been triggered just after the reading before, and be over.
		if earliest := later(t.before, d.Start).Add(d.Duration); earliest.Before(over) {
			over = earliest
		}
	}
	switch {
	case d.phase == phaseNew || d.phase == phaseOver:
	case t.at.Before(over):
		t.downtime(supervision.DowntimeCancelled, d, t.at)
	default:
		t.downtime(supervision.DowntimeEnded, d, over)
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (t *transitions) downtime(kind supervision.Kind, d *downtime, when time.Time) {
	details := d.Downtime
	details.ID = d.reportedID()
	t.add(supervision.Record{Kind: kind, Entity: d.entity, Time: when, Downtime: &details}, kind.String(), details.ID)
}

// effective reports whether a downtime is in effect. Where that is not
// reported, it is when the object is in any downtime and the time has come.
func (t *transitions) effective(d *downtime) bool {
	if d.progress.Effect != EffectNotReported {
		return d.progress.Effect == InEffect
	}
	of := t.memory.conditions[d.entityID]
	return of != nil && of.is.depth > 0 && d.spans(t.at)
}

// anonymousDowntimes stands in for a downtime that is not listed, but that an
// object is in by its depth.
func (t *transitions) anonymousDowntimes(explained map[uint64]struct{}) {
	for entityID, c := range t.memory.conditions {
		if _, ok := explained[entityID]; ok || c.is.depth == 0 {
			continue
		}
		id := memberID(entityID, Key{})
		d := t.memory.downtimes[id]
		if d == nil {
			if c.round != t.memory.round || !t.complete.has(Downtimes) {
				continue // a listed one may explain it
			}
			d = &downtime{entity: c.entity, entityID: entityID, phase: phaseRunning}
			t.memory.downtimes[id] = d
			t.downtime(supervision.DowntimeStarted, d, t.at)
		}
		d.round = t.memory.round
	}
	for id, d := range t.memory.downtimes {
		if d.isAnonymous() && d.round != t.memory.round {
			delete(t.memory.downtimes, id)
			t.downtime(supervision.DowntimeEnded, d, t.at)
		}
	}
}

// isAnonymous reports whether a downtime is known by the depth of its object
// only.
func (d *downtime) isAnonymous() bool { return d.ID == 0 && d.Entry.IsZero() }

// spans reports whether t is in the period of the downtime.
func (d *downtime) spans(t time.Time) bool { return !t.Before(d.Start) && t.Before(d.End) }

// began is when a running downtime began: at its start, or when a flexible one
// was triggered, but not before it was entered.
func (d *downtime) began() time.Time {
	begin := d.Start
	if !d.Fixed && !d.progress.Triggered.IsZero() {
		begin = d.progress.Triggered
	}
	return later(begin, d.Entry)
}

// over is when a downtime ends if nobody cancels it: a flexible one that has
// begun lasts for its duration.
func (d *downtime) over() time.Time {
	if d.Fixed || d.phase != phaseRunning {
		return d.End
	}
	return d.began().Add(d.Duration)
}
