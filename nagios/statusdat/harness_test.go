package statusdat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var errCrash = errors.New("crashed")

// bench stands in for the rest of the house: it takes batches, keeps the
// position, and can crash.
type bench struct {
	t        *testing.T
	path     string
	run      *run
	records  []supervision.Record
	rejected []supervision.Rejected
	skipped  map[string]int
	odd      []string // "object: reason"
	position []byte
	batches  int
	opened   []time.Time // of the batches
	crashAt  int         // this batch is refused; 0: none
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "status.dat"), skipped: map[string]int{}}
	b.restart()
	return b
}

// restart makes a new run from the stored position.
func (b *bench) restart() {
	source := New(Options{Path: b.path, Logger: quiet()})
	b.run = source.newRun(b.position, b.emit)
	b.run.now = func() time.Time { return time.Now().Add(time.Hour) } // no file is young
}

func (b *bench) emit(_ context.Context, batch supervision.Batch) error {
	if !batch.EndSeen.IsZero() {
		return nil
	}
	b.batches++
	if b.batches == b.crashAt {
		return errCrash
	}
	b.opened = append(b.opened, batch.Read)
	b.records = append(b.records, batch.Records...)
	b.rejected = append(b.rejected, batch.Rejected...)
	for _, o := range batch.Odd {
		_, object, _ := strings.Cut(strings.TrimPrefix(o.Where, b.path+":"), ": ")
		object, _, _ = strings.Cut(object, ":")
		b.odd = append(b.odd, object+": "+o.Reason)
	}
	for reason, n := range batch.Skipped {
		b.skipped[reason] += n
	}
	if batch.Position != nil {
		b.position = batch.Position
	}
	return nil
}

// put replaces the file as Nagios does.
func (b *bench) put(text string) {
	b.t.Helper()
	replace(b.t, b.path, text)
}

func replace(t *testing.T, path, text string) {
	t.Helper()
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

// look reads what there is to read, and returns its records.
func (b *bench) look() ([]supervision.Record, error) {
	b.t.Helper()
	before := len(b.records)
	for {
		again, err := b.run.look(b.t.Context())
		if err != nil || !again {
			return b.records[before:], err
		}
	}
}

// read puts a file there, and returns its records.
func (b *bench) read(text string) []supervision.Record {
	b.t.Helper()
	b.put(text)
	records, err := b.look()
	if err != nil {
		b.t.Fatal(err)
	}
	return records
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// statusFile is a file of Nagios 4 with these blocks.
func statusFile(created int, blocks ...string) string {
	return fmt.Sprintf("# comment\n\ninfo {\n\tcreated=%d\n\tversion=4.4.6\n\t}\n\nprogramstatus {\n"+
		"\tenable_flap_detection=1\n\tprocess_performance_data=1\n\t}\n\n%s",
		created, strings.Join(blocks, ""))
}

// block makes one of lines "key=value"; later ones replace earlier ones.
func block(kind string, lines ...string) string {
	var keys []string
	values := map[string]string{}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		if _, ok := values[key]; !ok {
			keys = append(keys, key)
		}
		values[key] = value
	}
	var out strings.Builder
	out.WriteString(kind + " {\n")
	for _, key := range keys {
		fmt.Fprintf(&out, "\t%s=%s\n", key, values[key])
	}
	out.WriteString("\t}\n\n")
	return out.String()
}

var okFields = []string{"has_been_checked=1", "check_command=c!1", "check_execution_time=0.500", "check_latency=0.25",
	"check_type=0", "current_state=0", "plugin_output=OK", "long_plugin_output=", "performance_data=a=1",
	"last_check=1000", "current_attempt=1", "max_attempts=3", "state_type=1", "problem_has_been_acknowledged=0",
	"acknowledgement_type=0", "flap_detection_enabled=1", "process_performance_data=1", "is_flapping=0",
	"scheduled_downtime_depth=0"}

func host(lines ...string) string {
	return block("hoststatus", append(append([]string{"host_name=h"}, okFields...), lines...)...)
}

func service(lines ...string) string {
	return block("servicestatus",
		append(append([]string{"host_name=h", "service_description=s"}, okFields...), lines...)...)
}

// describe returns in one line what a record is about.
func describe(r supervision.Record) string {
	out := fmt.Sprintf("%d %s %s", r.Time.Unix(), r.Entity, r.Kind)
	if r.Check != nil {
		out += fmt.Sprintf(" %d/%d %d/%d %s",
			r.Check.State, r.Check.StateType, r.Check.Attempt, r.Check.MaxAttempts, r.Check.Output)
	}
	if r.Note != nil {
		out += fmt.Sprintf(" #%d %s: %s", r.Note.ID, r.Note.Author, r.Note.Text)
		if r.Note.Sticky {
			out += " (sticky)"
		}
		if r.Note.Persistent {
			out += " (persistent)"
		}
	}
	if r.Downtime != nil {
		out += fmt.Sprintf(" #%d %s: %s", r.Downtime.ID, r.Downtime.Author, r.Downtime.Comment)
	}
	if r.Flapping != nil && r.Flapping.Disabled {
		out += " (disabled)"
	}
	return out
}

func describeAll(records []supervision.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, describe(r))
	}
	return out
}
