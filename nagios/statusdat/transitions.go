package statusdat

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// kindOrder is the order of the changes of one entity that are found in one
// file: what ends before what begins.
var kindOrder = map[supervision.Kind]int{
	supervision.DowntimeCancelled:      1,
	supervision.DowntimeEnded:          2,
	supervision.DowntimeScheduled:      3,
	supervision.DowntimeStarted:        4,
	supervision.FlappingStopped:        5,
	supervision.FlappingStarted:        6,
	supervision.AcknowledgementRemoved: 7,
	supervision.CommentDeleted:         8,
	supervision.Acknowledged:           9,
	supervision.CommentAdded:           10,
}

// transitions are the changes between two files.
type transitions struct {
	memory  *memory
	before  time.Time // the file before was created
	created time.Time
	stamp   string
	records []supervision.Record
}

// finish tells what has changed since the file before, once a file has been
// read whole, and hands over its last batch.
func (r *reading) finish(ctx context.Context) error {
	t := transitions{memory: r.memory, before: r.memory.created, created: r.created, stamp: r.stamp}
	r.memory.created = r.created
	r.memory.forgetObjects(r.objects)
	t.comments()
	t.conditions()
	t.downtimes()
	slices.SortFunc(t.records, compareTransitions)
	for _, record := range t.records {
		if err := r.out.add(ctx, record); err != nil {
			return err
		}
	}
	position, err := r.memory.position()
	if err != nil {
		return err
	}
	return r.out.flush(ctx, position)
}

func compareTransitions(a, b supervision.Record) int {
	return cmp.Or(
		strings.Compare(a.Entity.Host, b.Entity.Host),
		strings.Compare(a.Entity.Service, b.Entity.Service),
		cmp.Compare(kindOrder[a.Kind], kindOrder[b.Kind]),
		a.Time.Compare(b.Time),
		strings.Compare(a.Ref, b.Ref),
	)
}

// add takes a change. Nothing happens after the file that tells of it.
func (t *transitions) add(record supervision.Record, what string, id int64) {
	if record.Time.IsZero() || record.Time.After(t.created) {
		record.Time = t.created
	}
	record.Ref = fmt.Sprintf("status:%s:%s:%s:%d", t.stamp, record.Entity, what, id)
	t.records = append(t.records, record)
}

// comments tells of the comments that have come and gone, and gives each
// acknowledgement the newest of its own.
func (t *transitions) comments() {
	for id, c := range t.memory.comments {
		switch {
		case c.round != t.memory.round:
			delete(t.memory.comments, id)
			if !c.ofAck && c.note == nil {
				t.add(supervision.Record{Kind: supervision.CommentDeleted, Entity: c.entity,
					Note: &supervision.Note{ID: c.id}}, "comment deleted", c.id)
			}
		case c.note == nil:
		case c.ofAck:
			t.acknowledgementNote(c)
		default:
			t.add(supervision.Record{Kind: supervision.CommentAdded, Entity: c.entity, Time: c.entry, Note: c.note}, "comment added", c.id)
			c.note = nil
		}
	}
}

// acknowledgementNote gives a comment to the acknowledgement that it came with.
// A persistent one outlives its acknowledgement, so the newest counts; it waits
// for its acknowledgement, as Icinga 2 can write a file between the two.
func (t *transitions) acknowledgementNote(c *comment) {
	of := t.memory.conditions[c.entityID]
	if of == nil || of.is.ack == notAcknowledged {
		return
	}
	if c.newerThan(of.ackNote) {
		of.ackNote, of.newNote = c.noteKey, c.note
	}
	c.note = nil
}

// conditions tells of acknowledgements and flapping.
func (t *transitions) conditions() {
	for id, c := range t.memory.conditions {
		if c.round != t.memory.round {
			delete(t.memory.conditions, id)
			continue
		}
		t.acknowledgement(c)
		t.flapping(c)
		c.was, c.newNote = c.is, nil
		if c.is == (marks{}) {
			delete(t.memory.conditions, id)
		}
	}
}

// acknowledgement tells of one that is new, that has another type or comment
// than before (acknowledged again), or that is gone.
func (t *transitions) acknowledgement(c *condition) {
	if c.is.ack == notAcknowledged {
		if c.was.ack != notAcknowledged {
			t.add(supervision.Record{Kind: supervision.AcknowledgementRemoved, Entity: c.entity, Note: &supervision.Note{}}, "acknowledgement removed", 0)
			c.ackNote = noteKey{}
		}
		return
	}
	if c.is.ack == c.was.ack && c.newNote == nil {
		return
	}
	note, when := supervision.Note{}, time.Time{}
	if c.newNote != nil {
		note, when = *c.newNote, c.ackNote.entry
	}
	note.Sticky = c.is.ack == acknowledgedSticky
	t.add(supervision.Record{Kind: supervision.Acknowledged, Entity: c.entity, Time: when, Note: &note}, "acknowledged", note.ID)
}

