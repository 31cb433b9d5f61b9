package timeline_test

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// complete checks that nothing is missing.
func (j *judgement) complete() {
	for _, ref := range j.out.dropped[timeline.Late] {
		waits := j.set.template == stateless || j.script.noEmpty
		if id := idOf(ref); !j.set.spool && j.times[id] == 0 && !(waits && j.isOvertaken(id)) {
			j.wrong("late: %s", ref)
		}
	}
	for _, ref := range j.out.dropped[timeline.StateUnknown] {
		// A first problem that is HARD at once doesn't show that the object was well.
		r := j.results[idOf(ref)-1]
		if j.set.log && maxAttempts[r.object] > 1 && !j.restarts() && !j.isOneOfTooMany(r) {
			j.wrong("of unknown state: %s", ref)
		}
	}
	for _, r := range j.results {
		inLog := j.set.log && r.logged
		inFile := j.set.perfdata && r.inFile && !j.set.spool &&
			(j.set.template != stateless || j.set.log && !j.restarts())
		if (inLog || inFile) && j.times[r.id] == 0 && !j.mayMiss(r) {
			j.wrong("never sent: result %d of %v, state %d at %d", r.id, objectNames[r.object], r.state, r.at)
		}
	}
	if !j.set.log {
		return
	}
	for _, a := range j.acks {
		n := 0
		for _, s := range j.out.sent {
			if s.rec.Kind == supervision.Acknowledged && s.rec.Note.Text == a.text {
				n++
			}
		}
		if a.given && n != 1 {
			j.wrong("acknowledgement %q was sent %d times", a.text, n)
		}
	}
}

// mayMiss reports whether a result may be missing: without a state it waits for the
// log, and the next one's ALERT doesn't wait so long; an object's first ones may be
// of a state that nobody reports.
func (j *judgement) mayMiss(r *result) bool {
	if j.script.noEmpty && !r.logged && j.isOvertaken(r.id) {
		return true // its reader is taken to miss results, so the next ALERT doesn't wait for it
	}
	return j.set.template == stateless && !r.logged &&
		(!j.isNamed(r.object) || maxAttempts[r.object] == 1 || j.isOvertaken(r.id) || j.isOneOfTooMany(r))
}

// isNamed reports whether the log has a line about a result of an object.
func (j *judgement) isNamed(object int) bool {
	return slices.ContainsFunc(j.results, func(r *result) bool { return r.object == object && r.logged })
}

// isOvertaken reports whether the next result of an object came within a few seconds.
func (j *judgement) isOvertaken(id int) bool {
	r := j.results[id-1]
	return slices.ContainsFunc(j.results[id:], func(next *result) bool {
		return next.object == r.object && next.at < r.at+3000
	})
}

// maxWaiting is how many results of one object wait for a state.
const maxWaiting = 16

// isOneOfTooMany reports whether more results of an object followed than may wait for
// a state, before the log had a line about one.
func (j *judgement) isOneOfTooMany(r *result) bool {
	behind := 0
	for _, next := range j.results[r.id:] {
		switch {
		case next.object != r.object:
		case next.logged:
			return behind >= maxWaiting
		default:
			behind++
		}
	}
	return behind >= maxWaiting
}

func (j *judgement) restarts() bool {
	return slices.ContainsFunc(j.script.steps, func(s step) bool { return s.kind == restart || s.kind == kill })
}

func abs(m moment) moment { return max(m, -m) }

// lastState checks that the present state is the last that was sent.
func (j *judgement) lastState() {
	for i, o := range j.files[len(j.files)-1].objects {
		if o.last == nil {
			continue
		}
		this := j.objects[objectNames[i]]
		complete := j.set.status || j.set.perfdata && j.set.template != stateless && !j.script.noEmpty
		if !complete && !j.isNamed(i) {
			continue
		}
		if this == nil || this.last == nil {
			j.wrong("nothing was sent of %v", objectNames[i])
		} else if this.last.state != o.state {
			j.wrong("%v is %d, and was sent last as %d", objectNames[i], o.state, this.last.state)
		}
	}
}
