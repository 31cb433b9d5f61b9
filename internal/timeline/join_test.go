package timeline

import (
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const completion = sent + " (" + string(Completion) + ")"

// A result that a slow reader brings is the one that was sent, not a later one that is
// held for it: the nearest, and of two that are as near the one that came first.
func TestALateReportJoinsTheNearestResult(t *testing.T) {
	run(t, options(logReader, spool), []step{
		{"log", result(web, 27, 1, "a"), 27, held},
		tick(28, supervision.CheckResult, sent),
		{"log", result(web, 29, 2, "b"), 29, held},
		tick(30, supervision.CheckResult, sent),
		{"log", result(web, 29, 1, "a"), 30, held},
		{"spool", result(web, 27, 1, "a"), 30, seenAlready},
		{"spool", result(web, 29, 2, "b"), 30, seenAlready},
		{"spool", result(web, 29, 1, "a"), 30, sent},
	})
	run(t, options(logReader, spool), []step{
		{"log", result(web, 27, 1, "a"), 27, held},
		tick(28, supervision.CheckResult, sent),
		{"log", result(web, 28, 1, "a"), 28, held},
		{"spool", perf(result(web, 27, 1, "a"), "x=1"), 28, completion},
		{"spool", perf(result(web, 28, 1, "a"), "x=2"), 28, sent},
	})
}

// What was processed before a result that was sent is not the report of one that came
// after that.
func TestAReportFromBeforeDoesNotJoinWhatCameBehind(t *testing.T) {
	run(t, options(logReader, spool), []step{
		{"log", result(web, 20, 1, "first"), 20, held},
		tick(21, supervision.CheckResult, sent),
		{"log", result(web, 29, 2, "b"), 29, held},
		tick(30, supervision.CheckResult, sent),
		{"log", result(web, 29, 1, "a"), 30, held},
		{"spool", result(web, 20, 1, "first"), 30, seenAlready},
		{"spool", result(web, 27, 1, "a"), 30, late}, // never in the log
		{"spool", result(web, 29, 2, "b"), 30, seenAlready},
		{"spool", result(web, 29, 1, "a"), 30, sent},
	})
}

// A state that was restored after a crash is not the text of a result that came after it.
func TestAnOlderTextDoesNotCompleteANewerResult(t *testing.T) {
	tl := run(t, options(status, textless), []step{
		{"perfdata", result(web, 35, 0, ""), 0, sent},
		{"perfdata", result(web, 41, 0, ""), 0, sent},
	})
	older := present(seen(web, 35, 35, 0, "OK"))
	older.Check.Flags = &supervision.Flags{At: at(62)}
	if got := take(tl, "status", older, at(62)); got != seenAlready {
		t.Errorf("the older one: %s", got)
	}
}

// A change without a text waits for the log for as long as that is busy: it has many
// lines, as after a start of the supervisor.
func TestAChangeWaitsForItsTextWhileTheLogIsBusy(t *testing.T) {
	readers := []Reader{logReader, textless}
	opts := options(readers...)
	opts.Order = NewOrder(readers)
	live(opts.Order, at(19), "log", "perfdata")
	tl := newTimeline(t, opts)
	take(tl, "perfdata", result(web, 1, 0, ""), at(1))
	opts.Order.Done("log", at(19), at(19))
	if got := take(tl, "perfdata", result(web, 20, 2, ""), at(20)); got != held {
		t.Fatal(got)
	}
	for ms := 500; ms <= 2000; ms += 500 {
		now := at(20).Add(time.Duration(ms) * time.Millisecond)
		opts.Order.Entered("log", results(20), now) // lines of other objects
		tl.Tick(now, func(d Decision) { t.Errorf("after %d ms: %q %s", ms, d.Record.Check.Output, d.Reason) })
		if due := tl.Due(); due.Sub(now) <= 0 || due.Sub(now) > reportWait {
			t.Fatalf("due after %s", due.Sub(now))
		}
	}
	if got := take(tl, "log", result(web, 20, 2, "CRITICAL"), at(22)); got != sent {
		t.Errorf("the line of the log: %s", got)
	}
}

// It waits no longer when the log was at its end, nor for one that shows no sign of life.
func TestAChangeWithoutATextLeavesWhenTheLogHasNone(t *testing.T) {
	for _, c := range []struct {
		name  string
		until time.Time
		look  func(o *Order)
	}{
		{"it was at its end", at(20).Add(textWait), func(o *Order) { o.Done("log", at(20), at(20)) }},
		{"it is past that second", at(20).Add(textWait), func(o *Order) { o.Entered("log", results(30), at(20)) }},
		{"it has failed", at(20).Add(textWait), func(o *Order) { o.Stops("log") }},
		{"it is silent", at(30), func(*Order) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			readers := []Reader{logReader, textless}
			opts := options(readers...)
			opts.Order = NewOrder(readers)
			live(opts.Order, at(19), "log", "perfdata")
			tl := newTimeline(t, opts)
			take(tl, "perfdata", result(web, 1, 0, ""), at(1))
			if got := take(tl, "perfdata", result(web, 20, 2, ""), at(20)); got != held {
				t.Fatal(got)
			}
			c.look(opts.Order)
			o := outcomes{kind: supervision.CheckResult}
			for !tl.Due().IsZero() {
				now := tl.Due()
				if tl.Tick(now, o.add); len(o.all) > 0 && now.Sub(c.until).Abs() > time.Second {
					t.Errorf("left %s after its stamp", now.Sub(at(20)))
				}
			}
			if o.String() != sent {
				t.Errorf("%s", o.String())
			}
		})
	}
}

// Whoever reads the files is asked to look, once for all that has begun to wait.
func TestWhatWaitsForAReportMakesTheOthersLook(t *testing.T) {
	tl := newTimeline(t, options(logReader, perfdata))
	take(tl, "perfdata", result(web, 1, 0, "OK"), at(1))
	if tl.Awaits() {
		t.Error("nothing waits yet")
	}
	take(tl, "log", result(web, 10, 2, "CRITICAL"), at(10))
	if !tl.Awaits() || tl.Awaits() {
		t.Error("want it to be said once")
	}
}
