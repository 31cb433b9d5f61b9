package timeline_test

import (
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// wordless is an acknowledgement of which only the flag was seen: its comment was gone
// when the connector came back.
const wordless = "(no words)"

// ack checks that an acknowledgement comes after its problem, and was given.
func (j *judgement) ack(s *sent, o *judged) {
	i := slices.IndexFunc(j.acks, func(a ackEvent) bool {
		return a.given && a.text == s.rec.Note.Text && objectNames[a.object] == s.rec.Entity
	})
	if i < 0 {
		if o.last != nil && o.last.at.time().Sub(s.rec.Time) < 4*time.Second {
			o.acked = s.rec.Note.Text // the problem came so soon after it that its order is not known
			return
		}
		if o.acked = wordless; s.rec.Note.Text != "" {
			j.wrong("the supervisor has refused it: %v", s)
		}
		return
	}
	if o.acked == s.rec.Note.Text {
		j.wrong("acknowledged twice: %v", s)
	}
	o.acked = s.rec.Note.Text
	// The problem begins behind the last OK before the acknowledgement.
	begin := 0
	for _, r := range j.results[:j.acks[i].after] {
		if r.object == j.acks[i].object && r.state == supervision.OK {
			begin = r.id
		}
	}
	if !slices.ContainsFunc(o.problems, func(id int) bool { return id > begin }) {
		j.wrong("before its problem: %v", s)
	}
}

// ackRemove checks that an acknowledgement had ended by the result that ends it.
func (j *judgement) ackRemove(s *sent, o *judged) {
	if o.acked == "" {
		j.wrong("the end of no acknowledgement: %v", s)
		return
	}
	id := idOf(s.rec.Ref)
	given := !slices.ContainsFunc(j.acks, func(a ackEvent) bool { return a.text == o.acked })
	if given {
		o.acked = ""
		return // it was refused
	}
	for _, a := range j.acks {
		switch {
		case objectNames[a.object] != s.rec.Entity:
		case a.given && a.text == o.acked:
			given = true
		case given && !a.given:
			if id != 0 && a.after > id && j.set.log {
				j.wrong("it ended by result %d: %v", a.after, s)
			}
			o.acked = ""
			return
		}
	}
	if j.set.log { // without the log, an acknowledgement that was given again is not known
		j.wrong("it never ended: %v", s)
	}
}
