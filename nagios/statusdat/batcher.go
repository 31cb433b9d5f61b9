package statusdat

import (
	"context"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	// maxRejected bounds what one file can send to quarantine.
	maxRejected = 1000
	// beyondRejected counts the rest.
	beyondRejected = "unreadable status block, after the first 1000 of a file"
	beyondOdd      = "field that makes no sense, after the first 1000 of a batch"
)

// batcher gathers what is to be emitted into batches.
type batcher struct {
	emit   supervision.Emit
	batch  supervision.Batch
	opened time.Time // when this file was opened
	// isAsOpened reports whether nobody has written to the file since then.
	isAsOpened func() bool
	rejected   int   // in this file
	err        error // of emit
}

// add takes a record, and emits a full batch first.
func (b *batcher) add(ctx context.Context, record supervision.Record) error {
	if len(b.batch.Records) >= supervision.BatchLines {
		if err := b.flush(ctx, nil); err != nil {
			return err
		}
	}
	b.batch.Records = append(b.batch.Records, record)
	return nil
}

func (b *batcher) reject(rejected supervision.Rejected) {
	b.rejected++
	if b.rejected <= maxRejected {
		b.batch.Rejected = append(b.batch.Rejected, rejected)
		return
	}
	b.skip(beyondRejected)
}

func (b *batcher) skip(why string) {
	if b.batch.Skipped == nil {
		b.batch.Skipped = make(map[string]int)
	}
	b.batch.Skipped[why]++
}

// odd takes what makes no sense in a block that is used.
func (b *batcher) odd(o supervision.Oddity) {
	if len(b.batch.Odd) < maxRejected {
		b.batch.Odd = append(b.batch.Odd, o)
		return
	}
	b.skip(beyondOdd)
}

// finish emits the last records, and the position of the whole file, in one batch.
func (b *batcher) finish(ctx context.Context, last []supervision.Record, position []byte) error {
	if len(b.batch.Records)+len(last) > supervision.BatchLines {
		if err := b.flush(ctx, nil); err != nil {
			return err
		}
	}
	b.batch.Records = append(b.batch.Records, last...)
	return b.flush(ctx, position)
}

// flush emits the batch, if there is anything in it. A position is that of the
// whole file, so it comes with its last batch only.
func (b *batcher) flush(ctx context.Context, position []byte) error {
	if position == nil && len(b.batch.Records)+len(b.batch.Rejected)+len(b.batch.Odd)+len(b.batch.Skipped) == 0 {
		return nil
	}
	b.batch.Position = position
	if b.isAsOpened() { // else what is in the batch may have been written later
		b.batch.Read = b.opened
	}
	if b.err = b.emit(ctx, b.batch); b.err != nil {
		return b.err
	}
	clear(b.batch.Records)
	b.batch = supervision.Batch{Records: b.batch.Records[:0]}
	return nil
}

// nothing emits that there was nothing to read at that moment.
func (b *batcher) nothing(ctx context.Context, at time.Time) error {
	b.err = b.emit(ctx, supervision.Batch{EndSeen: at})
	return b.err
}
