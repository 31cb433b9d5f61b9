package timeline

import (
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var module = Reader{
	Name: "module", View: Everything, Hosts: true, Services: true, HasState: true, HasOutput: true,
	Delay: 2 * time.Minute,
}

// flagged sets the conditions of a result's object.
func flagged(r supervision.Record, flags supervision.Flags) supervision.Record {
	r.Check.Flags = &flags
	return r
}

func loaded(r supervision.Record, id int64) supervision.Record {
	if r.Note != nil {
		n := *r.Note
		n.ID, n.Loaded, r.Note = id, true, &n
	} else {
		d := *r.Downtime
		d.ID, d.Loaded, r.Downtime = id, true, &d
	}
	return r
}

func TestAModuleReportsEverything(t *testing.T) {
	noPerfdata := flagged(seen(web, 11, 12, 2, "CRITICAL"), supervision.Flags{Flapping: true, PerfdataOff: true})
	run(t, options(module, logReader, status, perfdata), []step{
		{"module", flapping(supervision.FlappingStarted, 10), 0, sent},
		{"module", result(web, 12, 2, "CRITICAL"), 0, sent},
		{"module", result(host, 13, 0, "UP"), 0, sent},
		{"perfdata", result(web, 12, 2, "CRITICAL"), 0, fromModule},
		{"log", result(web, 12, 2, "CRITICAL"), 0, fromModule},
		{"status", noPerfdata, 13, seenAlready},
		{"log", note(supervision.Acknowledged, 11, "alice", "known"), 0, fromModule},
		{"log", note(supervision.CommentAdded, 12, "alice", "a comment"), 0, fromModule},
		{"log", downtime(supervision.DowntimeStarted, 12, 0), 0, fromModule},
		{"status", flapping(supervision.FlappingStarted, 12), 0, fromModule},
		// What comes before the module has reported its time is taken once.
		{"log", note(supervision.CommentAdded, 20, "bob", "a comment"), 0, sent},
		{"module", note(supervision.CommentAdded, 20, "bob", "a comment"), 0, seenAlready},
		{"module", result(web, 21, 2, "CRITICAL"), 0, sent},
	})
}

// A module that is silent about an object for longer than it may be is no
// longer believed to tell all of it.
func TestASilentModuleIsReplaced(t *testing.T) {
	run(t, options(module, logReader, status), []step{
		{"module", result(web, 10, 0, "OK"), 0, sent},
		{"module", result(host, 100, 0, "UP"), 0, sent},
		{"status", seen(web, 15, 16, 0, "OK"), 20, expected},
		{"status", seen(web, 20, 21, 2, "CRITICAL"), 25, sent},                 // an alarm doesn't wait
		{"log", note(supervision.Acknowledged, 30, "alice", "known"), 0, sent}, // nobody else reports it
		{"status", seen(web, 30, 31, 2, "CRITICAL"), 35, expected},
		{"status", seen(web, 40, 41, 2, "CRITICAL"), 146, sent},
		{"module", result(web, 200, 0, "OK"), 0, sent},
		{"log", note(supervision.CommentAdded, 199, "alice", "back"), 0, fromModule},
	})
}

// At each start, a supervisor reports again what it took over.
func TestWhatIsLoadedIsSentOnce(t *testing.T) {
	comment := note(supervision.CommentAdded, 5, "alice", "a comment")
	scheduled := downtime(supervision.DowntimeScheduled, 5, 3)
	run(t, options(module), []step{
		{"module", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"module", loaded(comment, 7), 0, sent}, // the first time that we hear of it
		{"module", loaded(note(supervision.CommentAdded, 6, "alice", "another"), 9), 0, sent},
		{"module", loaded(comment, 7), 0, seenAlready},
		{"module", loaded(comment, 9), 0, seenAlready},
		{"module", comment, 0, sent}, // written now, by a supervisor whose numbers begin anew
		{"module", loaded(scheduled, 3), 0, sent},
		{"module", downtime(supervision.DowntimeStarted, 6, 3), 0, sent},
		{"module", loaded(scheduled, 3), 0, seenAlready},
		{"module", downtime(supervision.DowntimeStarted, 6, 3), 0, unchanged},
		{"module", loaded(scheduled, 4), 0, sent},
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, sent},
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, seenAlready},
		{"module", note(supervision.Acknowledged, 20, "bob", "known, too"), 0, sent},
		// Its comment is still there.
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, seenAlready},
		{"module", loaded(note(supervision.Acknowledged, 21, "bob", "known, too"), 0), 0, seenAlready},
		{
			"module", loaded(note(supervision.Acknowledged, 40, "carol", "while the connector had no journal"), 0),
			0, sent,
		},
	})
}

