package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// epochStart is the supervisor's time at the beginning of each history.
const epochStart = 1_700_000_000

// moment is milliseconds since the beginning of a history.
type moment int64

func (m moment) time() time.Time { return time.UnixMilli(epochStart*1000 + int64(m)).UTC() }

// stamp is the moment in whole seconds, as a supervisor writes it.
func (m moment) stamp() time.Time { return time.Unix(m.time().Unix(), 0).UTC() }

// stepKind is what happens in a step of a history.
type stepKind uint8

const (
	check stepKind = iota
	acknowledge
	unacknowledge
	comment
	schedule
	cancel
	restart
	kill
)

// step is one thing that happens to a supervisor.
type step struct {
	at     moment
	kind   stepKind
	object int
	// Of a check.
	state    supervision.State
	output   string
	perfdata string
	long     string
	took     moment // from the start of the check to its end
	reaped   moment // from its end to its processing
	lag      moment // from the log line to the perfdata line
	flap     bool   // flapping begins or ends with it
	sticky   bool   // of an acknowledgement
	text     string // of an order
	begin    moment // of a downtime, from now on
	length   moment
}

func (s step) String() string {
	out := fmt.Sprintf("%7.3f %s ", float64(s.at)/1000, objectNames[s.object])
	switch s.kind {
	case check:
		out += fmt.Sprintf("check %d %q perfdata %q, took %d ms, processed %d ms later, perfdata after %d ms",
			s.state, s.output, s.perfdata, s.took, s.reaped, s.lag)
		if s.flap {
			out += ", flapping changes"
		}
	case acknowledge:
		out += fmt.Sprintf("acknowledge %q sticky=%v", s.text, s.sticky)
	case unacknowledge:
		out += "remove the acknowledgement"
	case comment:
		out += fmt.Sprintf("comment %q", s.text)
	case schedule:
		out += fmt.Sprintf("downtime %q in %d ms for %d ms", s.text, s.begin, s.length)
	case cancel:
		out += "cancel a downtime"
	case restart:
		return fmt.Sprintf("%7.3f restart", float64(s.at)/1000)
	case kill:
		return fmt.Sprintf("%7.3f kill -9, and start", float64(s.at)/1000)
	}
	return out
}

// script is a history before it is played.
type script struct {
	steps         []step
	initialStates bool // log_initial_states
	noEmpty       bool // perfdata_process_empty_results=0
}

func (s script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "initial states %v, empty results written %v\n", s.initialStates, !s.noEmpty)
	for _, one := range s.steps {
		fmt.Fprintln(&b, one)
	}
	return b.String()
}

// withoutBursts leaves out what lines without texts can't show: which of several
// results of a second they are about, and which line is missing.
func (s script) withoutBursts() script {
	less := script{initialStates: s.initialStates}
	last := map[int]moment{}
	for _, one := range s.steps {
		before, known := last[one.object]
		if one.kind == check && known && one.at < before+1500 {
			continue
		}
		if one.kind == check {
			last[one.object] = one.at
		}
		less.steps = append(less.steps, one)
	}
	return less
}

var objectNames = []supervision.Entity{
	{Host: "h", Service: "a"}, {Host: "h"}, {Host: "h", Service: "b"}, {Host: "h", Service: "c"},
	{Host: "g"}, {Host: "g", Service: "a"},
}

// maxAttempts is that of the objects, by their index.
var maxAttempts = []int{3, 3, 1, 2, 1, 4}

// generate writes a script.
func generate(random *rand.Rand, kills bool) script {
	s := script{initialStates: random.IntN(2) == 0, noEmpty: random.IntN(3) == 0}
	objects := 1 + random.IntN(len(objectNames))
	slow := random.IntN(4) == 0 // results are collected every few seconds
	states := make([]supervision.State, objects)
	checked := make([][2]moment, objects) // the last two of each
	at := moment(0)
	number := 0
	for range 20 + random.IntN(80) {
		switch random.IntN(8) {
		case 0: // in the same second, perhaps
			at += moment(random.IntN(400))
		case 1:
			at += moment(5000 + random.IntN(15000))
		default:
			at += moment(300 + random.IntN(4000))
		}
		number++
		one := step{at: at, object: random.IntN(objects), text: fmt.Sprintf("text %d", number)}
		state := states[one.object]
		switch n := random.IntN(40); {
		case n < 5 && state != supervision.OK || n == 0:
			one.kind, one.sticky = acknowledge, random.IntN(2) == 0
		case n == 5:
			one.kind = unacknowledge
		case n == 6:
			one.kind = comment
		case n == 7:
			one.kind, one.begin, one.length = schedule, moment(random.IntN(20)*1000), moment(1+random.IntN(60))*1000
		case n == 8:
			one.kind = cancel
		case n == 9 && random.IntN(3) == 0:
			one.kind = restart
			if kills && random.IntN(2) == 0 {
				one.kind = kill
			}
		default:
			last := &checked[one.object]
			if at < last[0]+1500 {
				continue // of three in one second nobody knows which line is of which
			}
			last[0], last[1] = last[1], at
			one = generateCheck(random, one, state, number, slow)
			states[one.object] = one.state
		}
		s.steps = append(s.steps, one)
	}
	return s
}

