package logfile

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// FuzzParser reads arbitrary logs. Every line must be accounted for, the
// records complete and the Refs unique, and a restart must change nothing.
func FuzzParser(f *testing.F) {
	for _, path := range []string{
		"testdata/nagios-4.4.6.log", "testdata/shinken-1.4.log", "testdata/icinga-2.13.6.log",
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("", content, uint16(10))
	}
	for _, program := range []string{"", "Nagios 4.4.6", "Naemon 1.4.1", "Shinken"} {
		f.Add(program, []byte("[1] EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;h;1;x\\n|y\n"+
			"[1] PASSIVE HOST CHECK: h;1;x\n[2] HOST ALERT: h;DOWN;SOFT;1;x\n"), uint16(2))
		f.Add(program, []byte("[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOSTGROUP_NAME;;\n[] x\n[1]\n[1] :\n\r\n"),
			uint16(1))
	}
	for _, test := range refusals {
		f.Add(test.program, contentOf(test.lines), uint16(1))
	}
	for _, test := range collected {
		f.Add("Nagios 3.5.1", contentOf(test.lines), uint16(2))
	}
	f.Fuzz(func(t *testing.T, program string, content []byte, cut uint16) {
		lines := linesOf("nagios.log", append(bytes.Clone(content), '\n'))
		want := readFrom(program, lines)
		restart := int(cut) % len(lines)
		r := NewParser(program)
		var got output
		for i, l := range lines {
			if i == restart {
				b := r.Take()
				got.merge(output{b.Records, b.Rejected, b.Skipped, b.Odd})
				again := NewParser(r.Program())
				for _, held := range r.Held() {
					again.Add(held)
				}
				r = again
			}
			r.Add(l)
			if len(r.Held()) > maxHeldLines+maxOrders+1 {
				t.Fatalf("%d lines are held back", len(r.Held()))
			}
		}
		r.release()
		r.forgetAll()
		b := r.Take()
		got.merge(output{b.Records, b.Rejected, b.Skipped, b.Odd})
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(output{})); diff != "" {
			t.Fatalf("a restart in front of line %d:\n%s", restart+1, diff)
		}
		account(t, lines, got)
	})
}

func contentOf(text []string) []byte {
	var content []byte
	for _, l := range logLines(slices.Clone(text)...) {
		content = append(append(content, l.Text...), '\n')
	}
	return content
}

func readFrom(program string, lines []Line) output {
	r := NewParser(program)
	for _, l := range lines {
		r.Add(l)
	}
	r.release()
	r.forgetAll()
	return r.ready
}

// account checks that nothing is lost and nothing is half-made. A line may become
// two records or a record and a count; a PASSIVE line may become none, when its
// ALERT becomes one.
func account(t *testing.T, lines []Line, o output) {
	t.Helper()
	counted := len(o.records) + len(o.rejected)
	for _, n := range o.skipped {
		counted += n
	}
	passives := 0
	for _, l := range lines {
		if bytes.Contains(l.Text, []byte("PASSIVE ")) {
			passives++
		}
	}
	if counted+passives < len(lines) || counted > 3*len(lines) {
		t.Errorf("%d lines, %d of them accounted for", len(lines), counted)
	}
	refs := map[string]bool{}
	for _, rec := range o.records {
		if refs[rec.Ref] {
			t.Errorf("Ref %s is used twice", rec.Ref)
		}
		refs[rec.Ref] = true
		if part := hasItsPart(rec); !part || rec.Time.IsZero() {
			t.Errorf("half a record: %+v", rec)
		}
	}
}

func hasItsPart(rec supervision.Record) bool {
	switch rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		c := rec.Check
		return c != nil && rec.Entity.Host != "" && c.State >= supervision.OK && c.State <= supervision.Unknown &&
			!(rec.Entity.IsHost() && c.State > supervision.Unreachable)
	case supervision.Acknowledged, supervision.AcknowledgementRemoved, supervision.CommentAdded,
		supervision.CommentDeleted:
		return rec.Note != nil
	case supervision.DowntimeScheduled, supervision.DowntimeStarted, supervision.DowntimeEnded,
		supervision.DowntimeCancelled:
		return rec.Downtime != nil && rec.Downtime.Duration >= 0
	case supervision.FlappingStarted, supervision.FlappingStopped:
		return rec.Flapping != nil
	case supervision.Notification:
		return rec.Notification != nil
	case supervision.SupervisorStarted, supervision.SupervisorReloaded, supervision.SupervisorStopped:
		return rec.Process != nil
	}
	return false
}