func (t *transitions) flapping(c *condition) {
	switch {
	case c.is.flapping && !c.was.flapping:
		t.add(supervision.Record{Kind: supervision.FlappingStarted, Entity: c.entity, Flapping: &supervision.Flapping{}}, "flapping started", 0)
	case c.was.flapping && !c.is.flapping:
		t.add(supervision.Record{Kind: supervision.FlappingStopped, Entity: c.entity,
			Flapping: &supervision.Flapping{Disabled: c.flappingOff}}, "flapping stopped", 0)
	}
}

// downtimes tells of the downtimes that were scheduled, that began and that are
// gone.
func (t *transitions) downtimes() {
	covered := make(map[uint64]struct{}) // objects with a downtime that explains their depth
	for id, d := range t.memory.downtimes {
		if d.isAnonymous() {
			continue
		}
		if d.round != t.memory.round {
			delete(t.memory.downtimes, id)
			t.gone(d)
			continue
		}
		t.present(d)
		if d.phase == phaseRunning || d.spans(t.created) {
			covered[d.entityID] = struct{}{}
		}
	}
	t.anonymousDowntimes(covered)
}

// present moves a downtime that is in the file on. One that is running goes on
// until its end even if the file says for a moment that it is not in effect:
// after a restart, Nagios starts it once more.
func (t *transitions) present(d *downtime) {
	if d.phase == phaseNew {
		d.phase = phaseScheduled
		t.downtime(supervision.DowntimeScheduled, d, d.Entry)
	}
	switch effective := t.effective(d); {
	case effective && d.phase != phaseRunning:
		d.phase = phaseRunning
		t.downtime(supervision.DowntimeStarted, d, d.began())
	case !effective && d.phase == phaseRunning && !t.created.Before(d.over()):
		t.downtime(supervision.DowntimeEnded, d, d.over())
		d.phase = phaseOver
	}
}

// gone tells of a downtime that is no longer in the file. Before its end it was
// cancelled; one that could have begun and never did has ended all the same.
func (t *transitions) gone(d *downtime) {
	over := d.over()
	if !d.Fixed && d.phase == phaseScheduled {
		// It may have been triggered just after the file before, and be over.
		if earliest := later(t.before, d.Start).Add(d.Duration); earliest.Before(over) {
			over = earliest
		}
	}
	switch {
	case d.phase == phaseNew || d.phase == phaseOver:
	case t.created.Before(over):
		t.downtime(supervision.DowntimeCancelled, d, t.created)
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
	t.add(supervision.Record{Kind: kind, Entity: d.entity, Time: when, Downtime: &details}, kind.String(), d.ID)
}

// effective says whether a downtime is in effect. Where the file doesn't tell
// (Nagios 3, Shinken), it is when the object is in a downtime at all and the
// time has come.
func (t *transitions) effective(d *downtime) bool {
	if d.told != effectNotReported {
		return d.told == inEffect
	}
	of := t.memory.conditions[d.entityID]
	return of != nil && of.is.depth > 0 && d.spans(t.created)
}

// anonymousDowntimes stands in for a downtime that the file does not list, but
// whose depth an object has.
func (t *transitions) anonymousDowntimes(covered map[uint64]struct{}) {
	for entityID, c := range t.memory.conditions {
		if _, ok := covered[entityID]; ok || c.is.depth == 0 {
			continue
		}
		id := memberID(entityID, 0, time.Time{})
		d := t.memory.downtimes[id]
		if d == nil {
			d = &downtime{entity: c.entity, entityID: entityID, phase: phaseRunning}
			t.memory.downtimes[id] = d
			t.downtime(supervision.DowntimeStarted, d, t.created)
		}
		d.round = t.memory.round
	}
	for id, d := range t.memory.downtimes {
		if d.isAnonymous() && d.round != t.memory.round {
			delete(t.memory.downtimes, id)
			t.downtime(supervision.DowntimeEnded, d, t.created)
		}
	}
}

// isAnonymous tells a downtime that is known by the depth of its object only.
func (d *downtime) isAnonymous() bool { return d.ID == 0 && d.Entry.IsZero() }

// spans says whether t is in the period of the downtime.
func (d *downtime) spans(t time.Time) bool { return !t.Before(d.Start) && t.Before(d.End) }

// began is when a running downtime began: at its start, or when a flexible one
// was triggered, but not before it was entered.
func (d *downtime) began() time.Time {
	begin := d.Start
	if !d.Fixed && !d.trigger.IsZero() {
		begin = d.trigger
	}
	return later(begin, d.Entry)
}

// over is when a downtime ends if nobody cancels it: a flexible one that has
// begun lasts for its duration. Where its beginning is not reported (Nagios 3,
// Shinken) the earliest is taken.
func (d *downtime) over() time.Time {
	if d.Fixed || d.phase != phaseRunning {
		return d.End
	}
	return d.began().Add(d.Duration)
}
