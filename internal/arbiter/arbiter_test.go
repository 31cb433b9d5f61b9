package arbiter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var (
	web  = supervision.Entity{Host: "web01", Service: "HTTP"}
	host = supervision.Entity{Host: "web01"}
	t0   = time.Unix(1_700_000_000, 0)
)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// step is one record from one reader and the verdict that is wanted.
type step struct {
	from string
	rec  supervision.Record
	now  int // seconds after t0; 0: the record's time
	want Reason
}

func result(e supervision.Entity, end int, state supervision.State, output string) supervision.Record {
	return supervision.Record{Kind: supervision.CheckResult, Entity: e, Time: at(end),
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

func note(kind supervision.Kind, sec int, author, text string) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec), Note: &supervision.Note{Author: author, Text: text, Sticky: true}}
}

func downtime(kind supervision.Kind, sec int, id int64) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec), Downtime: &supervision.Downtime{
		ID: id, Start: at(0), End: at(100), Author: "a", Comment: "c", Text: "Service has …"}}
}

func flapping(kind supervision.Kind, sec int) supervision.Record {
	return supervision.Record{Kind: kind, Entity: web, Time: at(sec), Flapping: &supervision.Flapping{}}
}

var (
	logReader = Witness{Name: "log", View: Changes}
	status    = Witness{Name: "status", View: Snapshot}
	perfdata  = Witness{Name: "perfdata", View: Complete, Services: true, HasState: true}
	spool     = Witness{Name: "spool", View: Complete, Services: true, HasState: true, Delay: time.Minute}
	stateless = Witness{Name: "perfdata", View: Complete, Services: true}
)

func run(t *testing.T, opts Options, steps []step) *Arbiter {
	t.Helper()
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		// What is remembered is stored and restored between any two steps: a
		// crash anywhere must not change a verdict.
		b, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		for e, f := range a.facts {
			if err := b.Remember(e.Host+"\x00"+e.Service, f.encode()); err != nil {
				t.Fatal(err)
			}
		}
		a = b
		now := s.rec.Time
		if s.now != 0 {
			now = at(s.now)
		}
		if got, _ := a.Judge(&s.rec, s.from, now); got != s.want {
			t.Errorf("step %d, %s from %s: %q, want %q", i, s.rec.Kind, s.from, got, s.want)
		}
	}
	return a
}

func TestWithoutAnOwnerAResultIsSentOnce(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", result(web, 10, 2, "CRITICAL: a"), 0, News},
		{"status", seen(web, 9, 10, 2, "CRITICAL; a"), 0, SeenAlready}, // ; and : are the same
		{"status", seen(web, 40, 41, 2, "CRITICAL: a"), 0, News},       // checked again
		{"log", result(web, 70, 0, "OK"), 0, News},
		{"log", result(web, 71, 0, "OK"), 0, News},                // the same reader says it twice: twice it was
		{"status", seen(web, 69, 70, 0, "OK"), 0, SeenAlready},    // one of the two
		{"status", seen(web, 100, 101, 1, "WARNING"), 0, News},    // never in the log
		{"log", result(web, 50, 2, "CRITICAL: a"), 0, Outdated},   // a past that was overtaken
		{"log", result(web, 101, 1, "WARNING"), 0, SeenAlready},   // the log comes later
		{"log", result(web, 102, 1, "WARNING: b"), 0, News},       // another output
		{"status", seen(web, 101, 102, 2, "WARNING: b"), 0, News}, // another state
	})
}

func TestAnotherAttemptIsAnotherResult(t *testing.T) {
	second := seen(web, 11, 11, 2, "CRITICAL")
	second.Check.Attempt, second.Check.StateType = 2, supervision.Soft
	first := result(web, 10, 2, "CRITICAL")
	first.Check.StateType = supervision.Soft
	run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", first, 0, News},
		{"status", second, 0, News},
	})
}

