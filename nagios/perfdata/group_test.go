package perfdata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// several is what Icinga 2 writes with a template that has the output: the lines of
// the output as they are.
const several = "DATATYPE::SERVICEPERFDATA\tTIMET::%d\tHOSTNAME::h\tSERVICEDESC::s\tSERVICEOUTPUT::first %d\n" +
	"second\n\nDATA of %d\tSERVICEPERFDATA::a=1\tSERVICESTATE::WARNING\n"

func TestRecordOfSeveralLines(t *testing.T) {
	for _, tt := range []struct {
		name, input string
		want        []string
		rejected    int
	}{
		{"two", fmt.Sprintf(several+several, 1, 1, 1, 2, 2, 2), []string{
			"@0 1 h;s first 1|second,,DATA of 1|a=1", "@146 2 h;s first 2|second,,DATA of 2|a=1",
		}, 0},
		{"output at the end", "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTPERFDATA::a=1\t" +
			"HOSTOUTPUT::a\nb\tc\n\n\n" +
			"DATATYPE::HOSTPERFDATA\tTIMET::2\tHOSTNAME::h\n", []string{"@0 1 h a|b\tc|a=1", "@82 2 h ||"}, 0},
		{"what is no part of it", "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTSTATE::UP\nscrap\n",
			[]string{"@0 1 h ||"}, 1},
		{"nothing in front", "scrap\n" + fmt.Sprintf(several, 1, 1, 1),
			[]string{"@6 1 h;s first 1|second,,DATA of 1|a=1"}, 1},
		{"cut, and the next one behind it", "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTOUTPUT::a\n" +
			"bDATATYPE::HOSTPERFDATA\tTIMET::2\tHOSTNAME::i\n", []string{"@59 2 i ||"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCollector("test", []*Format{Pairs()})
			addLines(c, []byte(tt.input))
			c.settle()
			if diff := cmp.Diff(tt.want, shown(c.batch.Records)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(c.batch.Rejected) != tt.rejected {
				t.Errorf("rejected: %v", c.batch.Rejected)
			}
		})
	}
}

// addLines adds the lines of an input at their offsets.
func addLines(c *collector, input []byte) {
	offset := 0
	for line := range bytes.Lines(input) {
		c.add(bytes.TrimSuffix(line, []byte("\n")), place{file: "f"}, int64(offset))
		offset += len(line)
	}
}

func shown(records []supervision.Record) (all []string) {
	for _, r := range records {
		all = append(all, fmt.Sprintf("%s %d %s %s|%s|%s", r.Ref, r.Time.Unix(), r.Entity, r.Check.Output,
			strings.ReplaceAll(r.Check.LongOutput, "\n", ","), r.Check.Perfdata))
	}
	return all
}

// TestSeveralLinesAreBounded: an endless record ends, and its rest is rejected.
func TestSeveralLinesAreBounded(t *testing.T) {
	c := newCollector("test", []*Format{Pairs()})
	addLines(c, []byte("DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTOUTPUT::a\n"+
		strings.Repeat("more\n", maxGroupLines+9)))
	c.settle()
	if len(c.batch.Records) != 1 || len(c.batch.Rejected) != 10 {
		t.Errorf("%d records, %d rejected", len(c.batch.Records), len(c.batch.Rejected))
	}
}

// TestZeroBytesInFrontOfALine: a crash of the machine leaves them, and what follows
// is a whole line.
func TestZeroBytesInFrontOfALine(t *testing.T) {
	for _, template := range []string{DefaultHostTemplate, "$TIMET$\t$HOSTNAME$\t$HOSTOUTPUT$"} {
		f := mustCompile(t, template, Host)
		line := strings.NewReplacer("$TIMET$", "1", "$HOSTNAME$", "h", "$HOSTEXECUTIONTIME$", "0",
			"$HOSTOUTPUT$", "o", "$HOSTPERFDATA$", "").Replace(template)
		c := newCollector("test", []*Format{f})
		addLines(c, []byte("\x00\x00\x00"+line+"\n"))
		c.settle()
		if diff := cmp.Diff([]string{"@3 1 h o||"}, shown(c.batch.Records)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if len(c.batch.Rejected) != 0 || len(c.batch.Odd) != 1 {
			t.Errorf("rejected %v, odd %v", c.batch.Rejected, c.batch.Odd)
		}
	}
}

// TestSeveralLinesOverKills: the connector is killed behind each line of a file, which
// is moved away in between. Each record comes whole, and once.
func TestSeveralLinesOverKills(t *testing.T) {
	var want []string
	var got []supervision.Record
	var stored []byte
	emit := func(_ context.Context, b supervision.Batch) error {
		got = append(got, b.Records...)
		if b.Position != nil {
			stored = bytes.Clone(b.Position)
		}
		return nil
	}
	now := time.Unix(1e9, 0)
	for i := range 9 {
		file := fmt.Sprint("file", i/3)
		offset := int64(i % 3 * len(fmt.Sprintf(several, 1, 1, 1)))
		want = append(want, fmt.Sprintf("%s@%d %d h;s first %d|second,,DATA of %d|a=1", file, offset, i+1, i, i))
		for line := range bytes.Lines(fmt.Appendf(nil, several, i+1, i, i)) {
			h := fileHand{lines: newCollector("test", []*Format{Pairs()}), emit: emit, meter: &supervision.Meter{},
				stored: stored}
			var from filePosition
			if stored != nil {
				if err := json.Unmarshal(stored, &from); err != nil {
					t.Fatal(err)
				}
			}
			h.lines.restore(from.Open)
			h.lines.several = true
			now = now.Add(settleTime / 2)
			if err := h.deliver(t.Context(), follow.Chunk{
				File: file, FileID: file, EndSeen: now,
				Lines: []follow.Line{{Text: bytes.TrimSuffix(line, []byte("\n")), Offset: offset}},
			}); err != nil {
				t.Fatal(err)
			}
			offset += int64(len(line))
		}
	}
	h := fileHand{lines: newCollector("test", []*Format{Pairs()}), emit: emit, meter: &supervision.Meter{},
		stored: stored}
	var from filePosition
	if err := json.Unmarshal(stored, &from); err != nil {
		t.Fatal(err)
	}
	h.lines.restore(from.Open)
	for range 3 { // quiet
		now = now.Add(settleTime)
		if err := h.deliver(t.Context(), follow.Chunk{File: "file2", FileID: "file2", EndSeen: now}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, shown(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestSeveralLinesInASpool: the reader of a large file is stopped behind each batch.
func TestSeveralLinesInASpool(t *testing.T) {
	dir := t.TempDir()
	var text bytes.Buffer
	var want []string
	for i := range 4000 {
		fmt.Fprintf(&text, several, i+1, i, i)
		want = append(want, fmt.Sprintf("first %d", i))
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOutbox()
	batches := 0
	o.gate = func(b supervision.Batch) error {
		if batches++; batches%2 == 0 {
			return errCrashed
		}
		return nil
	}
	source, err := NewSpool(SpoolOptions{
		Name: "spool", Dir: dir, Formats: []*Format{Pairs()}, Poll: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	for len(o.outputs()) < len(want) {
		if err := start(t, source, o).ended(t); !errors.Is(err, errCrashed) {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if batches < 8 || len(o.rejected) > 0 {
		t.Errorf("%d batches, rejected: %v", batches, o.rejected)
	}
}
