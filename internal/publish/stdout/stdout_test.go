package stdout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"github.com/google/go-cmp/cmp"
)

// queue returns its messages once and then ends the context. It notes what is
// done in the order of doing.
type queue struct {
	messages []outbox.Message
	end      context.CancelFunc
	out      *bytes.Buffer
	done     []string

	nextErr, releaseErr, rejectErr error
}

func (q *queue) Next(ctx context.Context, after int64, max, _ int) ([]outbox.Message, error) {
	if q.nextErr != nil {
		return nil, q.nextErr
	}
	var batch []outbox.Message
	for _, m := range q.messages {
		if m.ID > after && len(batch) < max {
			batch = append(batch, m)
		}
	}
	if len(batch) == 0 {
		q.end()
		return nil, ctx.Err()
	}
	return batch, nil
}

func (q *queue) Release(_ context.Context, upTo int64) error {
	q.done = append(q.done, fmt.Sprintf("release %d with %d lines out", upTo, bytes.Count(q.out.Bytes(), []byte("\n"))))
	return q.releaseErr
}

func (q *queue) Reject(_ context.Context, id int64, reason string) error {
	q.done = append(q.done, fmt.Sprintf("reject %d: %s", id, reason))
	return q.rejectErr
}

func run(t *testing.T, q *queue, from int64) (printed string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q.end, q.out = cancel, &bytes.Buffer{}
	err = New(q.out).Run(ctx, q, from)
	return q.out.String(), err
}

func TestPrintsThenReleases(t *testing.T) {
	q := &queue{messages: []outbox.Message{
		{ID: 3, Event: outbox.Event{RoutingKey: "released before", Body: []byte(`{}`)}},
		{
			ID: 5,
			Event: outbox.Event{
				RoutingKey: "nagios.a.check.resource.h.é <b> \"q\"",
				Body:       []byte("{\n \"output\": \"a<b & c\\n\u2028\"\n}"),
			},
		},
		{ID: 6, Event: outbox.Event{RoutingKey: "latin1 \xe9", Body: []byte(`{"n":12345678901234567890}`)}},
	}}
	printed, err := run(t, q, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"routing_key":"nagios.a.check.resource.h.é <b> \"q\"","body":{"output":"a<b & c\n` + "\u2028" + `"}}
{"routing_key":"latin1 \ufffd","body":{"n":12345678901234567890}}
`
	if diff := cmp.Diff(want, printed); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"release 6 with 2 lines out"}, q.done); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
}

func TestRejectsWhatIsNotJSON(t *testing.T) {
	q := &queue{messages: []outbox.Message{
		{ID: 1, Event: outbox.Event{Body: []byte(`{"a":1}`)}}, {ID: 2, Event: outbox.Event{Body: []byte(`{"a":`)}},
		{ID: 3, Event: outbox.Event{Body: []byte("{}\n{}")}}, {ID: 4, Event: outbox.Event{Body: []byte(`{"a":4}`)}},
	}}
	printed, err := run(t, q, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"routing_key\":\"\",\"body\":{\"a\":1}}\n" +
		"{\"routing_key\":\"\",\"body\":{\"a\":4}}\n"; printed != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
	if len(q.done) != 3 || !strings.HasPrefix(q.done[0], "reject 2: the body is not JSON") ||
		!strings.HasPrefix(q.done[1], "reject 3: ") || q.done[2] != "release 4 with 2 lines out" {
		t.Errorf("queue: %q", q.done)
	}
}

func TestGoesInBatches(t *testing.T) {
	q := &queue{}
	for i := range 2*batch + 1 {
		q.messages = append(q.messages,
			outbox.Message{ID: int64(i + 1), Event: outbox.Event{Body: []byte(fmt.Sprintf(`{"seq":%d}`, i))}})
	}
	printed, err := run(t, q, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(printed), "\n") {
		var got struct{ Body struct{ Seq int } }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Body.Seq != i {
			t.Fatalf("line %d is %s", i, line)
		}
	}
	want := []string{
		"release 500 with 500 lines out", "release 1000 with 1000 lines out", "release 1001 with 1001 lines out",
	}
	if diff := cmp.Diff(want, q.done); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	good, bad := outbox.Message{ID: 1, Event: outbox.Event{Body: []byte("{}")}}, outbox.Message{
		ID: 1, Event: outbox.Event{Body: []byte("{")},
	}
	for name, q := range map[string]*queue{
		"next":    {nextErr: broken},
		"release": {messages: []outbox.Message{good}, releaseErr: broken},
		"reject":  {messages: []outbox.Message{bad}, rejectErr: broken},
	} {
		if _, err := run(t, q, 0); !errors.Is(err, broken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	q := &queue{messages: []outbox.Message{good}, out: &bytes.Buffer{}}
	if err := New(brokenWriter{broken}).Run(t.Context(), q, 0); !errors.Is(err, broken) || len(q.done) != 0 {
		t.Errorf("writer: got %v, and then %q", err, q.done)
	}
}

func TestState(t *testing.T) {
	var out bytes.Buffer
	p := New(&out)
	if got := p.State(); got.Working || got.Place != "standard output" || got.Since.IsZero() {
		t.Errorf("at first: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q := &queue{end: cancel, out: &out, messages: []outbox.Message{
		{ID: 1, Event: outbox.Event{Body: []byte("{}")}}, {ID: 2, Event: outbox.Event{Body: []byte("no JSON")}},
	}}
	if err := p.Run(ctx, q, 0); err != nil {
		t.Fatal(err)
	}
	if got := p.State(); !got.Working || got.Sent != 1 || got.Confirmed != 1 || got.Rejected != 1 ||
		got.Delivered.IsZero() {
		t.Errorf("after two messages: %+v", got)
	}
	p.w = broken{}
	if err := p.Run(t.Context(), q, 0); err == nil {
		t.Fatal("a write error is no error")
	}
	if got := p.State(); got.Working || got.LastError != "broken" || got.LastErrorAt.IsZero() || got.Sent != 1 {
		t.Errorf("after a write error: %+v", got)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }
