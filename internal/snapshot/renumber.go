package snapshot

import "time"

// origin is what a comment or downtime keeps when a supervisor numbers anew, as
// Icinga 2 does at each reload.
type origin struct {
	entityID uint64
	entry    int64 // microseconds since 1970
	ofAck    bool
	start    int64
	end      int64
	author   string
	text     string
}

// recognise makes comments and downtimes that are there under another number the
// known ones. One that was entered since the last reading is new.
func (t *transitions) recognise(last time.Time) {
	if t.complete.has(Comments) {
		t.recogniseComments(last)
	}
	if t.complete.has(Downtimes) {
		t.recogniseDowntimes(last)
	}
}

func (t *transitions) recogniseComments(last time.Time) {
	gone := map[origin]uint64{}
	for id, c := range t.memory.comments {
		if c.round != t.memory.round && c.note == nil {
			gone[c.origin()] = id
		}
	}
	if len(gone) == 0 {
		return
	}
	for _, c := range t.memory.comments {
		if c.round != t.memory.round || c.note == nil || !c.Entry.Before(last) {
			continue
		}
		if id, known := gone[c.origin()]; known {
			c.note = nil
			delete(t.memory.comments, id)
			delete(gone, c.origin())
		}
	}
}

func (t *transitions) recogniseDowntimes(last time.Time) {
	gone := map[origin]uint64{}
	for id, d := range t.memory.downtimes {
		if d.round != t.memory.round && d.phase != phaseNew && !d.isAnonymous() {
			gone[d.origin()] = id
		}
	}
	if len(gone) == 0 {
		return
	}
	for _, d := range t.memory.downtimes {
		if d.round != t.memory.round || d.phase != phaseNew || !d.Entry.Before(last) {
			continue
		}
		if id, known := gone[d.origin()]; known {
			before := t.memory.downtimes[id]
			d.phase, d.as = before.phase, before.reportedID()
			delete(t.memory.downtimes, id)
			delete(gone, d.origin())
		}
	}
}

func (c *comment) origin() origin {
	return origin{entityID: c.entityID, entry: microseconds(c.Entry), ofAck: c.ofAck}
}

func (d *downtime) origin() origin {
	return origin{
		entityID: d.entityID, entry: microseconds(d.Entry), start: microseconds(d.Start), end: microseconds(d.End),
		author: d.Author, text: d.Comment,
	}
}

// reportedID is the number under which the downtime was reported first: others know
// it by that.
func (d *downtime) reportedID() int64 {
	if d.as != 0 {
		return d.as
	}
	return d.ID
}
