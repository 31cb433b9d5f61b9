package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// How many comments and downtimes of one object are remembered: of those that
// nobody else has reported yet, as many as readers may be apart, else as many as a
// reader that comes later may report again.
const (
	maxOpen = 256
	maxSaid = 16
)

// notes remembers comments and scheduled downtimes that several readers report.
type notes struct {
	// lastComment is the greatest id that a broker module reported.
	lastComment int64
	said        []said // newest last
}

// said is something that was written once and may be reported by several
// readers.
type said struct {
	hash    uint64
	readers readerSet
	// entry distinguishes two that are alike: of an acknowledgement the second in which it
	// was given; of a comment or downtime that the status file shows, a hash of its
	// number and time. 0: not reported.
	entry uint32
}

// heard reports whether this was reported already, by another reader or by the same
// one in a file that is read again, and remembers that it was. alone: no other
// reader reports such things.
func (n *notes) heard(this said, alone bool) bool {
	return n.isKnown(this, alone, func(o said) bool {
		return o.readers&this.readers == 0 || o.entry != 0 && o.entry == this.entry
	})
}

// heardAck does so for an acknowledgement: two of one author and text are the same
// only if they were given at the same time, and were not reported twice by one reader
// other than that of the status file.
func (n *notes) heardAck(this said, readAgain, alone bool) bool {
	return n.isKnown(this, alone, func(o said) bool {
		apart := int64(o.entry) - int64(this.entry)
		return (readAgain || o.readers&this.readers == 0) &&
			(o.entry == 0 || this.entry == 0 || max(apart, -apart) <= ackDelay)
	})
}

func (n *notes) isKnown(this said, alone bool, same func(said) bool) bool {
	for i := range n.said {
		if s := &n.said[i]; s.hash == this.hash && same(*s) {
			s.readers |= this.readers
			s.entry = cmp.Or(s.entry, this.entry)
			return true
		}
	}
	if len(n.said) >= maxSaid {
		n.forget(alone)
	}
	n.said = append(n.said, this)
	return false
}

// entryOf returns the entry of a comment or downtime of the status file; of others
// nothing shows which of two that are alike it is.
func entryOf(r *reader, id int64, entered time.Time) uint32 {
	if r.View != Snapshot {
		return 0
	}
	h := textHash(strconv.FormatInt(id, 36), strconv.FormatInt(entered.Unix(), 36))
	return max(uint32(h), 1)
}

// forget makes room: the oldest goes that several readers have reported, or of which
// no other report can come.
func (n *notes) forget(alone bool) {
	oldest := slices.IndexFunc(n.said, func(s said) bool { return alone || s.readers&(s.readers-1) != 0 })
	if oldest < 0 && len(n.said) >= maxOpen {
		oldest = 0
	}
	if oldest >= 0 {
		n.said = slices.Delete(n.said, oldest, oldest+1)
	}
}

func (n *notes) encode(e *encoder) {
	e.int(n.lastComment)
	e.uint(uint64(len(n.said)))
	for _, s := range n.said {
		e.uint(s.hash)
		e.uint(uint64(s.readers))
		e.uint(uint64(s.entry))
	}
}

func (n *notes) decode(d *decoder) {
	n.lastComment = d.int()
	for range d.count() {
		one := said{hash: d.uint(), readers: readerSet(d.uint())}
		if d.version >= 4 {
			one.entry = uint32(d.uint())
		}
		n.said = append(n.said, one)
	}
}
