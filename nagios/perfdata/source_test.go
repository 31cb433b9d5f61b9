package perfdata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const patience = 20 * time.Second

// outbox is what a journal is to a source: it keeps what was emitted together
// with the position, and survives the source.
type outbox struct {
	// gate, if set, decides about each batch before it is taken.
	gate func(b supervision.Batch) error

	mu       sync.Mutex
	records  []supervision.Record
	rejected []supervision.Rejected
	position []byte
	endSeen  time.Time
	emitted  chan struct{}
}

func newOutbox() *outbox { return &outbox{emitted: make(chan struct{}, 1)} }

var errCrashed = errors.New("crashed")

func (o *outbox) emit(ctx context.Context, b supervision.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.gate != nil {
		if err := o.gate(b); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records = append(o.records, b.Records...)
	for _, r := range b.Rejected {
		r.Raw = bytes.Clone(r.Raw)
		o.rejected = append(o.rejected, r)
	}
	if b.Position != nil {
		o.position = slices.Clone(b.Position)
	}
	if !b.EndSeen.IsZero() {
		o.endSeen = b.EndSeen
	}
	signal(o.emitted)
	return nil
}

// wait returns when the condition is true of what was taken.
func (o *outbox) wait(t *testing.T, what string, enough func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		o.mu.Lock()
		ok := enough()
		o.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-o.emitted:
		case <-deadline:
			o.mu.Lock()
			defer o.mu.Unlock()
			t.Fatalf("no %s: %d records, %d rejected", what, len(o.records), len(o.rejected))
		}
	}
}

func (o *outbox) waitRecords(t *testing.T, n int) {
	t.Helper()
	o.wait(t, fmt.Sprintf("%d records", n), func() bool { return len(o.records) >= n })
}

// waitEnd waits for a look that began after this call and found nothing.
func (o *outbox) waitEnd(t *testing.T) {
	t.Helper()
	now := time.Now()
	o.wait(t, "end", func() bool { return o.endSeen.After(now) })
}

func (o *outbox) stored() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.position
}

// outputs lists the outputs of the records.
func (o *outbox) outputs() (texts []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		texts = append(texts, r.Check.Output)
	}
	return texts
}

// running is a source at work.
type running struct {
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, source supervision.Source, o *outbox) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, done: make(chan error, 1)}
	from := o.stored()
	go func() { r.done <- source.Run(ctx, from, o.emit) }()
	t.Cleanup(cancel)
	return r
}

// ended waits for the source to give up by itself.
func (r *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		r.done <- nil
		return err
	case <-time.After(patience):
		t.Fatal("the source does not end")
		return nil
	}
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := r.ended(t); err != nil {
		t.Fatalf("stopped with %v", err)
	}
}

// line is a record of the default service template, without the line feed.
func line(n int) string {
	return fmt.Sprintf("[SERVICEPERFDATA]\t%d\thost\tservice\t0.1\t0.2\tline %d\tn=%d", 1700000000+n, n, n)
}

// lines are those numbered from first up to but not including end.
func lines(first, end int) string {
	var b bytes.Buffer
	for n := first; n < end; n++ {
		b.WriteString(line(n) + "\n")
	}
	return b.String()
}

// numbered lists the outputs of those lines.
func numbered(first, end int) (texts []string) {
	for n := first; n < end; n++ {
		texts = append(texts, fmt.Sprintf("line %d", n))
	}
	return texts
}

func serviceFormat(t testing.TB) []*Format {
	return []*Format{mustCompile(t, DefaultServiceTemplate, Service)}
}

