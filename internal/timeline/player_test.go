package timeline_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// shown is what the reader of a status file has seen of it.
type shown interface {
	// read returns what is new in one of the files.
	read(file int) []supervision.Record
	position() []byte
	close()
}

// source is a reader of the player.
type source struct {
	timeline.Reader
	lines []line
	next  int // line
	// status is that of a status file's reader, file the one that was read last.
	status shown
	file   int
	unread []supervision.Record // of that file, for later batches
	opened moment               // that file

	due    moment // of the next look
	poll   moment
	pause  moment // between two batches while it catches up
	most   int    // lines in a batch
	failed bool

	batch    []supervision.Record // what has not entered yet
	pending  bool
	read     moment
	endSeen  moment // -1: not seen
	position []byte
	recheck  moment
	waits    bool
	skip     int
	skipLast string
}

// player plays a history to a timeline, as internal/pipeline does.
type player struct {
	history *history
	set     readerSet
	plan    plan
	random  *rand.Rand
	now     moment

	order    *timeline.Order
	timeline *timeline.Timeline
	sources  []*source

	// What is stored.
	positions map[string][]byte
	states    map[string][]byte

	out outcome
}

// run plays a history.
func run(h *history, set readerSet, how plan) outcome {
	p := &player{
		history: h, set: set, plan: how, random: rand.New(rand.NewPCG(how.seed, 7)),
		positions: map[string][]byte{}, states: map[string][]byte{},
		out: outcome{dropped: map[timeline.Reason][]string{}},
	}
	for _, span := range p.spans() {
		p.now = span[0]
		p.begin()
		p.play(span[1])
	}
	p.end()
	return p.out
}

// spans are the times in which the connector runs.
func (p *player) spans() [][2]moment {
	after, begin, end := moment(30_000), p.history.begin, p.history.end
	after += 110 * moment(len(p.history.log)+len(p.history.perfdata)) // a line each 100 ms, and a look
	if p.history.killed {
		after += 700_000 // a state is confirmed after ten minutes
	}
	switch {
	case p.plan.fromStart:
		from := end + moment(p.random.IntN(1_000_000))
		return [][2]moment{{from, from + after + 60_000}}
	case p.plan.catchUp:
		a := begin + moment(p.random.Int64N(int64(end-begin)))
		b := a + moment(p.random.Int64N(int64(end-a)+100_000))
		return [][2]moment{{begin - 1000, a}, {b, max(end, b) + after + 60_000}}
	}
	return [][2]moment{{begin - 1000, end + after}}
}

// begin starts the connector from what is stored.
func (p *player) begin() {
	readers := p.set.readers()
	p.order = timeline.NewOrder(readers)
	var err error
	p.timeline, err = timeline.New(timeline.Options{
		Readers: readers, Order: p.order, SoftChanges: [2]bool{true, true}, RetainsState: true,
	})
	must(err)
	for key, value := range p.states {
		must(p.timeline.Remember(key, value))
	}
	must(p.timeline.Restored())
	p.end()
	for _, r := range readers {
		p.order.Begins(r.Name, p.now.time())
		s := &source{
			Reader: r, poll: 250, due: p.now + moment(p.random.IntN(50)),
			pause: []moment{0, 1, 20, 100}[p.random.IntN(4)], most: []int{1, 3, 10, 1000}[p.random.IntN(4)],
		}
		switch {
		case r.View == timeline.Snapshot:
			s.poll, s.file = 1000, -1
			s.status = p.history.open(p.positions[r.Name])
		case r.View == timeline.Changes:
			s.lines = p.history.log
		default:
			s.lines = p.perfdata()
		}
		if s.lines != nil && p.positions[r.Name] != nil {
			s.next, err = strconv.Atoi(string(p.positions[r.Name]))
			must(err)
		}
		s.skip, s.skipLast = p.timeline.Again(r.Name)
		p.sources = append(p.sources, s)
	}
}