func forgotten(sec int, id int64) supervision.Record {
	r := downtime(supervision.DowntimeCancelled, sec, id)
	r.Downtime.Forgotten = true
	return r
}

func TestTheEndOfADowntimeByAModule(t *testing.T) {
	run(t, options(module), []step{
		{"module", downtime(supervision.DowntimeStarted, 1, 3), 0, sent},
		{"module", downtime(supervision.DowntimeStarted, 1, 4), 0, sent},
		{"module", downtime(supervision.DowntimeEnded, 2, 3), 0, sent},
		{"module", downtime(supervision.DowntimeCancelled, 2, 4), 0, sent},
		{"module", forgotten(2, 4), 0, seenAlready},
		{"module", forgotten(2, 3), 0, seenAlready},
		{"module", forgotten(3, 5), 0, sent}, // it never began
	})
}

// In a supervisor that checks little, the status file shows what the module reported
// before any later check result shows that the module was there.
func TestTheEndOfADowntimeByAModuleAndTheStatusFile(t *testing.T) {
	run(t, options(module, status), []step{
		{"module", downtime(supervision.DowntimeStarted, 1, 3), 0, sent},
		{"status", downtime(supervision.DowntimeStarted, 1, 3), 0, unchanged},
		{"module", downtime(supervision.DowntimeCancelled, 2, 3), 0, sent},
		{"module", forgotten(2, 3), 0, seenAlready},
		{"status", downtime(supervision.DowntimeStarted, 1, 3), 0, fromModule}, // an older file
		{"status", downtime(supervision.DowntimeCancelled, 9, 3), 0, seenAlready},
		{"module", forgotten(3, 5), 0, sent},
		{"status", downtime(supervision.DowntimeCancelled, 9, 5), 0, seenAlready},
		// A killed supervisor has read an older retention file.
		{"module", downtime(supervision.DowntimeStarted, 1, 6), 0, sent},
		{"module", downtime(supervision.DowntimeEnded, 4, 6), 0, sent},
		{"module", downtime(supervision.DowntimeStarted, 1, 6), 0, sent},
		{"module", downtime(supervision.DowntimeEnded, 7, 6), 0, sent},
		{"module", forgotten(7, 6), 0, seenAlready},
		{"status", downtime(supervision.DowntimeEnded, 9, 6), 0, seenAlready},
		// The module is gone.
		{"status", downtime(supervision.DowntimeStarted, 20, 7), 0, sent},
		{"status", downtime(supervision.DowntimeEnded, 21, 7), 0, sent},
	})
}

// What ended while nobody looked is derived from the conditions that a module
// reports.
func TestConditionsThatDiffer(t *testing.T) {
	acked := supervision.Flags{Acknowledged: true}
	all := supervision.Flags{Acknowledged: true, Flapping: true}
	load := func(id int64) supervision.Record { return loaded(downtime(supervision.DowntimeScheduled, 6, 0), id) }
	tl := run(t, options(module), []step{
		{"module", flagged(result(web, 1, 2, "CRITICAL"), supervision.Flags{}), 0, sent},
		{"module", note(supervision.Acknowledged, 2, "alice", "known"), 0, sent},
		{"module", flagged(result(web, 3, 1, "WARNING"), acked), 0, sent}, // it is sticky
		{"module", flagged(result(web, 4, 1, "WARNING"), supervision.Flags{}), 0, "sent, acknowledgement removed sent"},
		{"module", flagged(result(web, 5, 1, "WARNING"), supervision.Flags{}), 0, sent},

		{"module", note(supervision.Acknowledged, 6, "alice", "known, too"), 0, sent},
		{"module", flapping(supervision.FlappingStarted, 6), 0, sent},
		{"module", downtime(supervision.DowntimeStarted, 6, 3), 0, sent},
		{"module", downtime(supervision.DowntimeStarted, 6, 4), 0, sent},
		// A result has the conditions of its moment, whose changes have records of their own.
		{"module", flagged(result(web, 17, 2, "CRITICAL"), acked), 0, sent},
		{"module", load(3), 0, sent},
		{"module", load(4), 0, sent},
		// A supervisor that has just started has begun none of its downtimes yet.
		{"module", present(flagged(result(web, 17, 2, "CRITICAL"), all)), 0, unchanged},
		{"module", load(4), 0, seenAlready},
		{"module", present(flagged(result(web, 17, 2, "CRITICAL"), supervision.Flags{})), 0, "no change, " +
			"acknowledgement removed sent, flapping stopped sent, downtime ended sent"},
		{"module", present(flagged(result(web, 37, 2, "CRITICAL"), all)), 0, "no change, " +
			"acknowledgement sent, flapping started sent, downtime ended sent"},
	})
	if depth := tl.Flags(web).DowntimeDepth; depth != 0 {
		t.Errorf("%d downtimes are left", depth)
	}
}
