package statusdat

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// recorded returns the status files of a recording, in order.
func recorded(t *testing.T, recording, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpus.Dir(t, recording), pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no status files %s in the recording %s: %v", pattern, recording, err)
	}
	slices.Sort(paths)
	return paths
}

// All snapshots of a run, one after the other: each record is compared with the
// difference between two snapshots as a naive reader sees it.
func TestCorpusInSequence(t *testing.T) {
	for _, recording := range []string{"nagios4", "icinga2"} {
		t.Run(recording, func(t *testing.T) {
			b := newBench(t)
			var before naiveState
			first := true
			total := map[supervision.Kind]int{}
			for _, path := range recorded(t, recording, "status-*.dat.gz") {
				text := readFile(t, path)
				compareWithNaive(t, text)
				now := stateNaively(t, text)
				records := b.read(string(text))
				if !first { // what is repeated at a start of the supervisor
					records = slices.DeleteFunc(records, func(r supervision.Record) bool {
						return r.Kind == supervision.PresentState
					})
				}
				first = false
				compareRecords(t, filepath.Base(path), before, now, records)
				before = now
				for _, r := range records {
					total[r.Kind]++
				}
			}
			if len(b.rejected) > 0 {
				t.Errorf("rejected: %v", b.rejected)
			}
			t.Logf("records: %v", total)
		})
	}
}

func TestCorpusOfShinken(t *testing.T) {
	for _, path := range recorded(t, "shinken", "*/status.dat.gz") {
		text := readFile(t, path)
		compareWithNaive(t, text)
		b := newBench(t)
		compareRecords(t, path, naiveState{}, stateNaively(t, text), b.read(string(text)))
		if len(b.rejected) > 0 {
			t.Errorf("%s: rejected: %v", path, b.rejected)
		}
	}
}

// naiveState is what one snapshot shows, in sets.
type naiveState struct {
	checks map[supervision.Entity]*supervision.Check
	// marks holds "acknowledged h;s", "flapping h;s", "comment h;s 5", and with
	// the times of entry, start and end "downtime h;s 1500 1600 1700" and "in effect
	// h;s 1500 1600 1700": Icinga 2 numbers downtimes anew at a reload.
	marks map[string]bool
	// ackNotes holds the newest comment of an acknowledgement of each object,
	// as entry_time and id.
	ackNotes map[supervision.Entity][2]float64
}

func stateNaively(t *testing.T, text []byte) naiveState {
	t.Helper()
	s := naiveState{checks: map[supervision.Entity]*supervision.Check{}, marks: map[string]bool{},
		ackNotes: map[supervision.Entity][2]float64{}}
	blocks := readNaively(text)
	head := headNaively(t, blocks)
	depths := map[supervision.Entity]float64{}
	for _, b := range blocks {
		if b.isChecked() {
			s.checks[b.entity()] = b.check(t, head)
		}
		mark := func(set bool, what, id string) {
			if set {
				s.marks[strings.TrimSpace(fmt.Sprint(what, " ", b.entity(), " ", id))] = true
			}
		}
		switch b.kind {
		case "hoststatus", "servicestatus":
			depths[b.entity()] = b.number(t, "scheduled_downtime_depth", 0)
			mark(b.fields["problem_has_been_acknowledged"] == "1", "acknowledged", "")
			mark(b.fields["is_flapping"] == "1", "flapping", "")
		case "hostcomment", "servicecomment":
			mark(b.fields["entry_type"] == "1", "comment", b.fields["comment_id"])
			note := [2]float64{b.number(t, "entry_time", 0), b.number(t, "comment_id", 0)}
			if newest := s.ackNotes[b.entity()]; b.fields["entry_type"] == "4" &&
				slices.Compare(note[:], newest[:]) > 0 {
				s.ackNotes[b.entity()] = note
			}
		case "hostdowntime", "servicedowntime":
			id := fmt.Sprint(int64(b.number(t, "entry_time", 0)), " ", int64(b.number(t, "start_time", 0)), " ",
				int64(b.number(t, "end_time", 0)))
			mark(true, "downtime", id)
			inEffect := b.fields["is_in_effect"] == "1"
			if head.shinken { // which does not report it
				inEffect = depths[b.entity()] > 0 && b.number(t, "start_time", 0) <= head.created &&
					head.created < b.number(t, "end_time", 0)
			}
			mark(inEffect, "in effect", id)
		}
	}
	return s
}