func TestNewRefuses(t *testing.T) {
	formats := serviceFormat(t)
	file := func(o FileOptions) error { _, err := NewFile(o); return err }
	spool := func(o SpoolOptions) error { _, err := NewSpool(o); return err }
	_, pipeWithoutFormats := NewPipe(PipeOptions{Name: "n", Path: "p"})
	for _, tt := range []struct {
		name, option string
		err          error
	}{
		{"file without a name", "name", file(FileOptions{Path: "p", Formats: formats})},
		{"file without formats", "template", file(FileOptions{Name: "n", Path: "p"})},
		{
			"archive pattern", "archives",
			file(FileOptions{Name: "n", Path: "p", Formats: formats, Archives: []string{"["}}),
		},
		{"pipe without formats", "template", pipeWithoutFormats},
		{"spool without formats", "template", spool(SpoolOptions{Name: "n", Dir: "d"})},
		{"spool pattern", "pattern", spool(SpoolOptions{Name: "n", Dir: "d", Formats: formats, Pattern: "["})},
		{"move to nowhere", "move_to", spool(SpoolOptions{Name: "n", Dir: "d", Formats: formats, After: Move})},
		{
			"move to itself", "move_to",
			spool(SpoolOptions{Name: "n", Dir: "d/", Formats: formats, After: Move, MoveTo: "d"}),
		},
	} {
		if fault, ok := option.Of(tt.err); !ok || fault.Name != tt.option {
			t.Errorf("%s: got %v, want a fault of %s", tt.name, tt.err, tt.option)
		}
	}
}

func TestDamagedPosition(t *testing.T) {
	file, err := NewFile(FileOptions{Name: "n", Path: "p", Formats: serviceFormat(t)})
	if err != nil {
		t.Fatal(err)
	}
	spool, err := NewSpool(SpoolOptions{Name: "n", Dir: t.TempDir(), Formats: serviceFormat(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []supervision.Source{file, spool} {
		if err := source.Run(t.Context(), []byte("{"), newOutbox().emit); err == nil {
			t.Errorf("%T took a damaged position", source)
		}
	}
	for _, stored := range []string{`{"offset":-1}`, `{"done":"AAAA"}`, `{"done":7}`} {
		if _, err := parseSpoolPosition([]byte(stored)); err == nil {
			t.Errorf("%s was taken", stored)
		}
	}
	p := spoolPosition{Reading: 1<<64 - 1, Name: "é", Offset: 5, Done: fileIDs{1, 1 << 63}, Forgotten: 9}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseSpoolPosition(b); err != nil || fmt.Sprint(got) != fmt.Sprint(p) {
		t.Errorf("%s came back as %v, %v", b, got, err)
	}
}

func TestProgress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "service-perfdata")
	pipe, fromPipe := makePipe(t)
	d := makeDirs(t)
	text := lines(0, 3)
	for name, c := range map[string]struct {
		source interface {
			supervision.Source
			supervision.Gauge
		}
		write func()
		want  supervision.Progress
	}{
		"file": {fileSource(t, file), func() { openNagiosFile(t, file, os.O_APPEND).write(text + "half") },
			supervision.Progress{Path: file, Offset: int64(len(text)), Size: int64(len(text)) + 4}},
		"spool": {d.source(t, nil), func() { d.moveIn(t, "one", text, time.Hour) },
			supervision.Progress{
				Path: filepath.Join(d.spool, "one"), Offset: int64(len(text)), Size: int64(len(text)),
			}},
		"pipe": {fromPipe, func() {
			p := openNagiosPipe(t, pipe)
			for n := range 3 {
				p.put(line(n))
			}
		}, supervision.Progress{Path: pipe, Offset: -1, Size: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.source.Progress(); got != (supervision.Progress{}) {
				t.Errorf("before the start: %+v", got)
			}
			o := newOutbox()
			began := time.Now()
			r := start(t, c.source, o)
			o.waitEnd(t)
			c.write()
			o.waitRecords(t, 3)
			o.waitEnd(t)
			r.stop(t)
			got := c.source.Progress()
			if !got.EndSeen.After(began) {
				t.Errorf("the end was seen at %s, the start was at %s", got.EndSeen, began)
			}
			c.want.Newest, c.want.EndSeen = o.records[2].Time, got.EndSeen
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