// A check that always says the same is told apart by the time that it took.
func TestAnotherExecutionIsAnotherResult(t *testing.T) {
	took := func(r supervision.Record, seconds float64) supervision.Record {
		r.Check.Execution = seconds
		return r
	}
	off := supervision.Flags{PerfdataOff: true}
	first := took(seen(web, 9, 10, 0, "OK"), 0.704)
	first.Check.Flags = &off
	run(t, Options{Readers: []Witness{status, perfdata}}, []step{
		{"status", first, 0, News},
		{"perfdata", took(result(web, 10, 0, "OK"), 0.704), 0, SeenAlready},
		{"perfdata", took(result(web, 14, 0, "OK"), 0.120), 0, News},
	})
}

func TestTheOwnerBringsEverything(t *testing.T) {
	off := seen(web, 200, 201, 0, "OK")
	off.Check.Flags = &supervision.Flags{PerfdataOff: true}
	run(t, Options{Readers: []Witness{logReader, status, perfdata}}, []step{
		{"log", result(web, 10, 2, "CRITICAL"), 0, OwnerBringsIt},
		{"perfdata", result(web, 10, 2, "CRITICAL"), 0, News},
		{"perfdata", result(web, 10, 2, "CRITICAL"), 0, News}, // two in one second
		{"status", seen(web, 9, 10, 2, "CRITICAL"), 0, OwnerBringsIt},
		{"log", result(host, 10, 1, "DOWN"), 0, News},   // hosts have no owner here
		{"status", seen(web, 40, 41, 0, "OK"), 0, News}, // the owner, which has read everything, doesn't have it
		{"log", result(web, 42, 2, "CRITICAL"), 0, News},
		{"perfdata", result(web, 42, 2, "CRITICAL"), 0, SeenAlready}, // it is back
		{"log", result(web, 43, 0, "OK"), 0, OwnerBringsIt},
		{"status", off, 0, News}, // this object writes no perfdata
		{"log", result(web, 210, 1, "WARNING"), 0, News},
	})
}

func TestALateOwnerIsGivenTime(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status, spool}}, []step{
		{"spool", result(web, 10, 0, "OK"), 0, News},
		{"status", seen(web, 20, 21, 2, "CRITICAL"), 25, OwnerBringsIt},
		{"spool", result(web, 21, 2, "CRITICAL"), 30, News},
		{"status", seen(web, 40, 41, 0, "OK"), 45, OwnerBringsIt},
		{"status", seen(web, 60, 61, 0, "OK"), 65, OwnerBringsIt},
		{"log", result(web, 70, 2, "CRITICAL"), 70, OwnerBringsIt},
		{"status", seen(web, 102, 103, 2, "CRITICAL"), 106, News}, // silent for more than a minute
		{"log", result(web, 110, 0, "OK"), 110, News},
		{"spool", result(web, 41, 0, "OK"), 111, Outdated},
		{"spool", result(web, 110, 0, "OK"), 111, SeenAlready},
		{"status", seen(web, 109, 110, 0, "OK"), 120, OwnerBringsIt},
	})
}

// After a stop the log may be read before what the owner wrote meanwhile.
func TestTheLogDoesNotRunAheadOfTheOwner(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status, perfdata}}, []step{
		{"perfdata", result(web, 10, 0, "OK"), 0, News},
		{"status", seen(web, 19, 20, 0, "OK, written nowhere else"), 0, News},
		{"log", result(web, 40, 2, "CRITICAL"), 1000, OwnerBringsIt},
		{"perfdata", result(web, 30, 0, "OK"), 1000, News},
		{"perfdata", result(web, 40, 2, "CRITICAL"), 1000, News},
	})
}

func noState(end int, output string) supervision.Record {
	r := result(web, end, supervision.StateNotReported, output)
	r.Check.StateType, r.Check.Attempt = supervision.StateTypeNotReported, 0
	return r
}

func attempt(r supervision.Record, stateType supervision.StateType, n int) supervision.Record {
	r.Check.StateType, r.Check.Attempt = stateType, n
	return r
}