// end stops the readers.
func (p *player) end() {
	for _, s := range p.sources {
		if s.status != nil {
			s.status.close()
		}
	}
	p.sources = nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (p *player) perfdata() []line {
	lines := make([]line, len(p.history.perfdata))
	for i, l := range p.history.perfdata {
		lines[i] = line{l.at, p.set.reduced(l.rec)}
		if p.set.spool {
			lines[i].at = (l.at/15_000 + 1) * 15_000
		}
	}
	return lines
}

// play goes on until a moment.
func (p *player) play(until moment) {
	stall := 0
	for p.now < until {
		actions := p.actions()
		if len(actions) == 0 {
			p.now = min(until, p.next())
			stall = 0
			continue
		}
		if stall++; stall > 1_000_000 {
			panic("nothing moves on")
		}
		actions[p.random.IntN(len(actions))]()
	}
}

// next returns when something can happen next.
func (p *player) next() moment {
	next := p.now + 3_600_000
	for _, s := range p.sources {
		switch {
		case s.failed:
		case s.pending:
			next = min(next, s.recheck)
		default:
			next = min(next, s.due)
		}
	}
	if due := p.timeline.Due(); !due.IsZero() {
		next = min(next, momentOf(due))
	}
	return max(next, p.now+1)
}

func momentOf(t time.Time) moment { return moment(t.UnixMilli() - epochStart*1000) }

func (p *player) actions() (all []func()) {
	for _, s := range p.sources {
		switch {
		case s.failed:
		case s.Name == p.plan.fails && p.now >= (p.history.begin+p.history.end)/2:
			all = append(all, func() { s.failed, s.pending = true, false; p.order.Stops(s.Name); p.opened() })
		case s.pending && s.recheck <= p.now:
			all = append(all, func() { p.enter(s) })
		case !s.pending && s.due <= p.now:
			all = append(all, func() { p.look(s) })
		}
	}
	if due := p.timeline.Due(); !due.IsZero() && momentOf(due) <= p.now {
		all = append(all, p.tick)
	}
	return all
}

// opened lets all that wait try again.
func (p *player) opened() {
	for _, s := range p.sources {
		s.recheck = p.now
	}
}

// enter hands over what may enter, as pipeline.enter does.
func (p *player) enter(s *source) {
	n := len(s.batch)
	if n > 0 {
		n = p.order.Admit(s.Name, s.batch, s.read.time(), p.now.time())
	}
	if n == 0 && len(s.batch) > 0 {
		if !s.waits {
			p.opened() // the others know now what this one has
			p.askToLook()
		}
		s.waits, s.recheck = true, p.now+1000
		return
	}
	s.waits = false
	whole := n == len(s.batch)
	for i := range s.batch[:n] {
		p.timeline.Take(&s.batch[i], s.Name, p.now.time(), p.decided)
	}
	switch {
	case !whole:
		p.timeline.Entered(s.Name, s.batch[:n])
	case s.position != nil:
		p.positions[s.Name] = s.position
		p.timeline.Completed(s.Name)
	}
	if p.timeline.Awaits() {
		p.askToLook()
	}
	p.flush()
	if n > 0 {
		p.order.Entered(s.Name, s.batch[:n], p.now.time())
	}
	s.batch = s.batch[n:]
	p.opened()
	if whole {
		var end time.Time
		if s.endSeen >= 0 {
			end = s.endSeen.time()
		}
		p.order.Done(s.Name, end, p.now.time())
		s.pending = false
	}
	if p.random.IntN(1000) < p.plan.kills && n > 0 {
		p.now += moment(p.random.IntN(2000))
		p.begin()
	}
}

func (p *player) tick() {
	p.timeline.Tick(p.now.time(), p.decided)
	p.flush()
}

func (p *player) flush() {
	p.timeline.Flush(func(key string, value []byte) { p.states[key] = slices.Clone(value) })
}

func (p *player) decided(d timeline.Decision) {
	if d.Reason != timeline.ToSend {
		p.out.dropped[d.Reason] = append(p.out.dropped[d.Reason], d.Record.Ref)
		return
	}
	rec := *d.Record
	if rec.Check != nil {
		c := *rec.Check
		rec.Check = &c
	}
	p.out.sent = append(p.out.sent, sent{rec: rec, mark: d.Mark, at: p.now, from: d.Source})
}