func generateCheck(random *rand.Rand, one step, state supervision.State, number int, slow bool) step {
	one.kind = check
	if random.IntN(2) == 0 {
		highest := 4
		if objectNames[one.object].IsHost() {
			highest = 2
		}
		state = supervision.State(random.IntN(highest))
	}
	one.state, one.output = state, fmt.Sprintf("state %d", state)
	if random.IntN(2) == 0 {
		one.output = fmt.Sprintf("state %d, value %d", state, number)
	}
	if random.IntN(4) != 0 {
		one.perfdata = fmt.Sprintf("value=%d", random.IntN(3))
	}
	if random.IntN(8) == 0 {
		one.long = fmt.Sprintf("more %d", number)
	}
	one.took, one.lag = moment(1+random.IntN(200)), moment(random.IntN(4))
	if random.IntN(4) == 0 {
		one.took = moment(random.IntN(2500))
	}
	one.reaped = moment(random.IntN(10))
	if slow {
		one.reaped = moment(random.IntN(5000))
	}
	one.flap = random.IntN(12) == 0
	return one
}

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

// isHasty reports whether an object that is well is acknowledged so shortly before
// its problem that nothing shows that this was refused, or has problems that never
// show that it was well.
func (m *supervisor) isHasty(s step, later []step) bool {
	return m.objects[s.object].state == supervision.OK && (maxAttempts[s.object] == 1 ||
		slices.ContainsFunc(later, func(l step) bool {
			return l.kind == check && l.object == s.object && l.at < s.at+4000
		}))
}

func (m *supervisor) acknowledge(s step) {
	o := &m.objects[s.object]
	m.write(supervision.Record{Kind: supervision.Acknowledged, Entity: objectNames[s.object],
		Note: &supervision.Note{Author: "bob", Text: s.text, Sticky: s.sticky}}, "order")
	if o.state == supervision.OK {
		return // refused, without a word
	}
	o.acked = snapshot.AcknowledgedNormal
	if s.sticky {
		o.acked = snapshot.AcknowledgedSticky
	}
	m.ids++
	m.comments = append(m.comments, note{object: s.object, id: m.ids, entry: m.now, text: s.text, ofAck: true})
	m.acks = append(m.acks, ackEvent{object: s.object, at: m.now, after: o.last.id, given: true, text: s.text})
}

func (m *supervisor) endAck(i int) {
	o := &m.objects[i]
	if o.acked == snapshot.NotAcknowledged {
		return
	}
	o.acked = snapshot.NotAcknowledged
	m.comments = slices.DeleteFunc(m.comments, func(n note) bool { return n.object == i && n.ofAck })
	m.acks = append(m.acks, ackEvent{object: i, at: m.now, after: o.last.id})
}

func (m *supervisor) flapAlert(i int) {
	rec := supervision.Record{Kind: supervision.FlappingStopped, Entity: objectNames[i],
		Flapping: &supervision.Flapping{Text: "it stopped"}}
	if m.objects[i].flapping {
		rec.Kind, rec.Flapping.Text = supervision.FlappingStarted, "it started"
	}
	m.write(rec, "flapping")
}

func (m *supervisor) downtimeAlert(i int, kind supervision.Kind) {
	m.write(supervision.Record{Kind: kind, Entity: objectNames[i],
		Downtime: &supervision.Downtime{Text: "it says so"}}, "downtime")
}

func (m *supervisor) schedule(s step) {
	m.ids++
	d := downtime{
		object: s.object, id: m.ids, entry: m.now, begin: (m.now + s.begin) / 1000 * 1000, text: s.text,
	}
	d.end = d.begin + s.length
	if d.end <= m.now {
		d.end += 5000
	}
	m.write(supervision.Record{Kind: supervision.DowntimeScheduled, Entity: objectNames[s.object],
		Downtime: &supervision.Downtime{
			Author: "eve", Comment: s.text, Start: d.begin.time(), End: d.end.time(), Fixed: true,
		}}, "order")
	m.downtimes = append(m.downtimes, d)
	m.runDowntimes()
}

// runDowntimes begins and ends the downtimes whose time has come.
func (m *supervisor) runDowntimes() {
	for i := range m.downtimes {
		d := &m.downtimes[i]
		if d.running || d.begin > m.now {
			continue
		}
		d.running = true
		m.objects[d.object].depth++
		if m.objects[d.object].depth == 1 {
			m.downtimeAlert(d.object, supervision.DowntimeStarted)
		}
	}
	m.downtimes = slices.DeleteFunc(m.downtimes, func(d downtime) bool {
		if d.running && d.end <= m.now {
			m.leaveDowntime(d, supervision.DowntimeEnded)
			return true
		}
		return false
	})
}