func TestStateIsFilledInAtItsTime(t *testing.T) {
	late := stateless
	late.Delay = time.Hour
	opts := Options{Readers: []Witness{logReader, status, late}}
	passive := attempt(result(web, 32, 1, "WARNING, passive"), supervision.StateTypeNotReported, 0)
	a := run(t, opts, []step{
		{"perfdata", noState(1, "OK"), 0, StateUnknown},
		{"log", result(web, 2, 0, "OK"), 0, OwnerBringsIt},
		{"perfdata", noState(2, "OK"), 0, News},
		{"log", result(web, 10, 0, "OK"), 0, OwnerBringsIt},
		{"log", attempt(result(web, 20, 2, "CRITICAL"), supervision.Soft, 1), 0, OwnerBringsIt},
		{"log", attempt(result(web, 20, 2, "CRITICAL"), supervision.Soft, 2), 0, OwnerBringsIt},
		{"log", attempt(result(web, 30, 1, "WARNING"), supervision.Hard, 3), 0, OwnerBringsIt},
		{"log", passive, 0, OwnerBringsIt},
		{"status", seen(web, 9, 10, 0, "OK"), 0, OwnerBringsIt}, // written before all that
		{"log", attempt(result(web, 40, 0, "OK"), supervision.Hard, 3), 0, OwnerBringsIt},
	})
	// The perfdata file is read after the log is, as after a stop.
	for _, c := range []struct {
		at     int
		output string
		want   string // state, state type, attempt
	}{
		{10, "OK", "0 1 1"},
		{15, "OK, again", "0 1 1"},
		{20, "OK, once more", "0 1 1"}, // of the second in which it broke
		{20, "CRITICAL", "2 0 1"},
		{21, "CRITICAL", "2 0 2"}, // the second ended between the two lines
		{25, "CRITICAL", "2 0 2"},
		{30, "WARNING", "1 1 3"},
		{31, "WARNING", "1 1 3"},
		{32, "WARNING, passive", "1 1 3"},
		{40, "OK", "0 1 3"}, // as Nagios logs a recovery
		{41, "OK", "0 1 1"},
		{300, "OK", "0 1 1"},
	} {
		r := noState(c.at, c.output)
		why, _ := a.Judge(&r, "perfdata", at(c.at))
		if got := fmt.Sprint(r.Check.State, r.Check.StateType, r.Check.Attempt); why != News || got != c.want {
			t.Errorf("at %d, %s: %q, %s, want news, %s", c.at, c.output, why, got, c.want)
		}
	}
}

// At a start and after a rotation the log repeats all states.
func TestStateIsFilledInFromARepetition(t *testing.T) {
	a := run(t, Options{Readers: []Witness{logReader, stateless}}, []step{
		{"log", present(attempt(result(web, 10, 2, "CRITICAL"), supervision.Hard, 3)), 0, OwnerBringsIt},
		{"perfdata", noState(10, "CRITICAL"), 0, News},
		{"log", present(attempt(result(web, 20, 0, "OK"), supervision.Soft, 2)), 0, OwnerBringsIt},
		{"perfdata", noState(19, "CRITICAL, still"), 0, News},
		{"perfdata", noState(20, "OK"), 0, News},
	})
	if k, _ := a.facts[web].stateOf(&supervision.Record{Time: at(20), Check: &supervision.Check{Output: "OK"}}); k.state != 0 || k.stateType != supervision.Hard || k.attempt != 1 {
		t.Errorf("state %+v", k)
	}
}

// A template without output leaves the time alone to go by.
func TestStateIsFilledInWithoutOutput(t *testing.T) {
	a := run(t, Options{Readers: []Witness{logReader, stateless}}, []step{
		{"log", result(web, 10, 0, "OK"), 0, OwnerBringsIt},
		{"log", result(web, 20, 2, "CRITICAL"), 0, OwnerBringsIt},
	})
	for end, want := range map[int]supervision.State{19: 0, 20: 2, 21: 2} {
		b := *a
		b.facts = map[supervision.Entity]*facts{}
		if err := b.Remember("web01\x00HTTP", a.facts[web].encode()); err != nil {
			t.Fatal(err)
		}
		r := noState(end, "")
		if why, _ := b.Judge(&r, "perfdata", at(end)); why != News || r.Check.State != want {
			t.Errorf("at %d: %q, state %d, want %d", end, why, r.Check.State, want)
		}
	}
}

