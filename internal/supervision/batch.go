package supervision

import (
	"context"
	"strconv"
	"time"
)

// Batch is what a source hands over in one step: what it read, and the
// position from which to go on once that is durable.
type Batch struct {
	Records  []Record
	Rejected []Rejected
	// Skipped counts input that is well-formed and no record, by a short
	// constant reason such as "unknown log line".
	Skipped map[string]int
	// Odd are values that make no sense, in input of which the rest is used.
	Odd []Oddity
	// Position is opaque to everybody but the source. Nil leaves the stored
	// one as it is.
	Position []byte
	// EndSeen is a moment from before which the source returns nothing more
	// after this batch; zero when it has not seen its end.
	EndSeen time.Time
	// Read is a moment of our clock by which all records of the batch had been
	// written; zero: that is known only of the moment at which they are handed over.
	// The batches of one file that is read whole share the moment of its opening, as long
	// as nobody writes to it.
	Read time.Time
}

// Oddity is a value that makes no sense, in input of which the rest is used: a
// latency of "-nan" does not cost its check result.
type Oddity struct {
	Reason string // of a bounded set: the field, what is wrong, and what it is taken for
	Where  string // file and line or offset, and the value
}

// Strange is a field that makes no sense, as a parser finds it.
type Strange struct {
	Field  string // its name in the input, of a bounded set
	Value  string
	Reason string // a constant: what is wrong, and what it is taken for
}

// Oddity returns it as found at a place.
func (s Strange) Oddity(where string) Oddity {
	const shown = 40
	return Oddity{s.Field + ": " + s.Reason, where + ": " + strconv.Quote(s.Value[:min(len(s.Value), shown)])}
}

// Rejected is input that can't be read. It goes to quarantine, with its reason,
// and never stops the rest.
type Rejected struct {
	Source string // the reader's name
	Where  string // file and line or offset
	Reason string
	Raw    []byte
}

// Emit takes a batch over. It returns nil when the records and the position
// are durable, and blocks while there is no room for them; an error means that
// nothing was taken, and that the source has to stop (the context has ended).
// The batch's memory may be reused by the caller afterwards.
type Emit func(ctx context.Context, b Batch) error

// Source turns one kind of supervisor output into records.
type Source interface {
	// Name is the key of the source's position: short, stable, unique.
	Name() string
	// Run reads from the stored position (nil: the first start) until the
	// context ends, which returns nil. An error means: start me again later,
	// from the position that is stored then. Run calls emit from one
	// goroutine.
	Run(ctx context.Context, from []byte, emit Emit) error
}

// Progress is how far a source has read. It is for people and for metrics;
// positions are what a source goes on from.
type Progress struct {
	Path   string // what is being read
	Offset int64  // bytes of it that have been read; -1 when that has no meaning
	Size   int64  // bytes that were there when it was last looked at; -1 when that has no meaning
	// Newest is the supervisor's time of the newest record; zero before the first.
	Newest time.Time
	// EndSeen is the last moment at which there was nothing more to read; zero
	// when that was never so.
	EndSeen time.Time
}

// Gauge is implemented by sources that can say how far they have read. It may
// be asked from any goroutine, at any time.
type Gauge interface {
	Progress() Progress
}
