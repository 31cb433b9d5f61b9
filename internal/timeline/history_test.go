package timeline_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// result is a check result as the supervisor has processed it.
type result struct {
	id     int
	object int
	at     moment
	state  supervision.State
	// kind and attempt are what the perfdata and the status file show; the log shows
	// what they were before a recovery has set them back.
	kind    supervision.StateType
	attempt int
	logged  bool // it has a line in the log
	inFile  bool // it has a line in the perfdata file
	step    step
}

// line is a record and the moment at which it can be read.
type line struct {
	at  moment
	rec supervision.Record
}

// statusFile is what the status file shows from a moment on.
type statusFile struct {
	at        moment
	objects   []object
	comments  []note
	downtimes []downtime
}

// object is one as the supervisor knows it.
type object struct {
	last     *result // nil: not checked yet
	state    supervision.State
	kind     supervision.StateType
	attempt  int
	acked    snapshot.Acknowledgement
	flapping bool
	depth    int
}

type note struct {
	object int
	id     int64
	entry  moment
	text   string
	ofAck  bool
}

type downtime struct {
	object     int
	id         int64
	entry      moment
	begin, end moment
	running    bool
	text       string
}

// ackEvent is an acknowledgement or its end, as the supervisor has carried it out.
type ackEvent struct {
	object int
	at     moment
	after  int // the id of the object's last result
	given  bool
	text   string
}

// history is what a supervisor did, and what each reader could read of it.
type history struct {
	script   script
	results  []*result
	log      []line
	perfdata []line
	files    []statusFile
	acks     []ackEvent
	begin    moment
	end      moment
	killed   bool // the supervisor was killed
	// written is when the status files were written, open a reader of them.
	written []moment
	open    func(position []byte) shown
}

// statusEvery is how often the status file is written.
const statusEvery moment = 10_000

// supervisor is a small model of Nagios.
type supervisor struct {
	*history
	now       moment
	objects   []object
	comments  []note
	downtimes []downtime
	ids       int64
	lines     int
	wroteLast moment // when the last status file was written
	saved     *supervisor
}

// play makes a script's history.
func play(s script) *history {
	m := &supervisor{history: &history{script: s}, objects: make([]object, len(objectNames))}
	for i := range m.objects {
		m.objects[i] = object{kind: supervision.Hard, attempt: 1}
	}
	m.process(supervision.SupervisorStarted)
	for i, one := range s.steps {
		m.until(one.at)
		if s.noEmpty && one.perfdata == "" && m.inBurst(one, s.steps[i+1:]) {
			one.perfdata = "value=0" // which of two lines is missing would not be known
		}
		if one.kind != acknowledge || !m.isHasty(one, s.steps[i:]) {
			m.do(one)
		}
	}
	m.until(m.now + 2*statusEvery)
	m.writeStatus()
	m.end = m.now
	m.history.open = m.history.openPlayed
	return m.history
}

// until lets the time go on, with what the supervisor does by itself.
func (m *supervisor) until(at moment) {
	for {
		next := m.wroteLast + statusEvery
		for _, d := range m.downtimes {
			if !d.running {
				next = min(next, d.begin)
			} else {
				next = min(next, d.end)
			}
		}
		if next > at {
			break
		}
		m.now = max(m.now, next)
		m.runDowntimes()
		if m.now >= m.wroteLast+statusEvery {
			m.writeStatus()
		}
	}
	m.now = max(m.now, at)
}

func (m *supervisor) write(rec supervision.Record, what string) {
	m.lines++
	rec.Time = m.now.stamp()
	rec.Ref = fmt.Sprintf("log/%d/%s", m.lines, what)
	m.log = append(m.log, line{m.now, rec})
}

func (m *supervisor) process(kind supervision.Kind) {
	m.write(supervision.Record{Kind: kind, Process: &supervision.ProcessState{}}, "process")
	if kind != supervision.SupervisorStarted {
		return
	}
	for i := range m.objects {
		o := &m.objects[i]
		if o.last != nil && m.script.initialStates {
			m.write(supervision.Record{
				Kind: supervision.PresentState, Entity: objectNames[i], Check: &supervision.Check{
					State: o.state, StateType: o.kind, Attempt: o.attempt, Output: o.last.step.output,
					CheckType: supervision.CheckTypeNotReported,
				},
			}, fmt.Sprintf("r%d", o.last.id))
		}
		if o.flapping {
			m.flapAlert(i)
		}
		if o.depth > 0 {
			m.downtimeAlert(i, supervision.DowntimeStarted)
		}
	}
}

