package snapshot

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Any sequence of readings has the same records with restarts as without,
// except that the check results are repeated.
func TestRestartsAnywhere(t *testing.T) {
	const scripts = 300
	random := rand.New(rand.NewPCG(1, 2))
	var records, partial int
	for range scripts {
		script := make([]byte, 3*random.IntN(100))
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		readings := readingsOf(script)
		records += checkReadings(t, readings)
		for _, s := range readings {
			if s.partial != 0 {
				partial++
			}
		}
		if t.Failed() {
			t.Fatalf("script %q", script)
		}
	}
	t.Logf("%d scripts, %d partial readings, %d records", scripts, partial, records)
	if records < 10*scripts || partial < scripts {
		t.Error("the scripts hardly do anything")
	}
}

func FuzzReadings(f *testing.F) {
	f.Add([]byte("\x00\x00\x02\x01\x01\x02\x02\x03\x12\x05\x0c\x01\x05\x04\x02\x00\x0c\x01"))
	f.Add([]byte("\x00\x00\x02\x00\x09\xa2\x00\x0c\x01\x05\x0a\xfe\x00\x05\x22\x00\x0d\x2a\x09\x0b\x01\x00\x0c\x02"))
	f.Fuzz(func(t *testing.T, script []byte) { checkReadings(t, readingsOf(script[:min(len(script), 600)])) })
}

// checkReadings compares a run without restarts with those that are started
// again before one of the readings, or before each, and with one that reads
// everything twice. A reading is complete after a restart. It returns the number
// of transitions.
func checkReadings(t *testing.T, readings []shown) int {
	t.Helper()
	want := play(t, readings, func(int) bool { return false })
	everywhere := func(int) bool { return true }
	want.compare(t, "restarts everywhere", play(t, readings, everywhere))
	for at := range readings {
		if readings[at].isWhole() && !t.Failed() {
			want.compare(t, "a restart", play(t, readings, func(i int) bool { return i == at }))
		}
	}
	m := New()
	for i, s := range readings {
		once := transitionsOf(read(m, s))
		if again := read(m, s); len(again) > 0 {
			t.Errorf("reading %d again: %q", i, describeAll(again))
		}
		if diff := cmp.Diff(want.transitions[i], once, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("reading %d, everything read twice: %s", i, diff)
		}
	}
	total := 0
	for _, records := range want.transitions {
		total += len(records)
	}
	return total
}

func (s shown) isWhole() bool { return s.partial == 0 && !s.abandoned }

// played is the outcome of a sequence of readings.
type played struct {
	transitions [][]supervision.Record // of each reading
	results     map[supervision.Entity]supervision.Record
}

func play(t *testing.T, readings []shown, restarts func(int) bool) played {
	t.Helper()
	p := played{results: map[supervision.Entity]supervision.Record{}}
	m := New()
	for i, s := range readings {
		if s.isWhole() && restarts(i) {
			m = restart(t, m)
		}
		records := read(m, s)
		for _, r := range records {
			if r.Check != nil {
				p.results[r.Entity] = supervision.Record{Entity: r.Entity, Time: r.Time, Check: r.Check}
			}
		}
		p.transitions = append(p.transitions, transitionsOf(records))
	}
	return p
}

func (p played) compare(t *testing.T, name string, other played) {
	t.Helper()
	for i := range p.transitions {
		if diff := cmp.Diff(p.transitions[i], other.transitions[i], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, reading %d: %s", name, i, diff)
			return
		}
	}
	if diff := cmp.Diff(p.results, other.results); diff != "" {
		t.Errorf("%s, the last results: %s", name, diff)
	}
}
