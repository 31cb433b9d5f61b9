package timeline

import "slices"

// maxSaid is how many comments and downtimes of one object readers may be apart.
const maxSaid = 256

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
// that this one has.
func (n *notes) heard(hash uint64, reader readerSet) bool {
	for i := range n.said {
		if n.said[i].hash == hash && n.said[i].readers&reader == 0 {
			n.said[i].readers |= reader
			return true
		}
	}
	if len(n.said) == maxSaid {
		n.said = slices.Delete(n.said, 0, 1)
	}
	n.said = append(n.said, said{hash, reader})
	return false
}