func (m *supervisor) do(s step) {
	switch s.kind {
	case check:
		m.check(s)
	case acknowledge:
		m.acknowledge(s)
	case unacknowledge:
		m.write(supervision.Record{Kind: supervision.AcknowledgementRemoved, Entity: objectNames[s.object],
			Note: &supervision.Note{}}, "order")
		m.endAck(s.object)
	case comment:
		m.write(supervision.Record{Kind: supervision.CommentAdded, Entity: objectNames[s.object],
			Note: &supervision.Note{Author: "ann", Text: s.text}}, "order")
		m.ids++
		m.comments = append(m.comments, note{object: s.object, id: m.ids, entry: m.now, text: s.text})
	case schedule:
		m.schedule(s)
	case cancel:
		m.cancel(s)
	case restart:
		m.saved = nil
		m.process(supervision.SupervisorStopped)
		m.until(m.now + 700)
		m.process(supervision.SupervisorStarted)
	case kill:
		m.dies()
	}
}

// dies goes on from the retention file, which is as old as the status file
// before the last one.
func (m *supervisor) dies() {
	m.history.killed = true
	m.now += 700
	if m.saved != nil {
		m.objects, m.comments, m.downtimes = m.saved.objects, m.saved.comments, m.saved.downtimes
		m.objects = slices.Clone(m.objects)
		m.comments, m.downtimes = slices.Clone(m.comments), slices.Clone(m.downtimes)
	}
	m.process(supervision.SupervisorStarted)
}

func (m *supervisor) check(s step) {
	o := &m.objects[s.object]
	if o.last != nil { // a check begins when the result of the one before was processed
		since := m.now - o.last.at
		s.took = min(s.took, since)
		s.reaped = min(s.reaped, since-s.took)
	}
	r := &result{id: len(m.results) + 1, object: s.object, at: m.now, state: s.state, step: s}
	changed := s.state != o.state
	logKind, logAttempt := o.kind, o.attempt
	switch {
	case s.state == supervision.OK:
		r.logged = changed
		if changed && o.kind == supervision.Soft {
			logAttempt++
		}
		o.kind, o.attempt = supervision.Hard, 1
	case o.state == supervision.OK || o.kind == supervision.Soft:
		r.logged = true
		if o.state != supervision.OK {
			o.attempt++
		}
		o.kind = supervision.Soft
		if o.attempt >= maxAttempts[s.object] {
			o.kind = supervision.Hard
		}
		logKind, logAttempt = o.kind, o.attempt
	default:
		r.logged = changed
	}
	r.kind, r.attempt, o.state, o.last = o.kind, o.attempt, s.state, r
	m.results = append(m.results, r)
	if changed && (o.acked == snapshot.AcknowledgedNormal || s.state == supervision.OK) {
		m.endAck(s.object)
	}
	if r.logged {
		m.write(supervision.Record{
			Kind: supervision.CheckResult, Entity: objectNames[s.object],
			Check: &supervision.Check{
				State: s.state, StateType: logKind, Attempt: logAttempt, Output: s.output,
				CheckType: supervision.CheckTypeNotReported,
			},
		}, fmt.Sprintf("r%d", r.id))
	}
	if s.flap {
		o.flapping = !o.flapping
		m.flapAlert(s.object)
	}
	m.now += s.lag
	if s.perfdata != "" || !m.script.noEmpty {
		r.inFile = true
		m.perfdata = append(m.perfdata, line{m.now, m.full(r)})
	}
}

// started is the second in which the check of a result began.
func (r *result) started() time.Time { return (r.at - r.step.reaped - r.step.took).stamp() }

// full is the perfdata line of a result, with all that a template can show.
func (m *supervisor) full(r *result) supervision.Record {
	return supervision.Record{
		Kind: supervision.CheckResult, Entity: objectNames[r.object], Time: m.now.stamp(),
		Ref: fmt.Sprintf("perfdata/%d/r%d", len(m.perfdata), r.id),
		Check: &supervision.Check{
			State: r.state, StateType: r.kind, Attempt: r.attempt, MaxAttempts: maxAttempts[r.object],
			Output: r.step.output, LongOutput: r.step.long, Perfdata: r.step.perfdata,
			CheckType: supervision.Active, Execution: float64(r.step.took) / 1000, Start: r.started(),
		},
	}
}

// inBurst reports whether another result of the object is near.
func (m *supervisor) inBurst(s step, later []step) bool {
	last := m.objects[s.object].last
	return last != nil && s.at < last.at+3000 || slices.ContainsFunc(later, func(l step) bool {
		return l.kind == check && l.object == s.object && l.at < s.at+3000
	})
}
