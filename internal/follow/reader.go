package follow

import (
	"context"
	"errors"
	"time"
)

// errChanged says that what stands before the offset is no longer what was
// read there: the file was truncated or rewritten in place.
var errChanged = errors.New("file was rewritten in place")

// reader gives the whole lines of one open file. It is the seam between the
// engines; names, rotation and archives are the business of stream. All its
// methods are called from one goroutine.
type reader interface {
	// read appends lines and notices to the chunk, as many as are there and
	// the bounds allow. What it appends is valid until the next call of read or
	// atEnd. It tells whether it got on, so that it pays to call it again
	// before waiting.
	read(c *Chunk) (progress bool, err error)
	// atEnd makes sure that the file is still the one that was read, and tells
	// whether no whole line is left in it.
	atEnd() (bool, error)
	// wait blocks until there may be more to read, or until the tick or the
	// end of the context; it tells whether it was the tick.
	wait(ctx context.Context, tick <-chan time.Time) (ticked bool)
	// place gives the offset after the last whole line read, and the bytes
	// just before it.
	place() (offset int64, tail []byte)
	// close ends what the reader started, not the file.
	close()
}
