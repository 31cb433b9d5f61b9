package statusdat

import (
	"context"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	// maxRecords is what one batch holds at most.
	maxRecords = 1000
	// maxRejected bounds what one file can send to quarantine.
	maxRejected = 1000
	// beyondRejected counts the rest.
	beyondRejected = "unreadable status block, after the first 1000 of a file"
)

// outbox gathers what is to be emitted into batches.
type outbox struct {
	emit     supervision.Emit
	batch    supervision.Batch
	rejected int   // in this file
	err      error // of emit
}

// add takes a record, and hands a full batch over first.
func (o *outbox) add(ctx context.Context, record supervision.Record) error {
	if len(o.batch.Records) >= maxRecords {
		if err := o.flush(ctx, nil); err != nil {
			return err
		}
	}
	o.batch.Records = append(o.batch.Records, record)
	return nil
}

func (o *outbox) reject(rejected supervision.Rejected) {
	o.rejected++
	if o.rejected <= maxRejected {
		o.batch.Rejected = append(o.batch.Rejected, rejected)
		return
	}
	if o.batch.Skipped == nil {
		o.batch.Skipped = make(map[string]int)
	}
	o.batch.Skipped[beyondRejected]++
}

// flush hands the batch over, if there is anything in it. A position is that of
// the whole file, so it comes with its last batch only.
func (o *outbox) flush(ctx context.Context, position []byte) error {
	if position == nil && len(o.batch.Records)+len(o.batch.Rejected)+len(o.batch.Skipped) == 0 {
		return nil
	}
	o.batch.Position = position
	if o.err = o.emit(ctx, o.batch); o.err != nil {
		return o.err
	}
	clear(o.batch.Records)
	o.batch = supervision.Batch{Records: o.batch.Records[:0]}
	return nil
}

// nothing says that there was nothing to read at that moment.
func (o *outbox) nothing(ctx context.Context, at time.Time) error {
	o.err = o.emit(ctx, supervision.Batch{EndSeen: at})
	return o.err
}
