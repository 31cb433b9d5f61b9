package snapshot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// kindOrder is the order of the changes of one entity that are found in one
// reading: what ends before what begins.
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

// transitions are the changes that one reading shows, besides check results.
type transitions struct {
	*Reading
	complete Tables
	before   time.Time // the moment of the last complete table of downtimes before
	records  []supervision.Record
}

// Finish ends the reading and returns the changes since the one before, except
// the check results, ordered by entity. What is absent from a complete table is
// gone; what is absent from another table stays as it was.
func (r *Reading) Finish(complete Tables) []supervision.Record {
	m := r.memory
	t := transitions{Reading: r, complete: complete, before: m.downtimesRead}
	last := m.last
	m.last = r.at
	if complete.has(Objects) {
		m.started = true
		m.forgetObjects(r.seen)
	}
	if complete.has(Downtimes) {
		m.downtimesRead = r.at
	}
	t.recognise(last)
	t.compareComments()
	t.compareConditions()
	t.compareDowntimes()
	slices.SortFunc(t.records, compareTransitions)
	return t.records
}

func compareTransitions(a, b supervision.Record) int {
	return cmp.Or(
		a.Entity.Compare(b.Entity),
		cmp.Compare(kindOrder[a.Kind], kindOrder[b.Kind]),
		a.Time.Compare(b.Time),
		strings.Compare(a.Ref, b.Ref),
	)
}

func (t *transitions) add(record supervision.Record, what string, id int64) {
	record.Time = t.clamp(record.Time)
	record.Ref = fmt.Sprintf("%s:%s:%s:%d", t.ref, record.Entity, what, id)
	t.records = append(t.records, record)
}

// compareComments reports the comments that have come and gone, and hands each
// acknowledgement the newest of its own.
func (t *transitions) compareComments() {
	for id, c := range t.memory.comments {
		switch {
		case c.round != t.memory.round:
			if t.complete.has(Comments) {
				delete(t.memory.comments, id)
				t.commentGone(c)
			}
		case c.note == nil:
		case c.ofAck:
			t.acknowledgementNote(c)
		default:
			t.add(supervision.Record{Kind: supervision.CommentAdded, Entity: c.entity, Time: c.Entry, Note: c.note},
				"comment added", c.ID)
			c.note = nil
		}
	}
}

func (t *transitions) commentGone(c *comment) {
	if c.ofAck || c.note != nil {
		return // never reported as a comment
	}
	t.add(supervision.Record{Kind: supervision.CommentDeleted, Entity: c.entity, Note: &supervision.Note{ID: c.ID}},
		"comment deleted", c.ID)
}

// acknowledgementNote hands a comment to the acknowledgement that it came with.
// A persistent one outlives its acknowledgement, so the newest counts; it waits
// for its acknowledgement, as Icinga 2 can be read between the two.
func (t *transitions) acknowledgementNote(c *comment) {
	of := t.memory.conditions[c.entityID]
	if of == nil || t.marks(of).ack == NotAcknowledged {
		return
	}
	if c.newerThan(of.ackNote) {
		of.ackNote, of.newNote = c.Key, c.note
	}
	c.note = nil
}

// marks returns the conditions of an object as this reading shows them, or as
// they were if the object is not in it.
func (t *transitions) marks(c *condition) marks {
	if c.round != t.memory.round {
		return c.was
	}
	return c.is
}

// compareConditions reports acknowledgements and flapping.
func (t *transitions) compareConditions() {
	for id, c := range t.memory.conditions {
		if c.round != t.memory.round && t.complete.has(Objects) {
			delete(t.memory.conditions, id)
			continue
		}
		c.is = t.marks(c)
		t.acknowledgement(c)
		t.flapping(c)
		c.was, c.newNote = c.is, nil
		if c.is == (marks{}) {
			delete(t.memory.conditions, id)
		}
	}
}

// acknowledgement reports one that is new, that has another type or comment
// than before (acknowledged again), or that is gone.
func (t *transitions) acknowledgement(c *condition) {
	if c.is.ack == NotAcknowledged {
		if c.was.ack != NotAcknowledged {
			t.add(supervision.Record{
				Kind: supervision.AcknowledgementRemoved, Entity: c.entity, Note: &supervision.Note{},
			}, "acknowledgement removed", 0)
			c.ackNote = Key{}
		}
		return
	}
	if c.is.ack == c.was.ack && c.newNote == nil {
		return
	}
	note, when := supervision.Note{}, time.Time{}
	if c.newNote != nil {
		note, when = *c.newNote, c.ackNote.Entry
	}
	note.Sticky = c.is.ack == AcknowledgedSticky
	t.add(supervision.Record{Kind: supervision.Acknowledged, Entity: c.entity, Time: when, Note: &note},
		"acknowledged", note.ID)
}

func (t *transitions) flapping(c *condition) {
	switch {
	case c.is.flapping && !c.was.flapping:
		t.add(supervision.Record{
			Kind: supervision.FlappingStarted, Entity: c.entity, Flapping: &supervision.Flapping{},
		}, "flapping started", 0)
	case c.was.flapping && !c.is.flapping:
		t.add(supervision.Record{Kind: supervision.FlappingStopped, Entity: c.entity,
			Flapping: &supervision.Flapping{Disabled: c.flappingOff}}, "flapping stopped", 0)
	}
}
