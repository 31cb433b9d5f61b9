package statusdat

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// A file that is copied into its place is met in all its lengths.
func TestHalfAFileIsLeftUntilItIsWhole(t *testing.T) {
	before := statusFile(1100, service("problem_has_been_acknowledged=1", "is_flapping=1"), userComment(1, 1000, "one"),
		ackComment(2, 1000, "two"))
	after := strings.Replace(before, "created=1100", "created=1110", 1)
	b := newBench(t)
	b.read(before)
	for size := range len(after) {
		if strings.HasSuffix(after[:size], "\n\t}\n") || strings.HasSuffix(after[:size], "\n\t}\n\n") {
			continue // looks whole
		}
		if err := os.WriteFile(b.path, []byte(after[:size]), 0o644); err != nil {
			t.Fatal(err)
		}
		if records, err := b.look(); err != nil || len(records) > 0 {
			t.Fatalf("%d bytes: %q, error %v", size, describeAll(records), err)
		}
	}
	if got := b.read(after); len(got) > 0 {
		t.Errorf("the whole file: %q", describeAll(got))
	}
	if b.run.memory.LastReading().Unix() != 1110 {
		t.Error("the whole file was not read")
	}
}

func TestAnOlderFileIsLeft(t *testing.T) {
	b := newBench(t)
	b.read(statusFile(1100, service("last_check=1090")))
	if got := b.read(statusFile(900, service("last_check=890"))); len(got) > 0 {
		t.Errorf("an old copy: %q", describeAll(got))
	}
	if got := b.read(statusFile(1100, service("last_check=1091"))); len(got) != 1 {
		t.Errorf("another file of the same second: %q", describeAll(got))
	}
	b.read(statusFile(900, service("last_check=890")))
	if got := b.read(statusFile(910, service("last_check=905"))); len(got) != 1 {
		t.Errorf("the clock was set back: %q", describeAll(got))
	}
}

