package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func noState(end int, output string) supervision.Record {
	r := result(web, end, supervision.StateNotReported, output)
	r.Check.StateType, r.Check.Attempt = supervision.StateTypeNotReported, 0
	return r
}

func attempt(r supervision.Record, stateType supervision.StateType, n int) supervision.Record {
	r.Check.StateType, r.Check.Attempt = stateType, n
	return r
}

// states plays steps and returns the states that were sent, "STATE/TYPE/ATTEMPT
// OUTPUT" each.
func sentStates(t *testing.T, opts Options, steps []step) (got []string) {
	t.Helper()
	tl := newTimeline(t, opts)
	for _, s := range steps {
		tl = restored(t, tl)
		add := func(d Decision) {
			if c := d.Record.Check; c != nil && d.Reason == ToSend {
				got = append(got, string('0'+rune(c.State))+"/"+string('0'+rune(c.StateType))+"/"+
					string('0'+rune(c.Attempt))+" "+c.Output)
			}
		}
		now := s.rec.Time
		if s.now != 0 {
			now = at(s.now)
		}
		if s.from == "tick" {
			tl.Tick(now, add)
		} else {
			tl.Take(&s.rec, s.from, now, add)
		}
	}
	return got
}

func from(reader string, rec supervision.Record) step { return step{from: reader, rec: rec} }

func TestAStateIsAddedFromTheLog(t *testing.T) {
	passive := attempt(result(web, 32, 1, "WARNING, passive"), supervision.StateTypeNotReported, 0)
	got := sentStates(t, options(logReader, status, stateless), []step{
		from("perfdata", noState(1, "first")), // nobody knows its state yet
		from("log", result(web, 2, 0, "OK")),
		from("perfdata", noState(2, "OK")),
		from("log", result(web, 10, 0, "OK")),
		from("perfdata", noState(10, "OK")),
		from("perfdata", noState(15, "OK, again")),
		from("log", attempt(result(web, 20, 2, "CRITICAL"), supervision.Soft, 1)),
		from("perfdata", noState(20, "OK, once more")), // of the second in which it broke
		from("perfdata", noState(20, "CRITICAL")),
		from("log", attempt(result(web, 20, 2, "CRITICAL"), supervision.Soft, 2)),
		from("perfdata", noState(21, "CRITICAL")), // the second ended between the two lines
		from("perfdata", noState(25, "CRITICAL")),
		from("log", attempt(result(web, 30, 1, "WARNING"), supervision.Hard, 3)),
		from("perfdata", noState(30, "WARNING")),
		from("perfdata", noState(31, "WARNING")),
		from("log", passive),
		from("perfdata", noState(32, "WARNING, passive")),
		from("log", attempt(result(web, 40, 0, "OK"), supervision.Hard, 3)),
		from("perfdata", noState(40, "OK")),
		from("perfdata", noState(41, "OK")),
		from("perfdata", noState(300, "OK")),
	})
	want := []string{
		"0/1/1 OK", "0/1/1 OK", "0/1/1 OK, again", "0/1/1 OK, once more", "2/0/1 CRITICAL",
		"2/0/2 CRITICAL", "2/0/2 CRITICAL", "1/1/3 WARNING", "1/1/3 WARNING", "1/1/3 WARNING, passive",
		"0/1/3 OK", "0/1/1 OK", "0/1/1 OK",
	}
	compare(t, want, got)
}

// What is not known is never guessed.
func TestAStateThatNobodyKnowsIsWaitedFor(t *testing.T) {
	t.Run("the log can't be read", func(t *testing.T) {
		opts := options(status, stateless)
		opts.Order = NewOrder(opts.Readers)
		opts.Order.Begins("status", at(0))
		opts.Order.Begins("perfdata", at(0))
		compare(t, []string{"0/1/1 OK", "2/1/1 CRITICAL"}, sentStates(t, opts, []step{
			from("status", seen(web, 9, 10, 0, "OK")),
			from("perfdata", noState(20, "CRITICAL")),
			from("status", seen(web, 19, 20, 2, "CRITICAL")),
		}))
	})
	t.Run("soft states are not logged", func(t *testing.T) {
		opts := options(logReader, status, stateless)
		opts.SoftChanges = [2]bool{}
		compare(t, []string{"0/1/1 OK", "2/1/1 CRITICAL", "2/1/1 soft"}, sentStates(t, opts, []step{
			from("status", seen(web, 9, 10, 0, "OK")),
			from("log", result(web, 20, 2, "CRITICAL")),
			from("perfdata", noState(20, "CRITICAL")),
			from("perfdata", noState(30, "soft")),
			from("status", seen(web, 29, 30, 2, "soft")),
		}))
	})
	t.Run("the supervisor has started", func(t *testing.T) {
		start := supervision.Record{
			Kind: supervision.SupervisorStarted, Time: at(15), Process: &supervision.ProcessState{},
		}
		compare(t, []string{"2/1/1 CRITICAL", "0/1/1 OK", "0/1/1 OK, later"},
			sentStates(t, options(logReader, status, stateless), []step{
				from("log", result(web, 10, 2, "CRITICAL")),
				from("perfdata", noState(10, "CRITICAL")),
				from("log", start),
				from("perfdata", noState(20, "OK")),
				from("status", seen(web, 19, 20, 0, "OK")),
				from("perfdata", noState(30, "OK, later")),
			}))
	})
	t.Run("at the very first start", func(t *testing.T) {
		compare(t, []string{"0/1/1 one", "0/1/1 two", "0/1/1 three"},
			sentStates(t, options(logReader, status, stateless), []step{
				from("perfdata", noState(10, "one")),
				from("perfdata", noState(20, "two")),
				from("perfdata", noState(30, "three")),
				from("status", seen(web, 30, 30, 0, "three")),
			}))
	})
}

func TestATextIsAddedFromTheLogOrCarriedOver(t *testing.T) {
	textOf := func(end int, state supervision.State, perfdata string) supervision.Record {
		return perf(result(web, end, state, ""), perfdata)
	}
	run(t, options(logReader, status, textless), []step{
		{"status", present(seen(web, 1, 1, 0, "OK - fine")), 0, sent},
		{"perfdata", textOf(10, 0, "a=1"), 0, "sent (text carried over)"},
		{"log", result(web, 20, 2, "CRITICAL - bad"), 0, held},
		{"perfdata", textOf(20, 2, "a=2"), 0, sent},
		{"perfdata", textOf(30, 2, "a=3"), 0, "sent (text carried over)"},
		{"status", perf(seen(web, 29, 30, 2, "CRITICAL - worse"), "a=3"), 0, "sent (" + string(Completion) + ")"},
		{"perfdata", textOf(40, 0, "a=1"), 0, held}, // the log is about to show it
		{"log", result(web, 40, 0, "OK - well"), 0, sent},
		{"perfdata", textOf(50, 1, "a=5"), 0, held},
		tick(52, supervision.CheckResult, sent),
	})
}

// With the log and the status file alone, the log has a change first and the
// status file all of it.
func TestAResultIsCompleted(t *testing.T) {
	long := perf(seen(web, 9, 10, 2, "CRITICAL"), "a=1")
	long.Check.LongOutput = "more"
	run(t, options(logReader, status), []step{
		{"log", result(web, 10, 2, "CRITICAL"), 0, sent},
		{"status", long, 0, "sent (" + string(Completion) + ")"},
		{"status", seen(web, 39, 40, 2, "CRITICAL"), 0, sent},
	})
}

// An older state is not confirmed by a file from before the newer result, and not if the
// supervisor shows since what it knew before.
func TestAnOlderStateIsConfirmedOnlyByASupervisorThatShowsIt(t *testing.T) {
	shown := func(rec supervision.Record, sec int) supervision.Record {
		return present(flagged(rec, supervision.Flags{At: at(sec)}))
	}
	opts := options(perfdata, status)
	tl := run(t, opts, []step{
		{"perfdata", result(web, 24, 2, "CRITICAL"), 0, sent},
		{"perfdata", result(web, 60, 0, "OK"), 0, sent},
		{"status", shown(seen(web, 10, 10, 1, "WARNING"), 30), 70, string(Unconfirmed)},
	})
	if tl.held != 0 {
		t.Error("a file from before the result sent last is held")
	}
	tl = run(t, opts, []step{
		{"perfdata", result(web, 55, 0, "OK, one"), 0, sent},
		{"perfdata", result(web, 60, 0, "OK, two"), 0, sent},
		{"status", shown(seen(web, 10, 10, 2, "CRITICAL"), 65), 70, string(Unconfirmed)},
		{"status", flagged(seen(web, 55, 55, 0, "OK, one"), supervision.Flags{At: at(75)}), 75, seenAlready},
	})
	if tl.held != 0 {
		t.Error("the older state is held although the supervisor doesn't show it any more")
	}
	tl = run(t, opts, []step{
		{"perfdata", result(web, 49, 2, "CRITICAL"), 0, sent},
		{"perfdata", result(web, 51, 0, "OK"), 0, sent},
		{"status", shown(seen(web, 10, 10, 1, "WARNING"), 65), 70, string(Unconfirmed)},
		{"status", shown(seen(web, 49, 49, 2, "CRITICAL"), 75), 75, seenAlready},
	})
	if tl.held != 1 {
		t.Error("the older state is forgotten although the supervisor doesn't show the newer one")
	}
}
