package sources

import (
	"context"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// batcher gathers what one poll found into batches.
type batcher struct {
	emit  supervision.Emit
	read  time.Time // by when the server had made all of it
	batch supervision.Batch
	added int   // records of this poll
	err   error // of emit
}

// add takes a record, and emits a full batch first.
func (b *batcher) add(ctx context.Context, record supervision.Record) error {
	if len(b.batch.Records) >= supervision.BatchLines {
		if err := b.flush(ctx, nil, time.Time{}); err != nil {
			return err
		}
	}
	b.added++
	b.batch.Records = append(b.batch.Records, record)
	return nil
}

func (b *batcher) skip(reason string, n int) {
	if b.batch.Skipped == nil {
		b.batch.Skipped = make(map[string]int)
	}
	b.batch.Skipped[reason] += n
}

// flush emits what there is. The position, and that everything from before a moment
// was read, come with the last batch of a poll.
func (b *batcher) flush(ctx context.Context, position []byte, endSeen time.Time) error {
	if position == nil && endSeen.IsZero() && len(b.batch.Records)+len(b.batch.Rejected)+len(b.batch.Skipped) == 0 {
		return nil
	}
	b.batch.Position, b.batch.EndSeen, b.batch.Read = position, endSeen, b.read
	if b.err = b.emit(ctx, b.batch); b.err != nil {
		return b.err
	}
	clear(b.batch.Records)
	b.batch = supervision.Batch{Records: b.batch.Records[:0]}
	return nil
}
