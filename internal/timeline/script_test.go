package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

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
