package sources

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// row shortens the rows of the tests.
type row = livestatustest.Row

// limit bounds a wait for something that takes milliseconds.
const limit = 20 * time.Second

// inbox keeps what a source emits.
type inbox struct {
	t        *testing.T
	mu       sync.Mutex
	records  []supervision.Record
	batches  []supervision.Batch
	position []byte
	skipped  map[string]int
	log      strings.Builder
	arrived  chan struct{}
}

func newInbox(t *testing.T) *inbox {
	return &inbox{t: t, skipped: map[string]int{}, arrived: make(chan struct{}, 1)}
}

func (in *inbox) emit(_ context.Context, b supervision.Batch) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	b.Records = append([]supervision.Record(nil), b.Records...)
	in.records = append(in.records, b.Records...)
	in.batches = append(in.batches, b)
	if b.Position != nil {
		in.position = b.Position
	}
	for why, n := range b.Skipped {
		in.skipped[why] += n
	}
	select {
	case in.arrived <- struct{}{}:
	default:
	}
	return nil
}

// Write takes the log.
func (in *inbox) Write(p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.log.Write(p)
}

func (in *inbox) logged(text string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return strings.Contains(in.log.String(), text)
}

// take returns the records since the last call, in one line each.
func (in *inbox) take() (lines []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, r := range in.records {
		lines = append(lines, describe(r))
	}
	in.records = nil
	return lines
}

func (in *inbox) stored() []byte {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.position
}

// polled counts the polls that were finished.
func (in *inbox) polled() (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, b := range in.batches {
		if !b.EndSeen.IsZero() {
			n++
		}
	}
	return n
}

func (in *inbox) await(what string, ok func() bool) {
	in.t.Helper()
	deadline := time.After(limit)
	for !ok() {
		select {
		case <-in.arrived:
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			in.t.Fatalf("%s: not within %s; records %q, log:\n%s", what, limit, in.take(), in.log.String())
		}
	}
}

// awaitPolls waits until so many further polls began and were finished.
func (in *inbox) awaitPolls(n int) {
	in.t.Helper()
	before := in.polled()
	in.await("further polls", func() bool { return in.polled() > before+n })
}

func (in *inbox) options(server *livestatustest.Server) Options {
	return Options{
		Server: livestatus.Options{Address: server.Address(), FirstByte: 2 * time.Second, Body: time.Second},
		Poll:   20 * time.Millisecond, Scan: time.Hour, Logger: slog.New(slog.NewTextHandler(in, nil)),
	}
}

// run runs a source until the test ends, or stop is called.
func (in *inbox) run(source supervision.Source, from []byte) (stop func()) {
	in.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- source.Run(ctx, from, in.emit) }()
	once := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			in.t.Errorf("the source ended with %v", err)
		}
	})
	in.t.Cleanup(once)
	return once
}

func (in *inbox) start(server *livestatustest.Server, change func(*Options)) (stop func()) {
	in.t.Helper()
	o := in.options(server)
	if change != nil {
		change(&o)
	}
	source, err := New(o)
	if err != nil {
		in.t.Fatal(err)
	}
	return in.run(source, in.position)
}

// checked is a service that was checked at a moment.
func checked(name string, at int64, state int, output string) row {
	return row{
		"host_name": "h", "description": name, "has_been_checked": 1, "last_check": at, "state": state, "state_type": 1,
		"current_attempt": 1, "max_check_attempts": 3, "execution_time": 0.5, "plugin_output": output,
	}
}

// with returns a row with some more columns.
func with(r row, more row) row {
	out := row{}
	for _, from := range []row{r, more} {
		for k, v := range from {
			out[k] = v
		}
	}
	return out
}

// describe returns in one line what a record is about.
func describe(r supervision.Record) string {
	out := fmt.Sprintf("%s %s", r.Entity, r.Kind)
	switch {
	case r.Check != nil:
		out += fmt.Sprintf(" %d %s", r.Check.State, r.Check.Output)
	case r.Note != nil:
		out += fmt.Sprintf(" #%d %s: %s", r.Note.ID, r.Note.Author, r.Note.Text)
	case r.Downtime != nil:
		out += fmt.Sprintf(" #%d %s: %s", r.Downtime.ID, r.Downtime.Author, r.Downtime.Comment)
	}
	return out
}
