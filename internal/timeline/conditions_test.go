package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestCommentsAreMatchedOneToOne(t *testing.T) {
	run(t, options(logReader, status), []step{
		{"log", note(supervision.CommentAdded, 1, "bob", "hello"), 0, sent},
		{"log", note(supervision.CommentAdded, 2, "bob", "hello"), 0, sent},
		{"status", note(supervision.CommentAdded, 1, "bob", "hello"), 0, seenAlready},
		{"status", note(supervision.CommentAdded, 2, "bob", "hello"), 0, seenAlready},
		{"status", note(supervision.CommentAdded, 3, "bob", "hello"), 0, sent},
	})
}

func TestDowntimes(t *testing.T) {
	a := run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeScheduled, 1, 0), 0, sent},
		{"status", downtime(supervision.DowntimeScheduled, 1, 7), 0, seenAlready},
		{"log", downtime(supervision.DowntimeStarted, 2, 0), 0, sent},
		{"log", downtime(supervision.DowntimeStarted, 3, 0), 0, unchanged}, // repeated at a reload
		{"status", downtime(supervision.DowntimeStarted, 2, 7), 0, seenAlready},
		{"status", downtime(supervision.DowntimeStarted, 4, 8), 0, sent}, // over the running one
		{"status", downtime(supervision.DowntimeEnded, 5, 7), 0, sent},
		{"log", downtime(supervision.DowntimeEnded, 6, 0), 0, sent},
		{"status", downtime(supervision.DowntimeEnded, 6, 8), 0, seenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 7, 9), 0, sent}, // before it began
		{"status", downtime(supervision.DowntimeStarted, 8, 10), 0, sent},
		{"log", downtime(supervision.DowntimeStarted, 8, 0), 0, unchanged},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d, want 1", got)
	}
}

// The log reports the end of downtimes at once and without their ids, the status
// file of each when it is written.
func TestTheEndOfADowntimeIsSentOnce(t *testing.T) {
	run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeStarted, 1, 0), 0, sent},
		{"status", downtime(supervision.DowntimeStarted, 1, 7), 0, seenAlready},
		{"log", downtime(supervision.DowntimeCancelled, 5, 0), 0, sent},
		{"status", downtime(supervision.DowntimeCancelled, 6, 7), 0, seenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 7, 8), 0, sent}, // another one, that never began

		// The status file has shown it before it began, and then not any more.
		{"log", downtime(supervision.DowntimeStarted, 10, 0), 0, sent},
		{"log", downtime(supervision.DowntimeEnded, 11, 0), 0, sent},
		{"status", downtime(supervision.DowntimeCancelled, 12, 9), 0, seenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 13, 10), 0, sent},

		{"status", downtime(supervision.DowntimeStarted, 20, 11), 0, sent},
		{"status", downtime(supervision.DowntimeCancelled, 21, 12), 0, sent}, // beside a running one
	})
}

// The log has been read on while the status file still shows a downtime running.
func TestADowntimeThatIsOverInTheLog(t *testing.T) {
	a := run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeStarted, 1, 0), 0, sent},
		{"log", downtime(supervision.DowntimeEnded, 4, 0), 0, sent},
		{"status", downtime(supervision.DowntimeStarted, 2, 7), 0, seenAlready},
		{"status", downtime(supervision.DowntimeCancelled, 6, 7), 0, seenAlready},
		{"status", downtime(supervision.DowntimeStarted, 8, 8), 0, sent},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d, want 1", got)
	}
}

func TestOrdersAreNotSent(t *testing.T) {
	cancel := downtime(supervision.DowntimeCancelled, 3, 0)
	cancel.Downtime.Text = ""
	byID := note(supervision.CommentDeleted, 4, "", "")
	byID.Entity = supervision.Entity{}
	whole, cut := downtime(supervision.DowntimeScheduled, 5, 0), downtime(supervision.DowntimeScheduled, 5, 8)
	whole.Downtime.Comment, cut.Downtime.Comment = "maintenance; until noon", "maintenance"
	a := run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeStarted, 2, 0), 0, sent},
		{"log", cancel, 0, onlyAnOrder},
		{"log", byID, 0, onlyAnOrder},
		{"log", whole, 0, sent},
		{"status", cut, 0, seenAlready},
	})
	if got := a.Flags(web).DowntimeDepth; got != 1 {
		t.Errorf("depth %d after an order, want 1", got)
	}
}