// Of an object that was never checked before, the log says nothing as long as
// it is well: the status file tells its first result.
func TestTheFirstResultOfAnOwnerWithoutStates(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status, stateless}}, []step{
		{"perfdata", noState(10, "OK"), 0, StateUnknown},
		{"status", seen(web, 9, 10, 0, "OK"), 0, News},
		{"log", result(web, 20, 2, "CRITICAL"), 0, OwnerBringsIt},
		{"perfdata", noState(20, "CRITICAL"), 0, News},
	})
}

// A supervisor that was killed goes on from the states that it had saved, and
// the log does not tell.
func TestAWronglyFilledStateIsCorrected(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status, stateless}}, []step{
		{"log", result(web, 10, 2, "CRITICAL"), 0, OwnerBringsIt},
		{"perfdata", noState(10, "CRITICAL"), 0, News},
		{"perfdata", noState(20, "all is well"), 0, News}, // taken for critical
		{"status", seen(web, 19, 20, 0, "all is well"), 0, News},
		{"status", seen(web, 19, 20, 0, "all is well"), 0, OwnerBringsIt},
		{"perfdata", noState(30, "all is well"), 0, News},
		{"status", seen(web, 29, 30, 0, "all is well"), 0, OwnerBringsIt},
	})
}

func TestResync(t *testing.T) {
	checked := present(seen(web, 9, 10, 2, "CRITICAL"))
	for _, c := range []struct {
		policy Resync
		want   []Reason
	}{
		{Changed, []Reason{News, NoChange, NoChange, News, News, Outdated}},
		{Always, []Reason{News, News, NoChange, News, News, Outdated}},
		{Never, []Reason{ResyncOff, ResyncOff, ResyncOff, ResyncOff, ResyncOff, ResyncOff}},
	} {
		a, _ := New(Options{Resync: c.policy, Readers: []Witness{logReader, status}})
		recs := []struct {
			from string
			rec  supervision.Record
		}{
			{"status", checked},
			{"status", checked},
			{"log", present(result(web, 20, 2, "CRITICAL"))},
			{"status", present(seen(web, 40, 41, 2, "CRITICAL"))}, // checked since
			{"log", present(result(web, 60, 0, "OK"))},
			{"status", present(seen(web, 40, 41, 2, "CRITICAL"))}, // an old file
		}
		var got []Reason
		for _, r := range recs {
			why, _ := a.Judge(&r.rec, r.from, r.rec.Time)
			got = append(got, why)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("policy %d: %s", c.policy, diff)
		}
	}
}

func TestResyncOfWhatAnotherReaderBrought(t *testing.T) {
	for _, c := range []struct {
		policy Resync
		want   Reason
	}{{Changed, OwnerBringsIt}, {Always, News}, {Never, OwnerBringsIt}} {
		run(t, Options{Resync: c.policy, Readers: []Witness{perfdata, status}}, []step{
			{"perfdata", result(web, 11, 2, "CRITICAL"), 0, News},
			// The status file may show the end of a check a second earlier.
			{"status", present(seen(web, 9, 10, 2, "CRITICAL")), 20, c.want},
		})
	}
	run(t, Options{Resync: Always, Readers: []Witness{perfdata, status}}, []step{
		{"perfdata", result(web, 11, 2, "CRITICAL"), 0, News},
		{"status", present(seen(web, 4, 5, 0, "OK")), 20, Outdated}, // an old file
		{"status", seen(web, 9, 10, 2, "CRITICAL"), 30, OwnerBringsIt},
	})
}

func TestAcknowledgements(t *testing.T) {
	a := run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", result(web, 1, 0, "OK"), 0, News},
		{"log", note(supervision.Acknowledged, 2, "bob", "nothing to see"), 0, Refused},
		{"log", result(web, 3, 2, "CRITICAL"), 0, News},
		{"log", note(supervision.Acknowledged, 4, "bob", "on it"), 0, News},
		{"status", note(supervision.Acknowledged, 4, "bob", "on it"), 0, SeenAlready},
		{"log", note(supervision.Acknowledged, 5, "bob", "still on it"), 0, News},
		{"log", note(supervision.AcknowledgementRemoved, 6, "", ""), 0, News},
		{"status", note(supervision.AcknowledgementRemoved, 6, "", ""), 0, NoChange},
		{"status", note(supervision.Acknowledged, 7, "eve", "by the web"), 0, News},
		{"log", note(supervision.Acknowledged, 7, "eve", "by the web"), 0, SeenAlready},
	})
	if !a.Flags(web).Acknowledged {
		t.Error("not acknowledged")
	}
}

