package arbiter

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var module = Witness{Name: "module", View: Everything, Hosts: true, Services: true, HasState: true, Delay: 2 * time.Minute}

// flagged gives a result the conditions of its object.
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

func TestAModuleBringsEverything(t *testing.T) {
	noPerfdata := flagged(seen(web, 11, 12, 2, "CRITICAL"), supervision.Flags{PerfdataOff: true})
	run(t, Options{Readers: []Witness{module, logReader, status, perfdata}}, []step{
		{"module", result(web, 12, 2, "CRITICAL"), 0, News},
		{"perfdata", result(web, 12, 2, "CRITICAL"), 0, SeenAlready},
		{"log", result(web, 12, 2, "CRITICAL"), 0, OwnerBringsIt},
		{"status", noPerfdata, 13, OwnerBringsIt},
		{"log", note(supervision.Acknowledged, 11, "alice", "known"), 0, OwnerBringsIt},
		{"log", note(supervision.CommentAdded, 12, "alice", "a comment"), 0, OwnerBringsIt},
		{"log", downtime(supervision.DowntimeStarted, 12, 0), 0, OwnerBringsIt},
		{"status", flapping(supervision.FlappingStarted, 12), 0, OwnerBringsIt},
		// What comes before the module has told of its time is taken once.
		{"log", note(supervision.CommentAdded, 20, "bob", "a comment"), 0, News},
		{"module", note(supervision.CommentAdded, 20, "bob", "a comment"), 0, SeenAlready},
		{"module", result(web, 21, 2, "CRITICAL"), 0, News},
	})
}

// A module that is silent about an object for longer than it may be is no
// longer believed to tell all of it.
func TestASilentModuleIsReplaced(t *testing.T) {
	run(t, Options{Readers: []Witness{module, logReader, status}}, []step{
		{"module", result(web, 10, 0, "OK"), 0, News},
		{"module", result(host, 100, 0, "UP"), 0, News},
		{"status", seen(web, 20, 21, 2, "CRITICAL"), 25, OwnerBringsIt},
		{"log", note(supervision.Acknowledged, 30, "alice", "known"), 0, News}, // nobody else will tell it
		{"status", seen(web, 30, 31, 2, "CRITICAL"), 146, News},
		{"module", result(web, 200, 0, "OK"), 0, News},
		{"log", note(supervision.CommentAdded, 199, "alice", "back"), 0, OwnerBringsIt},
	})
}

// At each start, a supervisor tells again what it took over.
func TestWhatIsLoadedIsToldOnce(t *testing.T) {
	comment := note(supervision.CommentAdded, 5, "alice", "a comment")
	scheduled := downtime(supervision.DowntimeScheduled, 5, 3)
	run(t, Options{Readers: []Witness{module}}, []step{
		{"module", loaded(comment, 7), 0, News}, // the first time that we hear of it
		{"module", loaded(note(supervision.CommentAdded, 6, "alice", "another"), 9), 0, News},
		{"module", loaded(comment, 7), 0, SeenAlready},
		{"module", loaded(comment, 9), 0, SeenAlready},
		{"module", comment, 0, News}, // written now, by a supervisor whose numbers begin anew
		{"module", loaded(scheduled, 3), 0, News},
		{"module", downtime(supervision.DowntimeStarted, 6, 3), 0, News},
		{"module", loaded(scheduled, 3), 0, SeenAlready},
		{"module", downtime(supervision.DowntimeStarted, 6, 3), 0, NoChange},
		{"module", loaded(scheduled, 4), 0, News},
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, News},
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, SeenAlready},
		{"module", note(supervision.Acknowledged, 20, "bob", "known, too"), 0, News},
		{"module", loaded(note(supervision.Acknowledged, 6, "alice", "known"), 0), 0, SeenAlready}, // its comment is still there
		{"module", loaded(note(supervision.Acknowledged, 21, "bob", "known, too"), 0), 0, SeenAlready},
		{"module", loaded(note(supervision.Acknowledged, 40, "carol", "while the connector had no journal"), 0), 0, News},
	})
}

func forgotten(sec int, id int64) supervision.Record {
	r := downtime(supervision.DowntimeCancelled, sec, id)
	r.Downtime.Forgotten = true
	return r
}

func TestTheEndOfADowntimeByAModule(t *testing.T) {
	run(t, Options{Readers: []Witness{module}}, []step{
		{"module", downtime(supervision.DowntimeStarted, 1, 3), 0, News},
		{"module", downtime(supervision.DowntimeStarted, 1, 4), 0, News},
		{"module", downtime(supervision.DowntimeEnded, 2, 3), 0, News},
		{"module", downtime(supervision.DowntimeCancelled, 2, 4), 0, News},
		{"module", forgotten(2, 4), 0, SeenAlready},
		{"module", forgotten(2, 3), 0, SeenAlready},
		{"module", forgotten(3, 5), 0, News}, // it never began
	})
}

