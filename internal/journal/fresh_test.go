package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func sameMessage(a, b outbox.Message) bool {
	sameBody := bytes.Equal(a.Body, b.Body)
	a.Body, b.Body = nil, nil
	return sameBody && reflect.DeepEqual(a, b)
}

// What is read from memory is what is read from the file.
func TestFreshEventsAreThoseOfTheFile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	j := openTest(t, Options{Path: tempPath(t)})
	ctx := testContext(t)
	http := Target{Name: "http", Routes: []outbox.Route{outbox.Pbehavior}}
	if err := j.SetTargets(ctx, bus("amqp"), http); err != nil {
		t.Fatal(err)
	}
	var last int64
	for range 60 {
		var c outbox.Commit
		for n := range rng.IntN(5) {
			e := event(int(last) + n)
			e.Body = fmt.Appendf(nil, `{"pad":"%0*d"}`, 1+rng.IntN(40_000), n)
			if rng.IntN(3) == 0 {
				e.Route = outbox.Pbehavior
			}
			c.Events = append(c.Events, e)
		}
		mustAppend(t, j, c)
		last += int64(len(c.Events))
	}
	for range 200 {
		after, count, size := rng.Int64N(last+1), 1+rng.IntN(20), 1+rng.IntN(200_000)
		for _, target := range []string{"amqp", "http"} {
			j.mu.Lock()
			routes := j.cursors.routes(target)
			got, known := j.fresh.after(after, routes, count, size)
			held := j.fresh.bytes
			j.mu.Unlock()
			if held > freshBytes {
				t.Fatalf("%d bytes in memory", held)
			}
			if !known {
				continue
			}
			want, err := j.read(ctx, routes, after, count, size)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(want, got, sameMessage) {
				t.Fatalf("%s after %d, %d events, %d bytes: %d from memory, %d from the file",
					target, after, count, size, len(got), len(want))
			}
		}
	}
	if _, known := j.fresh.after(0, j.cursors.routes("amqp"), 1, 1); known {
		t.Error("the oldest event is still in memory: the test shows nothing")
	}
}

// After a failed fsync the transaction may be on the disk all the same. Its
// events then have the ids that the file gave them, in memory too.
func TestEventsOfATransactionThatSeemedToFail(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	ctx := testContext(t)
	if err := j.SetTargets(ctx, bus("amqp")); err != nil {
		t.Fatal(err)
	}
	ticket := &Ticket{
		commit: outbox.Commit{Events: []outbox.Event{event(1), event(2)}},
		done:   make(chan struct{}), finished: j.finished,
	}
	err := j.perform(ctx, func(w *writer) error {
		if err := j.room.Acquire(ctx, 1); err != nil {
			return err
		}
		ticket.held = 1
		w.group = append(w.group, ticket)
		if _, err := w.transact(func(tr *transaction) error { return tr.apply(&ticket.commit) }); err != nil {
			return err
		}
		w.writeFailed(errors.New("fsync: input/output error"), []*Ticket{ticket})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := ticket.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	read := func(after int64) []string {
		t.Helper()
		entries, err := j.Read(ctx, "amqp", after, 10, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			if e.ID != after+int64(i)+1 {
				t.Errorf("%s has id %d", e.MessageID, e.ID)
			}
		}
		return messages(entries)
	}
	if got := read(0); !slices.Equal(got, messageIDs(1, 2)) {
		t.Errorf("read %q", got)
	}
	if got := read(2); len(got) != 0 {
		t.Errorf("read once more: %q", got)
	}
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{event(3)}})
	if got := read(2); !slices.Equal(got, messageIDs(3)) {
		t.Errorf("read %q", got)
	}
}
