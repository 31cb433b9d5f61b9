package timeline_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// judge returns what is wrong by itself.
func judge(h *history, set readerSet, how plan, out outcome) []string {
	j := &judgement{
		history: h, set: set, how: how, out: out, times: map[int]int{}, lent: map[int]int{},
		objects: map[supervision.Entity]*judged{},
	}
	for i := range out.sent {
		j.sent(&out.sent[i])
	}
	j.swapped()
	if how.fails == "" && !h.killed {
		j.complete()
	}
	shown := how.fails == "" || set.status && how.fails != "status"
	if h.killed { // the status file shows nothing new if it goes back to what it showed before
		shown = shown && set.log && h.script.initialStates
	}
	if shown {
		j.lastState()
	}
	return j.found
}

type judgement struct {
	*history
	set     readerSet
	how     plan
	out     outcome
	times   map[int]int // how often each result was sent
	objects map[supervision.Entity]*judged
	lent    map[int]int // how often a result has completed its twin
	again   []*result   // sent once more without completing anything
	found   []string
}

// judged is what was sent of an object so far.
type judged struct {
	last     *result
	problems []int // the ids of the problems
	acked    string
	texts    [4]bool
	// awaitsText was sent without its text, which the log shows.
	awaitsText *result
}

func (j *judgement) wrong(format string, args ...any) {
	j.found = append(j.found, "WRONG: "+fmt.Sprintf(format, args...))
}

func (j *judgement) sent(s *sent) {
	o := j.objects[s.rec.Entity]
	if o == nil {
		o = &judged{}
		j.objects[s.rec.Entity] = o
	}
	switch s.rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		j.check(s, o)
	case supervision.Acknowledged, supervision.AcknowledgementRemoved:
		if j.how.fails != "" || j.killed {
			return
		}
		if s.rec.Kind == supervision.Acknowledged {
			j.ack(s, o)
		} else {
			j.ackRemove(s, o)
		}
	}
}

func (j *judgement) check(s *sent, o *judged) {
	id := idOf(s.rec.Ref)
	r, c := j.results[id-1], s.rec.Check
	if c.State != r.state {
		j.wrong("result %d is %d, and was sent as %v", id, r.state, s)
	}
	j.times[id]++
	if s.mark == timeline.Completion && o.last != r {
		j.lent[id]++
	}
	switch {
	case s.mark == timeline.Confirmed, j.isAlike(o.last, r):
	case s.mark == timeline.Completion:
		if o.last != r && !j.mayComplete(s, o.last, r) {
			j.wrong("the completion of an older result: %v", s)
		}
	case j.times[id]-j.lent[id] > 1 && j.set.spool && o.last.state != r.state && o.last.at > r.at-12_000:
		// It was taken for older than the one sent last, and is the newer one.
	case j.times[id]-j.lent[id] > 1:
		j.again = append(j.again, r)
	case o.last != nil && o.last.id > id && j.set.spool && o.last.at < r.at+12_000:
		// The status file, which is read first, can't be distinguished from it where results are collected every
		// few seconds.
	case o.last != nil && o.last.id > id:
		j.wrong("older than result %d: %v", o.last.id, s)
	}
	unchanged := o.last == nil && r.state == supervision.OK || o.last != nil && o.last.state == r.state
	o.last = r
	if r.state != supervision.OK {
		o.problems = append(o.problems, id)
	}
	j.text(s, r, o, unchanged)
}

// mayComplete reports whether a result of the status file may be taken for the one
// before it: that had no text of its own, both have the same state, and the check
// began in the second in which that one was processed. A result without a text
// shows nothing else by which to tell.
func (j *judgement) mayComplete(s *sent, before, r *result) bool {
	return j.set.template == pnpTemplate && s.from == "status" && before != nil && before.id < r.id &&
		before.state == r.state && before.at.stamp().Equal(r.started())
}

// swapped checks what was sent twice: in place of a twin, and that was not sent then.
// Twins are two results of an object behind each other, of the same state and text,
// within the time in which the reports of one check may lie: a line of the log
// shows nothing else, so what the status file has of the one may be taken for the other.
func (j *judgement) swapped() {
	taken := map[int]bool{}
	for _, r := range j.again {
		i := slices.IndexFunc(j.results, func(t *result) bool {
			return t.object == r.object && j.isAlike(t, r) && j.areNeighbours(t, r) &&
				j.times[t.id] == 0 && !taken[t.id]
		})
		if i < 0 || !j.set.log || !j.set.status {
			j.wrong("sent twice: result %d of %v, state %d at %d", r.id, objectNames[r.object], r.state, r.at)
			continue
		}
		taken[j.results[i].id] = true
	}
}

// areNeighbours reports whether an object has no result between two.
func (j *judgement) areNeighbours(a, b *result) bool {
	return !slices.ContainsFunc(j.results, func(r *result) bool {
		return r.object == a.object && min(a.id, b.id) < r.id && r.id < max(a.id, b.id)
	})
}

// isAlike reports whether two results of an object differ in nothing but their
// times, which are near.
func (j *judgement) isAlike(a, b *result) bool {
	return a != nil && a != b && a.state == b.state && a.step.output == b.step.output && abs(a.at-b.at) < 12_000
}

// text checks the text of a result: its own if the log shows it, at least one of
// the same state where a reader has reported one.
func (j *judgement) text(s *sent, r *result, o *judged, unchanged bool) {
	c := s.rec.Check
	if late := o.awaitsText; late != nil && late != r {
		j.wrong("nothing completed result %d, sent without its text %q", late.id, late.step.output)
	}
	o.awaitsText = nil
	switch {
	case c.Output == r.step.output:
		o.texts[r.state] = true
	case unchanged && s.mark != timeline.Completion && (s.mark == timeline.CarriedText || c.Output == "") &&
		r.logged && j.set.log && j.how.fails == "" && !j.killed:
		o.awaitsText = r // a result that changes nothing waits for no text
	case s.mark == timeline.CarriedText && !(r.logged && j.set.log):
		if !strings.HasPrefix(c.Output, fmt.Sprintf("state %d", r.state)) {
			j.wrong("the text of another state: %v", s)
		}
	case c.Output == "" && !o.texts[r.state] && !(r.logged && j.set.log):
	case j.how.fails != "" || j.killed:
	default:
		j.wrong("without its text %q: %v", r.step.output, s)
	}
}