// In a supervisor that checks little, the status file shows what the module told
// before any later check result says that the module was there.
func TestTheEndOfADowntimeByAModuleAndTheStatusFile(t *testing.T) {
	run(t, Options{Readers: []Witness{module, status}}, []step{
		{"module", downtime(supervision.DowntimeStarted, 1, 3), 0, News},
		{"status", downtime(supervision.DowntimeStarted, 1, 3), 0, NoChange},
		{"module", downtime(supervision.DowntimeCancelled, 2, 3), 0, News},
		{"module", forgotten(2, 3), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeStarted, 1, 3), 0, SeenAlready}, // an older file
		{"status", downtime(supervision.DowntimeCancelled, 9, 3), 0, SeenAlready},
		{"module", forgotten(3, 5), 0, News},
		{"status", downtime(supervision.DowntimeCancelled, 9, 5), 0, SeenAlready},
		// A killed supervisor has read an older retention file.
		{"module", downtime(supervision.DowntimeStarted, 1, 6), 0, News},
		{"module", downtime(supervision.DowntimeEnded, 4, 6), 0, News},
		{"module", downtime(supervision.DowntimeStarted, 1, 6), 0, News},
		{"module", downtime(supervision.DowntimeEnded, 7, 6), 0, News},
		{"module", forgotten(7, 6), 0, SeenAlready},
		{"status", downtime(supervision.DowntimeEnded, 9, 6), 0, SeenAlready},
		// The module is gone.
		{"status", downtime(supervision.DowntimeStarted, 20, 7), 0, News},
		{"status", downtime(supervision.DowntimeEnded, 21, 7), 0, News},
	})
}

// What ended while nobody looked is derived from the conditions that a module
// tells.
func TestConditionsThatDiffer(t *testing.T) {
	a, err := New(Options{Readers: []Witness{module}})
	if err != nil {
		t.Fatal(err)
	}
	judge := func(rec supervision.Record) (kinds []string) {
		_, derived := a.Judge(&rec, "module", rec.Time)
		for _, d := range derived {
			if d.Entity != web || !d.Time.Equal(rec.Time) {
				t.Errorf("derived %+v", d)
			}
			text := d.Kind.String()
			if d.Note != nil && d.Note.Text != "" {
				text += ": " + d.Note.Text
			}
			kinds = append(kinds, text)
		}
		return kinds
	}
	want := func(got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	acked := supervision.Flags{Acknowledged: true}
	want(judge(flagged(result(web, 1, 2, "CRITICAL"), supervision.Flags{})))
	judge(note(supervision.Acknowledged, 2, "alice", "known"))
	want(judge(flagged(result(web, 3, 1, "WARNING"), acked))) // it is sticky
	want(judge(flagged(result(web, 4, 0, "OK"), supervision.Flags{})), "acknowledgement removed: acknowledgement cleared by recovery")
	want(judge(flagged(result(web, 5, 0, "OK"), supervision.Flags{})))

	judge(note(supervision.Acknowledged, 6, "alice", "known"))
	judge(flapping(supervision.FlappingStarted, 6))
	judge(downtime(supervision.DowntimeStarted, 6, 3))
	judge(downtime(supervision.DowntimeStarted, 6, 4))
	// A result says the conditions of its moment, whose changes have records of their own.
	want(judge(flagged(result(web, 7, 2, "CRITICAL"), acked)))
	for _, id := range []int64{3, 4} {
		judge(loaded(downtime(supervision.DowntimeScheduled, 6, 0), id))
	}
	// A supervisor that has just started has begun none of its downtimes yet.
	want(judge(present(flagged(result(web, 7, 2, "CRITICAL"), supervision.Flags{Acknowledged: true, Flapping: true}))))
	judge(loaded(downtime(supervision.DowntimeScheduled, 6, 0), 4))
	want(judge(present(flagged(result(web, 7, 2, "CRITICAL"), supervision.Flags{}))),
		"acknowledgement removed", "downtime ended", "flapping stopped")
	if depth := a.Flags(web).DowntimeDepth; depth != 1 {
		t.Errorf("%d downtimes are left", depth)
	}
	want(judge(present(flagged(result(web, 7, 2, "CRITICAL"), supervision.Flags{Acknowledged: true, Flapping: true}))),
		"acknowledgement", "downtime ended", "flapping started")
}