// compareRecords compares the records of one snapshot with the difference to
// the one before.
func compareRecords(t *testing.T, name string, before, now naiveState, records []supervision.Record) {
	t.Helper()
	kind := supervision.CheckResult
	if before.checks == nil {
		kind = supervision.PresentState
	}
	wantChecks, gotChecks := map[supervision.Entity]*supervision.Check{}, map[supervision.Entity]*supervision.Check{}
	for entity, check := range now.checks {
		if !cmp.Equal(resultOnly(before.checks[entity]), resultOnly(check)) {
			wantChecks[entity] = check
		}
	}
	var got []string
	for _, r := range records {
		if r.Check != nil {
			gotChecks[r.Entity] = r.Check
			if r.Kind != kind {
				t.Errorf("%s: %s", name, describe(r))
			}
			continue
		}
		got = append(got, changeOf(r))
	}
	if diff := cmp.Diff(wantChecks, gotChecks, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	var want []string
	for mark := range now.marks {
		if !before.marks[mark] {
			want = append(want, "+"+mark)
		}
	}
	for mark := range before.marks {
		// A downtime that is over leaves both sets at once.
		if !now.marks[mark] && !strings.HasPrefix(mark, "in effect") {
			want = append(want, "-"+mark)
		}
	}
	for entity, note := range now.ackNotes {
		mark := fmt.Sprint("acknowledged ", entity)
		if old := before.ackNotes[entity]; now.marks[mark] && before.marks[mark] &&
			slices.Compare(note[:], old[:]) > 0 {
			want = append(want, "+"+mark) // once more
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// resultOnly leaves out what can change without a result.
func resultOnly(c *supervision.Check) *supervision.Check {
	if c == nil {
		return nil
	}
	only := *c
	only.Flags, only.MaxAttempts, only.Command, only.Latency, only.CheckType = nil, 0, "", 0, 0
	// A reload strips blanks from the end of texts.
	only.Output, only.LongOutput, only.Perfdata = strings.TrimRight(only.Output, " "),
		strings.TrimRight(only.LongOutput, " "), strings.TrimRight(only.Perfdata, " ")
	return &only
}

func timesOf(d *supervision.Downtime) string {
	return fmt.Sprint(d.Entry.Unix(), " ", d.Start.Unix(), " ", d.End.Unix())
}

func changeOf(r supervision.Record) string {
	switch r.Kind {
	case supervision.Acknowledged:
		return fmt.Sprint("+acknowledged ", r.Entity)
	case supervision.AcknowledgementRemoved:
		return fmt.Sprint("-acknowledged ", r.Entity)
	case supervision.FlappingStarted:
		return fmt.Sprint("+flapping ", r.Entity)
	case supervision.FlappingStopped:
		return fmt.Sprint("-flapping ", r.Entity)
	case supervision.CommentAdded:
		return fmt.Sprint("+comment ", r.Entity, " ", r.Note.ID)
	case supervision.CommentDeleted:
		return fmt.Sprint("-comment ", r.Entity, " ", r.Note.ID)
	case supervision.DowntimeScheduled:
		return fmt.Sprint("+downtime ", r.Entity, " ", timesOf(r.Downtime))
	case supervision.DowntimeStarted:
		return fmt.Sprint("+in effect ", r.Entity, " ", timesOf(r.Downtime))
	case supervision.DowntimeEnded, supervision.DowntimeCancelled:
		return fmt.Sprint("-downtime ", r.Entity, " ", timesOf(r.Downtime))
	}
	return describe(r)
}