func TestTheEndOfAnAcknowledgementIsDerived(t *testing.T) {
	for _, c := range []struct {
		name   string
		sticky bool
		state  supervision.State
		want   string
	}{
		{"recovery ends a sticky one", true, 0, "acknowledgement cleared by recovery"},
		{"recovery ends a normal one", false, 0, "acknowledgement cleared by recovery"},
		{"another problem ends a normal one", false, 1, "acknowledgement cleared by a change of state"},
		{"another problem leaves a sticky one", true, 1, ""},
		{"the same problem leaves a normal one", false, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := New(Options{Readers: []Witness{logReader, status}})
			first, ack, next := result(web, 1, 2, "CRITICAL"), note(supervision.Acknowledged, 2, "bob", "x"), result(web, 3, c.state, "next")
			ack.Note.Sticky = c.sticky
			a.Judge(&first, "log", at(1))
			a.Judge(&ack, "log", at(2))
			why, derived := a.Judge(&next, "log", at(3))
			got := ""
			for _, derived := range derived {
				got = derived.Note.Text
				if derived.Kind != supervision.AcknowledgementRemoved || derived.Entity != web || !derived.Time.Equal(at(3)) {
					t.Errorf("derived %+v", derived)
				}
			}
			if why != News || got != c.want {
				t.Errorf("%q, derived %q, want %q", why, got, c.want)
			}
			if a.Flags(web).Acknowledged != (c.want == "") {
				t.Error("the flag disagrees")
			}
		})
	}
}

func TestCommentsAreMatchedOneToOne(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", note(supervision.CommentAdded, 1, "bob", "hello"), 0, News},
		{"log", note(supervision.CommentAdded, 2, "bob", "hello"), 0, News},
		{"status", note(supervision.CommentAdded, 1, "bob", "hello"), 0, SeenAlready},
		{"status", note(supervision.CommentAdded, 2, "bob", "hello"), 0, SeenAlready},
		{"status", note(supervision.CommentAdded, 3, "bob", "hello"), 0, News},
	})
}

func TestDowntimes(t *testing.T) {
	a := run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", downtime(supervision.DowntimeScheduled, 1, 0), 0, News},
		{"status", downtime(supervision.DowntimeScheduled, 1, 7), 0, SeenAlready},
		{"log", downtime(supervision.DowntimeStarted, 2, 0), 0, News},
		{"log", downtime(supervision.DowntimeStarted, 3, 0), 0, NoChange}, // repeated at a reload
		{"status", downtime(supervision.DowntimeStarted, 2, 7), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeStarted, 4, 8), 0, News}, // over the running one
		{"status", downtime(supervision.DowntimeEnded, 5, 7), 0, News},
		{"log", downtime(supervision.DowntimeEnded, 6, 0), 0, News},
		{"status", downtime(supervision.DowntimeEnded, 6, 8), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 7, 9), 0, News}, // before it began
		{"status", downtime(supervision.DowntimeStarted, 8, 10), 0, News},
		{"log", downtime(supervision.DowntimeStarted, 8, 0), 0, NoChange},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d, want 1", got)
	}
}

// The log tells the end of downtimes at once and without their ids, the status
// file of each when it is written.
func TestTheEndOfADowntimeIsToldOnce(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", downtime(supervision.DowntimeStarted, 1, 0), 0, News},
		{"status", downtime(supervision.DowntimeStarted, 1, 7), 0, SeenAlready},
		{"log", downtime(supervision.DowntimeCancelled, 5, 0), 0, News},
		{"status", downtime(supervision.DowntimeCancelled, 6, 7), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 7, 8), 0, News}, // another one, that never began

		// The status file has shown it before it began, and then not any more.
		{"log", downtime(supervision.DowntimeStarted, 10, 0), 0, News},
		{"log", downtime(supervision.DowntimeEnded, 11, 0), 0, News},
		{"status", downtime(supervision.DowntimeCancelled, 12, 9), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 13, 10), 0, News},

		{"status", downtime(supervision.DowntimeStarted, 20, 11), 0, News},
		{"status", downtime(supervision.DowntimeCancelled, 21, 12), 0, News}, // beside a running one
	})
}