func (m *supervisor) leaveDowntime(d downtime, kind supervision.Kind) {
	m.objects[d.object].depth--
	if m.objects[d.object].depth == 0 {
		m.downtimeAlert(d.object, kind)
	}
}

func (m *supervisor) cancel(s step) {
	i := slices.IndexFunc(m.downtimes, func(d downtime) bool { return d.object == s.object })
	if i < 0 {
		return
	}
	d := m.downtimes[i]
	m.write(supervision.Record{Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: d.id}}, "order")
	m.downtimes = slices.Delete(m.downtimes, i, i+1)
	if d.running {
		m.leaveDowntime(d, supervision.DowntimeCancelled)
	}
}

func (m *supervisor) writeStatus() {
	if m.wroteLast != 0 {
		saved := *m
		saved.objects, saved.comments = slices.Clone(m.objects), slices.Clone(m.comments)
		saved.downtimes = slices.Clone(m.downtimes)
		m.saved = &saved
	}
	m.wroteLast = m.now
	m.history.written = append(m.history.written, m.now)
	m.files = append(m.files, statusFile{
		at: m.now, objects: slices.Clone(m.objects), comments: slices.Clone(m.comments),
		downtimes: slices.Clone(m.downtimes),
	})
}

// playedStatus is the reader of the status files of a history that was played.
type playedStatus struct {
	*history
	memory *snapshot.Memory
}

func (h *history) openPlayed(position []byte) shown {
	memory, err := snapshot.Restore(position)
	must(err)
	return playedStatus{h, memory}
}

func (s playedStatus) read(file int) []supervision.Record { return s.files[file].read(s.memory) }

func (s playedStatus) position() []byte {
	position, err := s.memory.Position()
	must(err)
	return position
}

func (s playedStatus) close() {}

// read returns what a status file shows to a reader with a memory.
func (f *statusFile) read(memory *snapshot.Memory) []supervision.Record {
	reading := memory.Begin(f.at.stamp(), fmt.Sprintf("status/%d", f.at))
	var records []supervision.Record
	for i := range f.objects {
		if rec, isNew := f.readObject(reading, i); isNew {
			records = append(records, rec)
		}
	}
	for _, n := range f.comments {
		of, key := nameOf(n.object), snapshot.Key{ID: n.id, Entry: n.entry.stamp()}
		if !reading.Comment(of, key) {
			author := "ann"
			if n.ofAck {
				author = "bob"
			}
			reading.AddComment(of, key.Entry, supervision.Note{ID: n.id, Author: author, Text: n.text}, n.ofAck)
		}
	}
	for _, d := range f.downtimes {
		of, key := nameOf(d.object), snapshot.Key{ID: d.id, Entry: d.entry.stamp()}
		progress := snapshot.DowntimeProgress{Effect: snapshot.NotInEffect}
		if d.running {
			progress.Effect = snapshot.InEffect
		}
		if !reading.Downtime(of, key, progress) {
			reading.AddDowntime(of, supervision.Downtime{
				ID: d.id, Author: "eve", Comment: d.text, Entry: key.Entry, Start: d.begin.time(), End: d.end.time(),
				Fixed: true,
			}, progress)
		}
	}
	return append(records, reading.Finish(snapshot.AllTables)...)
}

func nameOf(object int) snapshot.Name {
	e := objectNames[object]
	return snapshot.Name{Host: []byte(e.Host), Service: []byte(e.Service)}
}

func (f *statusFile) readObject(reading *snapshot.Reading, i int) (rec supervision.Record, isNew bool) {
	o := &f.objects[i]
	row := reading.Object(nameOf(i))
	row.Conditions(snapshot.Conditions{Acknowledged: o.acked, Flapping: o.flapping, DowntimeDepth: o.depth})
	if o.last == nil {
		return rec, false
	}
	r := o.last
	if !row.IsNewResult(fmt.Append(nil, r.id), fmt.Append(nil, o.kind), fmt.Append(nil, o.attempt)) {
		return rec, false
	}
	took := time.Duration(r.step.took) * time.Millisecond
	return row.Result(supervision.Check{
		State: o.state, StateType: o.kind, Attempt: o.attempt, MaxAttempts: maxAttempts[i],
		Output: r.step.output, LongOutput: r.step.long, Perfdata: r.step.perfdata, CheckType: supervision.Active,
		Execution: took.Seconds(), Start: r.started(),
		Flags: &supervision.Flags{
			Acknowledged: o.acked != snapshot.NotAcknowledged, Flapping: o.flapping, DowntimeDepth: o.depth,
		},
	}, r.started().Add(took), fmt.Sprintf("/r%d", r.id)), true
}