func TestAFileWithoutHeadIsLeft(t *testing.T) {
	b := newBench(t)
	for _, text := range []string{
		service(), "# nothing\n\nhoststatus {\n\t}\n", "info {\n\tversion=1\n\t}\n" + service(),
		"info {\n\tcreated=x\n\t}\n",
	} {
		if got := b.read(text); len(got) > 0 || b.position != nil {
			t.Errorf("%q: %q, position %s", text, describeAll(got), b.position)
		}
	}
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t)
	b.run.log = slog.New(slog.NewTextHandler(&log, nil))
	now := time.Now().Add(time.Hour)
	b.run.now = func() time.Time { // half a file is a trouble at the third look
		now = now.Add(halfwayPatience/2 + time.Second)
		return now
	}
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"absent", func() {}, "no status file"},
		{"a directory", func() { must(t, os.Mkdir(b.path, 0o755)) }, "no regular file"},
		{"half a file", func() { must(t, os.Remove(b.path)); b.put("info {\n") }, "ends within a block"},
		{"readable", func() { b.put(statusFile(1100, service())) }, "the status file is read"},
		{"older", func() { b.put(statusFile(1000, service())) }, "older than"},
		{"readable again", func() { b.put(statusFile(1110, service())) }, "the status file is read"},
		{"deleted at a stop", func() { must(t, os.Remove(b.path)) }, "no status file"},
		{"there again", func() { b.put(statusFile(1120, service())) }, "the status file is read"},
	}
	for _, step := range steps {
		step.do()
		log.Reset()
		for range 3 {
			if _, err := b.look(); err != nil {
				t.Fatal(err)
			}
		}
		if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), step.want) {
			t.Errorf("%s: %d lines logged: %s", step.name, lines, &log)
		}
	}
	if got := len(b.records); got != 1 {
		t.Errorf("%d records, want one: nothing changed", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPositionThatCannotBeUsed(t *testing.T) {
	for _, position := range []string{"{", "null", `{"v":2}`, `{"v":1,"conditions":[{"h":"€"}]}`} {
		b := newBench(t)
		b.position = []byte(position)
		b.restart()
		if got := b.read(statusFile(1100, service("is_flapping=1"))); len(got) != 2 {
			t.Errorf("position %q: %q", position, describeAll(got))
		}
	}
}

func TestAPositionKeepsAnyBytes(t *testing.T) {
	b := newBench(t)
	text := string(readFile(t, filepath.Join("testdata", "nagios4.dat"))) +
		service("host_name=h\xe9te", "service_description=\"\\\x01\xff€", "is_flapping=1",
			"scheduled_downtime_depth=1") +
		downtimeBlock("host_name=h\xe9te", "author=\xe9\n", "comment=\x7f\xc3", "end_time=4102444800000") +
		userComment(5, 1, "x")
	b.read(text)
	m, err := snapshot.Restore(b.position)
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Position()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(b.position), string(again)); diff != "" {
		t.Error(diff)
	}
	if !bytes.Contains(b.position, []byte("\u00c3")) {
		t.Error("no such byte is in the position")
	}
}

// Wherever a crash happens, the records of all starts together are those of a
// run without one, and what is no result comes once.
func TestCrashAtEachBatch(t *testing.T) {
	var files []string
	for i, created := range []int{1100, 1200, 1300} {
		var blocks []string
		for j := range 2500 {
			blocks = append(blocks,
				service(fmt.Sprintf("service_description=s%d", j), fmt.Sprintf("last_check=%d", created-j%90),
					fmt.Sprintf("is_flapping=%d", (i+j)%2)))
		}
		files = append(files, statusFile(created, blocks...))
	}
	straight := newBench(t)
	for _, text := range files {
		straight.read(text)
	}
	want := refsOf(straight.records)
	for crash := 1; crash <= straight.batches; crash++ {
		b := newBench(t)
		b.crashAt = crash
		crashes := 0
		for _, text := range files {
			b.put(text)
			for _, err := b.look(); err != nil; _, err = b.look() {
				crashes++
				b.restart()
			}
		}
		if diff := cmp.Diff(want, refsOf(b.records), cmpopts.EquateEmpty()); diff != "" || crashes != 1 {
			t.Errorf("crash at batch %d of %d, %d crashes: %s", crash, straight.batches, crashes, diff)
		}
		if got, want := changesIn(b.records), changesIn(straight.records); got != want {
			t.Errorf("crash at batch %d of %d: %d changes, want %d", crash, straight.batches, got, want)
		}
	}
}

// changesIn counts what is no result.
func changesIn(records []supervision.Record) (n int) {
	for _, r := range records {
		if r.Check == nil {
			n++
		}
	}
	return n
}

func refsOf(records []supervision.Record) []string {
	var refs []string
	for _, r := range records {
		refs = append(refs, r.Ref)
	}
	slices.Sort(refs)
	return slices.Compact(refs)
}

// What the other readers had to read before a file counts from its opening: all
// batches of one file share that moment. A batch of a file that has been written to
// since then has none, as it may show something that is newer.
func TestBatchesOfAFileHaveTheMomentOfItsOpening(t *testing.T) {
	b := newBench(t)
	expect := func(want ...bool) (moment time.Time) {
		t.Helper()
		var got []bool
		for _, opened := range b.opened {
			got = append(got, !opened.IsZero())
			if moment.IsZero() {
				moment = opened
			}
			if !opened.IsZero() && !opened.Equal(moment) {
				t.Errorf("batches of moments %v", b.opened)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("which batches have a moment: -want +got:\n%s", diff)
		}
		b.opened = nil
		return moment
	}
	b.read(generated(t, 100, 2400, 1795424500))
	first := expect(true, true, true)

	b.put(generated(t, 100, 2400, 1795425500))
	emit := b.run.out.Emit
	b.run.out.Emit = func(ctx context.Context, batch supervision.Batch) error {
		if len(b.opened) == 0 { // somebody writes to the file
			must(t, os.Chtimes(b.path, time.Time{}, time.Unix(1, 0)))
		}
		return emit(ctx, batch)
	}
	if _, err := b.look(); err != nil {
		t.Fatal(err)
	}
	second := expect(true, false, false)
	b.run.out.Emit = emit
	if _, err := b.look(); err != nil {
		t.Fatal(err)
	}
	third := expect(true)
	if !second.After(first) || !third.After(second) {
		t.Errorf("readings of moments %v, %v and %v", first, second, third)
	}
}

func TestBatchesAreBoundedAndOnlyTheLastHasThePosition(t *testing.T) {
	b := newBench(t)
	var sizes []int
	b.run.out.Emit = func(_ context.Context, batch supervision.Batch) error {
		if batch.EndSeen.IsZero() {
			sizes = append(sizes, len(batch.Records))
			if last := len(batch.Records) < supervision.BatchLines; last != (batch.Position != nil) {
				t.Errorf("batch %d: %d records, position %q", len(sizes), len(batch.Records), batch.Position)
			}
		}
		return nil
	}
	b.read(generated(t, 100, 2400, 1795424500))
	if diff := cmp.Diff([]int{1000, 1000, 500}, sizes); diff != "" {
		t.Error(diff)
	}
}
