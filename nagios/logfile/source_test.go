package logfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// site is a supervisor's log directory and a journal beside it.
type site struct {
	t        *testing.T
	dir      string
	records  []supervision.Record
	rejected []supervision.Rejected
	position []byte
}

func newSite(t *testing.T) *site {
	s := &site{t: t, dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(s.dir, "archives"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) log() string { return filepath.Join(s.dir, "nagios.log") }

func (s *site) write(content []byte) {
	s.t.Helper()
	f, err := os.OpenFile(s.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) rotate(name string) {
	s.t.Helper()
	if err := os.Rename(s.log(), filepath.Join(s.dir, "archives", name)); err != nil {
		s.t.Fatal(err)
	}
}

var errStop = errors.New("stop")

// run runs a new source from the stored position until done returns true. What done
// sees is stored; after fail batches the next one is refused, as in a crash.
func (s *site) run(fail int, done func(supervision.Batch) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	source := New(Options{
		Path: s.log(), ArchiveDir: filepath.Join(s.dir, "archives"), Begin: follow.FromBeginning,
		Poll: 10 * time.Millisecond,
	})
	if source.Name() != "log" {
		s.t.Errorf("the source is called %q", source.Name())
	}
	finished := false
	err := source.Run(ctx, s.position, func(_ context.Context, b supervision.Batch) error {
		if fail--; fail == -1 {
			return errStop
		}
		s.records = append(s.records, b.Records...)
		s.rejected = append(s.rejected, b.Rejected...)
		if b.Position != nil {
			s.position = b.Position
		}
		if finished = done(b); finished {
			cancel()
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		s.t.Fatal(err)
	}
	if err == nil && !finished {
		s.t.Fatalf("not done in time; %d records", len(s.records))
	}
}

func atEnd(b supervision.Batch) bool { return !b.EndSeen.IsZero() }

func TestSourceReadsTheWholeLog(t *testing.T) {
	content, err := os.ReadFile("testdata/nagios-4.4.6.log")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.write(content)
	s.run(1<<30, atEnd)
	want := readAll("", linesOf(s.log(), content))
	if diff := cmp.Diff(want.Records, s.records); diff != "" {
		t.Error(diff)
	}
}

func TestProgress(t *testing.T) {
	s := newSite(t)
	content := []byte("[1700000000] SERVICE ALERT: h;s;OK;HARD;1;a\n[1700000100] SERVICE ALERT: h;s;OK;HARD;1;b\n")
	s.write(append(content, "half"...))
	source := New(Options{Path: s.log(), Begin: follow.FromBeginning, Poll: 10 * time.Millisecond})
	var gauge supervision.Gauge = source
	if got := gauge.Progress(); got != (supervision.Progress{}) {
		t.Errorf("before the start: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var end time.Time
	err := source.Run(ctx, nil, func(_ context.Context, b supervision.Batch) error {
		if !b.EndSeen.IsZero() {
			end = b.EndSeen
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := supervision.Progress{Path: s.log(), Offset: int64(len(content)), Size: int64(len(content)) + 4,
		Newest: time.Unix(1700000100, 0).UTC(), EndSeen: end}
	if diff := cmp.Diff(want, gauge.Progress()); diff != "" {
		t.Error(diff)
	}
}

// TestSourceResumesExactly stops the source after every line, by refusing a
// batch or at the log's end, and rotates the log twice while it is stopped.
func TestSourceResumesExactly(t *testing.T) {
	content, err := os.ReadFile("testdata/nagios-4.4.6.log")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	lines = lines[:min(len(lines)-1, 60)]
	var want []supervision.Record
	part := 0
	s := newSite(t)
	for i, line := range lines {
		s.write(line)
		if i == 20 || i == 21 || i == 40 {
			want = append(want, recordsOf(bytes.Join(lines[part:i+1], nil))...)
			part = i + 1
			s.rotate([]string{
				20: "nagios-11-24-2026-00.log", 21: "nagios-11-25-2026-00.log", 40: "nagios.log-20261126",
			}[i])
			if i == 20 {
				continue
			}
			s.write(nil)
			continue
		}
		s.run(i%3, func(supervision.Batch) bool { return true })
	}
	want = append(want, recordsOf(bytes.Join(lines[part:], nil))...)
	s.run(1<<30, atEnd)
	if diff := cmp.Diff(want, s.records); diff != "" {
		t.Error(diff)
	}
	if len(s.rejected) > 0 {
		t.Errorf("rejected: %+v", s.rejected)
	}
}

func recordsOf(content []byte) []supervision.Record {
	return readAll("Nagios 4.4.6", linesOf("nagios.log", content)).Records
}

// TestSourceSettlesAtTheEnd has a passive result as the last word of the log:
// it is emitted once the log was quiet, and the end is not reported before.
func TestSourceSettlesAtTheEnd(t *testing.T) {
	s := newSite(t)
	lines := logLines("EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;h;1;gone|a=1", "PASSIVE HOST CHECK: h;0;before")
	for _, l := range lines {
		s.write(append(slices.Clone(l.Text), '\n'))
	}
	s.run(1<<30, func(b supervision.Batch) bool {
		if atEnd(b) && len(s.records) == 0 {
			t.Error("the end is reported while a result is held back")
		}
		return b.Position != nil
	})
	var held position
	if err := json.Unmarshal(s.position, &held); err != nil || len(held.Held) != 2 {
		t.Fatalf("the position holds %d lines, %v", len(held.Held), err)
	}
	s.run(1<<30, atEnd) // again, from the position with the lines in it
	if len(s.records) != 1 || brief(s.records[0]) != `h 1 passive "gone" +"a=1"` {
		t.Fatalf("records: %+v", s.records)
	}
	// The ALERT comes too late to be recognised: it is a record of its own.
	s.write([]byte("[1795424200] HOST ALERT: h;DOWN;SOFT;1;gone\n"))
	s.run(1<<30, atEnd)
	if len(s.records) != 2 || brief(s.records[1]) != `h 1 soft "gone"` {
		t.Fatalf("records: %+v", s.records)
	}
}

// TestSettleTime lists the moments at which the end of the log was seen.
func TestSettleTime(t *testing.T) {
	var got []string
	r := &run{
		parser: NewParser("Naemon 1.4.1"), meter: new(supervision.Meter),
		emit: func(_ context.Context, b supervision.Batch) error {
			for _, rec := range b.Records {
				got = append(got, brief(rec))
			}
			return nil
		},
	}
	result := follow.Line{Text: []byte("[1795424200] PASSIVE HOST CHECK: h;1;gone")}
	warning := follow.Line{Text: []byte("[1795424200] Warning: disk full")}
	begin := time.Now()
	for i, step := range []struct {
		at      time.Duration // 0: the end was not seen
		lines   []follow.Line
		emitted int
	}{
		{lines: []follow.Line{result}},
		{at: time.Second},
		{at: time.Second + settleTime - 1},
		{lines: []follow.Line{warning}}, // the wait begins anew
		{at: 2 * time.Second},
		{},
		{at: 2*time.Second + settleTime - 1},
		{at: 2*time.Second + settleTime, emitted: 1},
		{at: 5 * time.Second, emitted: 1},
		{lines: []follow.Line{result, result}, emitted: 2},
		{at: 6 * time.Second, emitted: 2},
		{at: 7 * time.Second, emitted: 3},
	} {
		c := follow.Chunk{Lines: step.lines}
		if step.at > 0 {
			c.EndSeen = begin.Add(step.at)
		}
		if err := r.deliver(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(got) != step.emitted {
			t.Fatalf("step %d: %d results emitted, want %d", i+1, len(got), step.emitted)
		}
	}
}

// TestToldWhilePassiveResultsNeverCease has a result held back at each sight of
// the end: what came before it is reported all the same.
func TestToldWhilePassiveResultsNeverCease(t *testing.T) {
	var reported time.Time
	r := &run{
		parser: NewParser("Naemon 1.4.1"), meter: new(supervision.Meter),
		emit: func(_ context.Context, b supervision.Batch) error {
			reported = b.EndSeen
			return nil
		},
	}
	line := func(offset int64, text string) follow.Chunk {
		return follow.Chunk{Lines: []follow.Line{{Text: []byte("[1795424200] " + text), Offset: offset}}}
	}
	result := func(offset int64) follow.Chunk { return line(offset, "PASSIVE HOST CHECK: h;1;gone") }
	begin := time.Now()
	end := func(at time.Duration) follow.Chunk { return follow.Chunk{EndSeen: begin.Add(at)} }
	const never = -1
	for i, step := range []struct {
		chunk    follow.Chunk
		reported time.Duration
	}{
		{result(0), never},
		{end(1), never}, // the result may be older than the first sight of the end
		{result(100), 1},
		{end(2), 1},
		{end(3), 1}, // the same result still
		{result(200), 3},
		{end(4), 3},
		{line(300, "Warning: disk full"), 3}, // may come before the ALERT
		{line(400, "SERVICE ALERT: h;s;OK;HARD;1;ok"), never}, // there may be more
		{end(5), 5},
		{result(500), 5},
		{end(5 + settleTime), 5},
		{end(5 + 2*settleTime), 5 + 2*settleTime}, // settled
	} {
		if err := r.deliver(t.Context(), step.chunk); err != nil {
			t.Fatal(err)
		}
		want := begin.Add(step.reported)
		if step.reported == never {
			want = time.Time{}
		}
		if !reported.Equal(want) {
			t.Errorf("step %d: reported until %s, want %s", i+1, reported.Sub(begin), step.reported)
		}
	}
}

// TestSourceRemembersWhoWrites stops between the supervisor's start, which shows
// that its PASSIVE lines can be believed, and such a line.
func TestSourceRemembersWhoWrites(t *testing.T) {
	s := newSite(t)
	for _, line := range []string{"Naemon 1.4.1 starting... (PID=1)\n", "PASSIVE HOST CHECK: h;1;gone\n"} {
		s.write([]byte("[1795424200] " + line))
		s.run(1<<30, atEnd)
	}
	if len(s.records) != 2 || brief(s.records[1]) != `h 1 passive "gone"` {
		t.Fatalf("records: %+v", s.records)
	}
}

// TestSourceJoinsAcrossRestart stops between a passive result and its ALERT.
func TestSourceJoinsAcrossRestart(t *testing.T) {
	s := newSite(t)
	for _, line := range []string{
		"EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;h;1;gone|a=1\n", "PASSIVE HOST CHECK: h;0;before\n",
		"HOST ALERT: h;DOWN;SOFT;1;gone\n",
	} {
		s.write([]byte("[1795424200] " + line))
		s.run(1<<30, func(b supervision.Batch) bool { return b.Position != nil })
	}
	if len(s.records) != 1 || brief(s.records[0]) != `h 1 passive soft "gone" +"a=1"` {
		t.Fatalf("records: %+v", s.records)
	}
}

func TestSourceTellsOfLinesThatAreTooLong(t *testing.T) {
	s := newSite(t)
	s.write([]byte("[1] HOST ALERT: a;DOWN;SOFT;1;x\n"))
	s.write(append(bytes.Repeat([]byte("x"), 2<<20), '\n'))
	s.write([]byte("[2] HOST ALERT: b;DOWN;SOFT;1;x\n"))
	s.run(1<<30, atEnd)
	if len(s.records) != 2 || len(s.rejected) != 1 {
		t.Fatalf("%d records, %d rejected, want 2 and 1", len(s.records), len(s.rejected))
	}
	if r := s.rejected[0]; r.Source != "log" || r.Where != s.log()+":32" {
		t.Errorf("rejected: %+v", r)
	}
}

func TestSourceRefusesAnotherPosition(t *testing.T) {
	s := newSite(t)
	err := New(Options{Path: s.log()}).Run(t.Context(), []byte("17"), nil)
	if err == nil {
		t.Error("a position that is none of ours is taken")
	}
}

func TestArchives(t *testing.T) {
	dir := t.TempDir()
	archiveDir := filepath.Join(dir, "archives")
	for _, name := range []string{
		"naemon.log", "naemon.log-20261123", "naemon.log.1", "naemon.log.2.gz", "naemon-11-23-2026-00.log",
		"other.log", "naemonlog", "archives/naemon-11-24-2026-00.log", "archives/nagios-11-24-2026-00.log",
		"archives/naemon.log-20261124",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "naemon.log.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{
		"archives/naemon-11-24-2026-00.log", "archives/naemon.log-20261124",
		"naemon-11-23-2026-00.log", "naemon.log-20261123", "naemon.log.1", "naemon.log.2.gz",
	} {
		want = append(want, filepath.Join(dir, name))
	}
	for _, configured := range []string{archiveDir, archiveDir + "/"} {
		got, err := archives(filepath.Join(dir, "naemon.log"), configured)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, configured := range []string{"", dir, dir + "/", filepath.Join(dir, "nowhere")} {
		got, err := archives(filepath.Join(dir, "naemon.log"), configured)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want[2:], got); diff != "" {
			t.Errorf("%s: %s", configured, diff)
		}
	}
}
