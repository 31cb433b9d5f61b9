package statusdat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const patience = 20 * time.Second

// running is a source that runs.
type running struct {
	t       *testing.T
	batches chan supervision.Batch
	cancel  context.CancelFunc
	ended   chan error
}

func start(t *testing.T, o Options, from []byte) *running {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet()
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, batches: make(chan supervision.Batch), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		r.ended <- New(o).Run(ctx, from, func(ctx context.Context, b supervision.Batch) error {
			b.Records = slices.Clone(b.Records)
			select {
			case r.batches <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *running) stop() {
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Errorf("Run: %v", err)
		}
		r.ended <- nil
	case <-time.After(patience):
		r.t.Error("Run doesn't end")
	}
}

// next returns the next batch for which ok is true.
func (r *running) next(what string, ok func(supervision.Batch) bool) supervision.Batch {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case b := <-r.batches:
			if ok(b) {
				return b
			}
		case err := <-r.ended:
			r.t.Fatalf("Run ended: %v", err)
		case <-deadline:
			r.t.Fatalf("no %s came", what)
		}
	}
}

func hasRecords(b supervision.Batch) bool { return len(b.Records) > 0 }
func isAtEnd(b supervision.Batch) bool    { return !b.EndSeen.IsZero() }

func TestRunReadsEachReplacement(t *testing.T) {
	directory := t.TempDir()
	elsewhere := t.TempDir()
	link := filepath.Join(directory, "link.dat")
	if err := os.Symlink(filepath.Join(elsewhere, "status.dat"), link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, watched, written string
		poll                   time.Duration
	}{
		// No look at a fixed time comes within the test.
		{
			"reported by the kernel", filepath.Join(directory, "status.dat"), filepath.Join(directory, "status.dat"),
			time.Hour,
		},
		// The kernel reports nothing about the directory that a link points to.
		{"found by looking", link, filepath.Join(elsewhere, "status.dat"), 10 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := start(t, Options{Path: test.watched, Poll: test.poll}, nil)
			r.next("batch without a file", isAtEnd)
			for i := range 4 {
				replace(t, test.written, statusFile(1100+i, service(fmt.Sprintf("last_check=%d", 1000+i))))
				b := r.next("record", hasRecords)
				if got := b.Records[0].Check.Start.Unix(); len(b.Records) != 1 || got != int64(1000+i) ||
					b.Position == nil {
					t.Errorf("%d records, first of %d, position %q", len(b.Records), got, b.Position)
				}
				r.next("end", isAtEnd)
			}
		})
	}
}

func TestRunReportsAgainAndAgainThatThereIsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.dat")
	replace(t, path, statusFile(1100, service()))
	r := start(t, Options{Path: path, Poll: time.Millisecond}, nil)
	r.next("records", hasRecords)
	last := time.Time{}
	for range 5 {
		b := r.next("end", isAtEnd)
		if !b.EndSeen.After(last) || len(b.Records) > 0 || b.Position != nil {
			t.Errorf("batch %+v after %s", b, last)
		}
		last = b.EndSeen
	}
}

func TestRunGoesOnFromItsPosition(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.dat")
	replace(t, path, statusFile(1100, service("is_flapping=1")))
	first := start(t, Options{Path: path}, nil)
	position := first.next("records", hasRecords).Position
	first.stop()
	replace(t, path, statusFile(1200, service()))
	second := start(t, Options{Path: path}, position)
	b := second.next("records", hasRecords)
	want := []string{"1000 h;s present state 0/1 1/3 OK", "1200 h;s flapping stopped"}
	if diff := cmp.Diff(want, describeAll(b.Records)); diff != "" {
		t.Error(diff)
	}
}

func TestRunPassesTheErrorOfEmitOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.dat")
	replace(t, path, statusFile(1100, service()))
	err := New(Options{Path: path, Logger: quiet()}).Run(t.Context(), nil,
		func(context.Context, supervision.Batch) error { return errCrash })
	if !errors.Is(err, errCrash) {
		t.Errorf("error %v", err)
	}
}

func TestRunWhereTheDirectoryCannotBeWatched(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "later")
	var log bytes.Buffer
	r := start(t, Options{Path: filepath.Join(directory, "status.dat"), Poll: time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	r.next("batch without a directory", isAtEnd)
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(directory, "status.dat"), statusFile(1100, service()))
	r.next("records", hasRecords)
	r.stop()
	if !strings.Contains(log.String(), "can't be watched") {
		t.Errorf("log: %s", &log)
	}
}

func TestProgress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.dat")
	source := New(Options{Path: path, Logger: quiet()})
	r := source.newRun(nil, func(context.Context, supervision.Batch) error { return nil })
	look := func() supervision.Progress {
		t.Helper()
		for again := true; again; {
			var err error
			if again, err = r.look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return source.Progress()
	}
	if p := look(); p.Path != path || p.Offset != -1 || p.Size != -1 || !p.Newest.IsZero() || p.EndSeen.IsZero() {
		t.Errorf("before the first file: %+v", p)
	}
	text := statusFile(1100, service("last_check=1050"), host("last_check=1040"))
	replace(t, path, text)
	p := look()
	if p.Size != int64(len(text)) || p.Offset != -1 || !p.Newest.Equal(time.Unix(1050, 5e8)) {
		t.Errorf("after a file of %d bytes: %+v", len(text), p)
	}
	must(t, os.Remove(path))
	if gone := look(); gone.Size != p.Size || !gone.Newest.Equal(p.Newest) || !gone.EndSeen.After(p.EndSeen) {
		t.Errorf("without a file: %+v, before %+v", gone, p)
	}
}
