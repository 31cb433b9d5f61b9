package timeline

import (
	"cmp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var (
	web  = supervision.Entity{Host: "web01", Service: "HTTP"}
	host = supervision.Entity{Host: "web01"}
	t0   = time.Unix(1_700_000_000, 0)
)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// step is one record from one reader and what becomes of it.
type step struct {
	from string
	rec  supervision.Record
	now  int // seconds after t0; 0: the record's time
	// want are the decisions, in their order: "sent" or a Reason for the record at
	// hand, with its kind in front for others; "held" if there is none.
	want string
}

// What becomes of a record.
const (
	sent        = "sent"
	held        = "held"
	seenAlready = string(SeenAlready)
	expected    = string(Expected)
	unchanged   = string(Unchanged)
	late        = string(Late)
	fromModule  = string(FromModule)
	onlyAnOrder = string(OnlyAnOrder)
)

func result(e supervision.Entity, end int, state supervision.State, output string) supervision.Record {
	return supervision.Record{Kind: supervision.CheckResult, Entity: e, Time: at(end), Ref: "r",
		Check: &supervision.Check{State: state, StateType: supervision.Hard, Attempt: 1, Output: output}}
}

// seen is what the status file shows: the start of the check as well.
func seen(e supervision.Entity, start, end int, state supervision.State, output string) supervision.Record {
	r := result(e, end, state, output)
	r.Check.Start = at(start)
	return r
}

func present(r supervision.Record) supervision.Record {
	r.Kind = supervision.PresentState
	return r
}

func perf(r supervision.Record, perfdata string) supervision.Record {
	r.Check.Perfdata = perfdata
	return r
}

func note(kind supervision.Kind, sec int, author, text string) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec),
		Note: &supervision.Note{Author: author, Text: text, Sticky: true}}
}

func downtime(kind supervision.Kind, sec int, id int64) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec), Downtime: &supervision.Downtime{
		ID: id, Start: at(0), End: at(100), Author: "a", Comment: "c", Text: "Service has …"}}
}

func flapping(kind supervision.Kind, sec int) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec), Flapping: &supervision.Flapping{}}
}

var (
	logReader = Reader{Name: "log", View: Changes, HasState: true, HasOutput: true}
	status    = Reader{Name: "status", View: Snapshot, HasState: true, HasOutput: true}
	perfdata  = Reader{Name: "perfdata", View: Complete, Services: true, HasState: true, HasOutput: true}
	spool     = Reader{
		Name: "spool", View: Complete, Services: true, HasState: true, HasOutput: true, Delay: time.Minute,
	}
	stateless = Reader{Name: "perfdata", View: Complete, Services: true, HasOutput: true}
	textless  = Reader{Name: "perfdata", View: Complete, Services: true, HasState: true}
)

func options(readers ...Reader) Options {
	return Options{Readers: readers, SoftChanges: [2]bool{true, true}}
}

func newTimeline(t *testing.T, opts Options) *Timeline {
	t.Helper()
	tl, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

// restored returns a timeline that remembers what another one would have stored.
func restored(t *testing.T, tl *Timeline) *Timeline {
	t.Helper()
	again := newTimeline(t, tl.opts)
	for e, o := range tl.objects {
		if err := again.Remember(e.Host+"\x00"+e.Service, o.encode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Remember(siteKey, tl.encodeSite()); err != nil {
		t.Fatal(err)
	}
	if err := again.Restored(); err != nil {
		t.Fatal(err)
	}
	for name, r := range tl.readers {
		again.readers[name].clock = r.clock
	}
	return again
}

// outcomes describes decisions; the record at hand has the kind.
type outcomes struct {
	kind supervision.Kind
	all  []string
}

func (o *outcomes) add(d Decision) {
	text := cmp.Or(string(d.Reason), sent)
	if d.Record.Kind != o.kind {
		text = d.Record.Kind.String() + " " + text
	}
	if d.Mark != NoMark && d.Mark != Derived {
		text += " (" + string(d.Mark) + ")"
	}
	o.all = append(o.all, text)
}

func (o *outcomes) String() string { return cmp.Or(strings.Join(o.all, ", "), held) }

// take judges one record and describes what becomes of it.
func take(tl *Timeline, from string, rec supervision.Record, now time.Time) string {
	o := outcomes{kind: rec.Kind}
	tl.Take(&rec, from, now, o.add)
	return o.String()
}

// run plays steps. What is remembered is stored and restored between any two of
// them: a crash anywhere must not change a decision.
func run(t *testing.T, opts Options, steps []step) *Timeline {
	t.Helper()
	tl := newTimeline(t, opts)
	for i, s := range steps {
		tl = restored(t, tl)
		now := s.rec.Time
		if s.now != 0 {
			now = at(s.now)
		}
		if s.from == "tick" {
			o := outcomes{kind: s.rec.Kind}
			tl.Tick(now, o.add)
			if got := o.String(); got != s.want {
				t.Errorf("step %d, tick: %s, want %s", i, got, s.want)
			}
			continue
		}
		if got := take(tl, s.from, s.rec, now); got != s.want {
			t.Errorf("step %d, %s from %s: %s, want %s", i, s.rec.Kind, s.from, got, s.want)
		}
	}
	return tl
}

func compare(t *testing.T, want, got []string) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// tick is a step at which only time has passed.
func tick(now int, kind supervision.Kind, want string) step {
	return step{"tick", supervision.Record{Kind: kind}, now, want}
}