func TestFlapping(t *testing.T) {
	run(t, options(logReader, status), []step{
		{"log", flapping(supervision.FlappingStopped, 1), 0, unchanged},
		{"log", flapping(supervision.FlappingStarted, 2), 0, sent},
		{"log", flapping(supervision.FlappingStarted, 3), 0, unchanged},
		{"status", flapping(supervision.FlappingStarted, 2), 0, unchanged},
		{"status", flapping(supervision.FlappingStopped, 4), 0, sent},
	})
}

// A status file that is read again after a crash shows the same comments and downtimes.
func TestAStatusFileThatIsReadAgainShowsNothingTwice(t *testing.T) {
	comment := func(sec int, id int64) supervision.Record {
		rec := note(supervision.CommentAdded, sec, "bob", "hello")
		rec.Note.ID = id
		return rec
	}
	scheduled := downtime(supervision.DowntimeScheduled, 10, 7)
	scheduled.Downtime.Entry = at(10)
	run(t, options(logReader, status), []step{
		{"status", comment(1, 1), 0, sent},
		{"status", comment(1, 2), 0, sent}, // the same words by the same author, in one second
		{"status", comment(1, 1), 0, seenAlready},
		{"status", comment(1, 2), 0, seenAlready},
		{"log", note(supervision.CommentAdded, 1, "bob", "hello"), 0, seenAlready},
		{"log", note(supervision.CommentAdded, 1, "bob", "hello"), 0, seenAlready},
		{"log", note(supervision.CommentAdded, 9, "bob", "hello"), 0, sent},
		{"status", scheduled, 0, sent},
		{"status", scheduled, 0, seenAlready},
	})
}

// What the log has reported and no status file has shown is asked for after a restart too.
func TestADoubtOutlivesARestart(t *testing.T) {
	tl := run(t, options(logReader, status), []step{
		{"log", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"log", note(supervision.Acknowledged, 10, "bob", "on it"), 0, sent},
	})
	tl = restored(t, tl)
	if got := tl.Doubtful(); len(got) != 1 || got[0] != web {
		t.Fatalf("doubtful: %v", got)
	}
	shown := seen(web, 1, 1, 2, "CRITICAL")
	shown.Check.Flags = &supervision.Flags{At: at(30), Acknowledged: true}
	take(tl, "status", shown, at(30))
	if got := restored(t, tl).Doubtful(); len(got) != 0 {
		t.Errorf("after the status file: %v", got)
	}
}

// What began before the supervisor's clock went back is older than what is shown now.
func TestConditionsFromBeforeAStepOfTheClock(t *testing.T) {
	shown := func(sec int) supervision.Record {
		rec := seen(web, 150, 150, 2, "CRITICAL")
		rec.Check.Flags = &supervision.Flags{At: at(sec)}
		return rec
	}
	started := supervision.Record{Kind: supervision.SupervisorStarted, Time: at(990)}
	run(t, options(logReader, status), []step{
		{"log", started, 0, sent},
		{"log", result(web, 1000, 2, "CRITICAL"), 0, sent},
		{"log", flapping(supervision.FlappingStarted, 1000), 0, sent},
		{"log", downtime(supervision.DowntimeStarted, 1000, 0), 0, sent},
		{"log", note(supervision.Acknowledged, 1000, "bob", "on it"), 0, sent},
		{"log", result(host, 100, 0, "UP"), 1010, sent},
		{"status", shown(200), 1110, unchanged + ", acknowledgement removed " + sent + ", flapping stopped " + sent},
		tick(1113, supervision.CheckResult, "downtime ended "+sent),
	})
}

// The log had reported the end of a downtime when the clock went back. One that begins
// then is another one.
func TestADowntimeAfterAStepOfTheClock(t *testing.T) {
	run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeStarted, 1000, 0), 0, sent},
		{"log", downtime(supervision.DowntimeEnded, 1010, 0), 0, sent},
		{"log", result(host, 100, 0, "UP"), 1010, sent},
		{"status", downtime(supervision.DowntimeStarted, 200, 8), 1110, sent},
	})
}