// The log has been read on while the status file still shows a downtime running.
func TestADowntimeThatIsOverInTheLog(t *testing.T) {
	a := run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", downtime(supervision.DowntimeStarted, 1, 0), 0, News},
		{"log", downtime(supervision.DowntimeEnded, 4, 0), 0, News},
		{"status", downtime(supervision.DowntimeStarted, 2, 7), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 6, 7), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeStarted, 8, 8), 0, News},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d, want 1", got)
	}
}

func TestOrdersAreNoNews(t *testing.T) {
	cancel := downtime(supervision.DowntimeCancelled, 3, 0)
	cancel.Downtime.Text = ""
	byID := note(supervision.CommentDeleted, 4, "", "")
	byID.Entity = supervision.Entity{}
	whole, cut := downtime(supervision.DowntimeScheduled, 5, 0), downtime(supervision.DowntimeScheduled, 5, 8)
	whole.Downtime.Comment, cut.Downtime.Comment = "maintenance; until noon", "maintenance"
	a := run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", downtime(supervision.DowntimeStarted, 2, 0), 0, News},
		{"log", cancel, 0, OnlyAnOrder},
		{"log", byID, 0, OnlyAnOrder},
		{"log", whole, 0, News},
		{"status", cut, 0, SeenAlready},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d after an order, want 1", got)
	}
}

func TestFlapping(t *testing.T) {
	run(t, Options{Readers: []Witness{logReader, status}}, []step{
		{"log", flapping(supervision.FlappingStopped, 1), 0, NoChange},
		{"log", flapping(supervision.FlappingStarted, 2), 0, News},
		{"log", flapping(supervision.FlappingStarted, 3), 0, NoChange},
		{"status", flapping(supervision.FlappingStarted, 2), 0, NoChange},
		{"status", flapping(supervision.FlappingStopped, 4), 0, News},
	})
}

func TestReadersMustBeTold(t *testing.T) {
	if _, err := New(Options{Readers: []Witness{logReader, logReader}}); err == nil || !strings.Contains(err.Error(), `"log"`) {
		t.Errorf("error %v", err)
	}
	if _, err := New(Options{Readers: make([]Witness, 9)}); err == nil {
		t.Error("nine readers accepted")
	}
}

func TestOnlyWhatChangedIsFlushed(t *testing.T) {
	a, _ := New(Options{Readers: []Witness{logReader}})
	keys := func() (keys []string) {
		a.Flush(func(k string, _ []byte) { keys = append(keys, k) })
		return keys
	}
	r := result(web, 1, 0, "OK")
	a.Judge(&r, "log", at(1))
	if diff := cmp.Diff([]string{"web01\x00HTTP"}, keys()); diff != "" {
		t.Error(diff)
	}
	if k := keys(); k != nil {
		t.Errorf("flushed again: %q", k)
	}
}

func FuzzRemember(f *testing.F) {
	full := facts{
		sent:  sentCheck{start: 1, end: 2, state: 2, stateType: 1, attempt: 3, output: 4, execution: 15, sources: 5, set: true},
		known: knownState{state: 1, at: 12, set: true}, ownerUntil: 6, unserved: 7, ackText: 8, ackSource: 1,
		acknowledged: true, downtimes: []int64{1, 2}, ended: []int64{3}, endedUnknown: 4, said: []said{{9, 1}},
		history: []pastState{{knownState{state: 2, stateType: 1, attempt: 1, at: 10, set: true}, 11, true, false}, {knownState{at: 13, set: true}, 14, false, true}},
	}
	f.Add(full.encode())
	f.Add((&facts{}).encode())
	f.Add([]byte{1, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decodeFacts(b)
		if err != nil {
			return
		}
		again, err := decodeFacts(got.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again, cmp.AllowUnexported(facts{}, sentCheck{}, knownState{}, said{}, pastState{})); diff != "" {
			t.Error(diff)
		}
	})
}
