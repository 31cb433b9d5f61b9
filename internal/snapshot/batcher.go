package snapshot

import (
	"context"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	// maxOdd bounds what one batch says of values that make no sense.
	maxOdd = 1000
	// beyondOdd counts the rest.
	beyondOdd = "field that makes no sense, after the first 1000 of a batch"
)

// Batcher gathers what the readings of a source find into batches.
type Batcher struct {
	Emit supervision.Emit
	// Read returns the Read of a batch that is handed over now; nil: it is unknown.
	Read func() time.Time

	batch supervision.Batch
	added int
	err   error
}

// Begin begins a reading.
func (b *Batcher) Begin() { b.added = 0 }

// Added returns how many records the reading has brought so far.
func (b *Batcher) Added() int { return b.added }

// Err returns the last error of Emit.
func (b *Batcher) Err() error { return b.err }

// Add takes a record, and hands over a full batch first.
func (b *Batcher) Add(ctx context.Context, record supervision.Record) error {
	if len(b.batch.Records) >= supervision.BatchLines {
		if err := b.Flush(ctx); err != nil {
			return err
		}
	}
	b.added++
	b.batch.Records = append(b.batch.Records, record)
	return nil
}

// Reject takes input that can't be read.
func (b *Batcher) Reject(rejected supervision.Rejected) {
	b.batch.Rejected = append(b.batch.Rejected, rejected)
}

// Skip counts input that is left out.
func (b *Batcher) Skip(reason string, n int) {
	if b.batch.Skipped == nil {
		b.batch.Skipped = make(map[string]int)
	}
	b.batch.Skipped[reason] += n
}

// Odd takes what makes no sense in input that is used.
func (b *Batcher) Odd(o supervision.Oddity) {
	if len(b.batch.Odd) < maxOdd {
		b.batch.Odd = append(b.batch.Odd, o)
		return
	}
	b.Skip(beyondOdd, 1)
}

// Finish hands over the changes that a reading has shown, and its position, in one
// batch however large it is: a change that is read again is not known as such by
// anybody, unlike a result. The position is nil where it need not be stored, and
// endSeen zero where the reading does not show that nothing is left.
func (b *Batcher) Finish(
	ctx context.Context, changes []supervision.Record, position []byte, endSeen time.Time,
) error {
	if len(b.batch.Records)+len(changes) > supervision.BatchLines {
		if err := b.Flush(ctx); err != nil {
			return err
		}
	}
	b.added += len(changes)
	b.batch.Records = append(b.batch.Records, changes...)
	b.batch.Position, b.batch.EndSeen = position, endSeen
	return b.handOver(ctx)
}

// Flush hands over what there is, if anything.
func (b *Batcher) Flush(ctx context.Context) error {
	if len(b.batch.Records)+len(b.batch.Rejected)+len(b.batch.Odd)+len(b.batch.Skipped) == 0 {
		return nil
	}
	return b.handOver(ctx)
}

func (b *Batcher) handOver(ctx context.Context) error {
	if b.Read != nil {
		b.batch.Read = b.Read()
	}
	if b.err = b.Emit(ctx, b.batch); b.err != nil {
		return b.err
	}
	clear(b.batch.Records)
	b.batch = supervision.Batch{Records: b.batch.Records[:0]}
	return nil
}
