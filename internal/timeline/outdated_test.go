package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// What was read late takes nothing back, and is sent where nothing newer is known.
func TestWhatWasReadLate(t *testing.T) {
	behind := func(r supervision.Record) supervision.Record {
		r.Late = true
		return r
	}
	other := supervision.Entity{Host: "db01", Service: "SQL"}
	start := supervision.Record{Kind: supervision.SupervisorStarted, Time: at(20)}
	run(t, options(logReader), []step{
		{"log", result(web, 100, 2, "CRITICAL"), 0, sent},
		{"log", behind(result(web, 50, 0, "OK")), 110, late},
		{"log", behind(present(result(web, 50, 0, "OK"))), 110, late},
		{"log", behind(result(other, 60, 2, "CRITICAL")), 110, sent},
		{"log", behind(start), 110, late},
		{"log", behind(note(supervision.CommentAdded, 55, "a", "b")), 110, sent},
		{"log", behind(note(supervision.Acknowledged, 65, "a", "b")), 110, sent},
		{"log", flapping(supervision.FlappingStarted, 105), 0, sent},
		{"log", behind(flapping(supervision.FlappingStopped, 70)), 110, late},
		{"log", downtime(supervision.DowntimeStarted, 106, 1), 0, sent},
		{"log", behind(downtime(supervision.DowntimeCancelled, 70, 1)), 110, late},
		{"log", result(web, 120, 0, "OK"), 0, sent},
	})
}
