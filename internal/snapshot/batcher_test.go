package snapshot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// handed is a batch as it was handed over.
type handed struct {
	Records  int
	Position string
	EndSeen  bool
}

func TestBatcher(t *testing.T) {
	var got []handed
	at := time.Unix(1795424500, 0)
	b := Batcher{Read: func() time.Time { return at }}
	b.Emit = func(_ context.Context, batch supervision.Batch) error {
		if !batch.Read.Equal(at) {
			t.Errorf("of %v", batch.Read)
		}
		got = append(got, handed{len(batch.Records), string(batch.Position), !batch.EndSeen.IsZero()})
		return nil
	}
	b.Begin()
	for range 2*supervision.BatchLines + 1 {
		if err := b.Add(t.Context(), supervision.Record{}); err != nil {
			t.Fatal(err)
		}
	}
	changes := make([]supervision.Record, 3*supervision.BatchLines)
	if err := b.Finish(t.Context(), changes, []byte("p"), at); err != nil {
		t.Fatal(err)
	}
	// Changes are not split, however many they are.
	want := []handed{{1000, "", false}, {1000, "", false}, {1, "", false}, {3000, "p", true}}
	if diff := cmp.Diff(want, got); diff != "" || b.Added() != 5001 {
		t.Errorf("%d records: %s", b.Added(), diff)
	}
	got = nil
	b.Begin()
	if err := b.Flush(t.Context()); err != nil || len(got) > 0 || b.Added() != 0 {
		t.Errorf("%v, %v: nothing was to be handed over", err, got)
	}
}

func TestBatcherKeepsWhatWasRefused(t *testing.T) {
	refusal := errors.New("no")
	b := Batcher{Emit: func(context.Context, supervision.Batch) error { return refusal }}
	b.Skip("left out", 2)
	if err := b.Flush(t.Context()); !errors.Is(err, refusal) || !errors.Is(b.Err(), refusal) {
		t.Errorf("%v, %v", err, b.Err())
	}
	var skipped int
	b.Emit = func(_ context.Context, batch supervision.Batch) error {
		skipped = batch.Skipped["left out"]
		return nil
	}
	if err := b.Flush(t.Context()); err != nil || b.Err() != nil || skipped != 2 {
		t.Errorf("%v, %v, %d left out", err, b.Err(), skipped)
	}
}
