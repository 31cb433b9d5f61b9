package timeline

import "slices"

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
}

// heard reports whether another reader has reported this already, and remembers
// that this one has. alone: no other reader reports such things.
func (n *notes) heard(hash uint64, reader readerSet, alone bool) bool {
	for i := range n.said {
		if n.said[i].hash == hash && n.said[i].readers&reader == 0 {
			n.said[i].readers |= reader
			return true
		}
	}
	if len(n.said) >= maxSaid {
		n.forget(alone)
	}
	n.said = append(n.said, said{hash, reader})
	return false
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
	}
}

func (n *notes) decode(d *decoder) {
	n.lastComment = d.int()
	for range d.count() {
		n.said = append(n.said, said{d.uint(), readerSet(d.uint())})
	}
}
