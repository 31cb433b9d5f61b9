package timeline_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// template is what a perfdata template has.
type template uint8

const (
	fullTemplate template = iota
	pnpTemplate           // PNP4Nagios' stock template: no text, no attempt, no times
	stateless             // Nagios' default template: no state
)

// readerSet is the readers of a run.
type readerSet struct {
	name     string
	log      bool
	perfdata bool
	template template
	spool    bool // the perfdata lines come in files, one every 15 s
	pipe     bool // they come through a pipe, which nobody may hold up
	status   bool
}

func (s readerSet) readers() (out []timeline.Reader) {
	if s.log {
		out = append(out, timeline.Reader{Name: "log", View: timeline.Changes, HasState: true, HasOutput: true})
	}
	if s.perfdata {
		r := timeline.Reader{
			Name: "perfdata", View: timeline.Complete, Hosts: true, Services: true,
			HasState: s.template != stateless, HasOutput: s.template != pnpTemplate, NeverWaits: s.pipe,
		}
		if s.spool {
			r.Delay = 3*15*time.Second + time.Minute
		}
		out = append(out, r)
	}
	if s.status {
		out = append(out, timeline.Reader{Name: "status", View: timeline.Snapshot, HasState: true, HasOutput: true})
	}
	return out
}

// reduced is a perfdata line as a template shows it.
func (s readerSet) reduced(rec supervision.Record) supervision.Record {
	c := *rec.Check
	switch s.template {
	case pnpTemplate:
		c = supervision.Check{State: c.State, StateType: c.StateType, Perfdata: c.Perfdata}
		c.CheckType = supervision.CheckTypeNotReported
	case stateless:
		c = supervision.Check{
			State: supervision.StateNotReported, StateType: supervision.StateTypeNotReported, Output: c.Output,
			Perfdata: c.Perfdata, Execution: c.Execution, CheckType: supervision.CheckTypeNotReported,
		}
	}
	rec.Check = &c
	return rec
}

// plan is how a run interleaves the readers.
type plan struct {
	seed uint64
	// catchUp: the connector is down for a while.
	catchUp bool
	// fromStart: it catches up with the whole history.
	fromStart bool
	// kills is how probable a kill is after each commit, in thousandths.
	kills int
	// fails is the name of a reader that fails in the middle of the history.
	fails string
}

func (p plan) String() string {
	return fmt.Sprintf("interleaving %d: catchUp %v, from the start %v, kills %d/1000, fails %q",
		p.seed, p.catchUp, p.fromStart, p.kills, p.fails)
}

// sent is a record that was sent.
type sent struct {
	rec  supervision.Record
	mark timeline.Mark
	at   moment // of our clock
	from string
}

// outcome is what a run has sent.
type outcome struct {
	sent    []sent
	dropped map[timeline.Reason][]string
}

// String is what was sent, a line each.
func (o outcome) String() string {
	var b strings.Builder
	for _, s := range o.sent {
		fmt.Fprintln(&b, s)
	}
	for _, why := range slices.Sorted(maps.Keys(o.dropped)) {
		fmt.Fprintf(&b, "%s: %s\n", why, strings.Join(o.dropped[why], " "))
	}
	return b.String()
}

func (s sent) String() string {
	out := fmt.Sprintf("%8.3f %-8s %d %s %s", float64(s.at)/1000, s.from, s.rec.Time.Unix()-epochStart, s.rec.Entity,
		s.rec.Kind)
	switch {
	case s.rec.Check != nil:
		c := s.rec.Check
		out += fmt.Sprintf(" %d %d;%d %q %q", c.State, c.StateType, c.Attempt, c.Output, c.Perfdata)
	case s.rec.Note != nil:
		out += fmt.Sprintf(" %q", s.rec.Note.Text)
	case s.rec.Downtime != nil:
		out += fmt.Sprintf(" %d %q", s.rec.Downtime.ID, s.rec.Downtime.Comment)
	}
	return out + " " + s.rec.Ref + " " + string(s.mark)
}
