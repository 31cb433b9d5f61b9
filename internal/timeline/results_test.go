package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestWithoutAnOwnerAResultIsSentOnce(t *testing.T) {
	run(t, options(logReader, status), []step{
		{"log", result(web, 10, 2, "CRITICAL: a"), 0, sent},
		{"status", seen(web, 9, 10, 2, "CRITICAL; a"), 0, seenAlready}, // ; and : are the same
		{"status", seen(web, 40, 41, 2, "CRITICAL: a"), 0, sent},       // checked again
		{"log", result(web, 70, 0, "OK"), 0, sent},
		{"log", result(web, 71, 0, "OK"), 0, sent},                // the same reader says it twice: twice it was
		{"status", seen(web, 69, 70, 0, "OK"), 0, seenAlready},    // one of the two
		{"status", seen(web, 100, 101, 1, "WARNING"), 0, sent},    // never in the log
		{"log", result(web, 50, 2, "CRITICAL: a"), 0, late},       // a past that was overtaken
		{"log", result(web, 101, 1, "WARNING"), 0, seenAlready},   // the log comes later
		{"log", result(web, 102, 1, "WARNING: b"), 0, sent},       // another output
		{"status", seen(web, 101, 102, 2, "WARNING: b"), 0, sent}, // another state
	})
}

func TestAnotherAttemptIsAnotherResult(t *testing.T) {
	second := seen(web, 11, 11, 2, "CRITICAL")
	second.Check.Attempt, second.Check.StateType = 2, supervision.Soft
	first := result(web, 10, 2, "CRITICAL")
	first.Check.StateType = supervision.Soft
	run(t, options(logReader, status), []step{
		{"log", first, 0, sent},
		{"status", second, 0, sent},
	})
}

// A check with the same output each time is recognised by the time that it took.
func TestAnotherExecutionIsAnotherResult(t *testing.T) {
	took := func(r supervision.Record, seconds float64) supervision.Record {
		r.Check.Execution = seconds
		return r
	}
	off := supervision.Flags{PerfdataOff: true}
	first := took(seen(web, 9, 10, 0, "OK"), 0.704)
	first.Check.Flags = &off
	run(t, options(status, perfdata), []step{
		{"status", first, 0, sent},
		{"perfdata", took(result(web, 10, 0, "OK"), 0.704), 0, seenAlready},
		{"perfdata", took(result(web, 14, 0, "OK"), 0.120), 0, sent},
	})
}

func TestAReaderOfEveryResult(t *testing.T) {
	off := seen(web, 200, 201, 0, "OK")
	off.Check.Flags = &supervision.Flags{PerfdataOff: true}
	run(t, options(logReader, status, perfdata), []step{
		{"log", result(web, 10, 2, "CRITICAL"), 0, held},
		{"perfdata", result(web, 10, 2, "CRITICAL"), 0, sent},
		{"perfdata", result(web, 10, 2, "CRITICAL"), 0, sent}, // two in one second
		{"status", seen(web, 9, 10, 2, "CRITICAL"), 0, seenAlready},
		{"log", result(host, 10, 1, "DOWN"), 0, sent},   // hosts have no owner here
		{"status", seen(web, 40, 41, 0, "OK"), 0, sent}, // the owner, which has read everything, doesn't have it
		{"log", result(web, 42, 2, "CRITICAL"), 0, sent},
		{"perfdata", result(web, 42, 2, "CRITICAL"), 0, seenAlready}, // it is back
		{"log", result(web, 43, 0, "OK"), 0, held},
		tick(44, supervision.CheckResult, sent), // the other one doesn't report it
		{"status", off, 0, sent},                // this object writes no perfdata
		{"log", result(web, 210, 1, "WARNING"), 0, sent},
	})
}

func TestASpoolIsGivenTime(t *testing.T) {
	run(t, options(logReader, status, spool), []step{
		{"spool", result(web, 10, 0, "OK"), 0, sent},
		{"status", seen(web, 20, 21, 0, "OK"), 25, expected},
		{"spool", result(web, 21, 0, "OK"), 30, sent},
		{"log", result(web, 35, 2, "CRITICAL"), 35, held},
		tick(36, supervision.CheckResult, sent),
		{"status", seen(web, 34, 35, 2, "CRITICAL"), 38, seenAlready},
		{"status", seen(web, 40, 41, 2, "CRITICAL"), 45, expected},
		{"spool", result(web, 31, 0, "OK"), 50, late},
		{"spool", perf(result(web, 35, 2, "CRITICAL"), "a=1"), 50, sent + " (" + string(Completion) + ")"},
		{"spool", result(web, 41, 2, "CRITICAL"), 50, sent},
		{"status", seen(web, 60, 61, 2, "CRITICAL"), 65, expected},
		{"status", seen(web, 90, 91, 2, "CRITICAL"), 126, sent}, // silent for more than a minute
		{"log", result(web, 130, 0, "OK"), 130, sent},
		{"spool", result(web, 61, 2, "CRITICAL"), 131, late},
	})
}

// After a stop the log may be read before what the owner wrote meanwhile.
func TestTheLogDoesNotRunAheadOfTheOwner(t *testing.T) {
	run(t, options(logReader, status, perfdata), []step{
		{"perfdata", result(web, 10, 0, "OK"), 0, sent},
		{"status", seen(web, 19, 20, 0, "OK, written nowhere else"), 0, sent},
		{"perfdata", result(web, 25, 0, "OK"), 1000, sent},
		{"log", result(web, 40, 2, "CRITICAL"), 1000, held},
		{"perfdata", result(web, 30, 0, "OK"), 1000, sent},
		{"perfdata", result(web, 40, 2, "CRITICAL"), 1000, sent},
	})
}
