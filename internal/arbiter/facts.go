package arbiter

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// facts is what is remembered of one host or service.
type facts struct {
	sent  sentCheck // the last check result that was sent
	known knownState

	// ownerUntil is the time of the owner's last result, unserved the moment
	// since when the status file shows a result that the owner didn't bring
	// (unix seconds; 0: none).
	ownerUntil  int64
	unserved    int64
	perfdataOff bool

	acknowledged bool
	sticky       bool
	ackText      uint64 // hash of author and text
	ackSource    uint8
	ackAt        int64 // unix seconds

	flapping bool

	downtimes    []int64 // ids of the running ones, as far as told
	downtimeSaid bool    // a downtime is running, whose id was not reported
	// ended are downtimes whose end was told, which the status file may still show;
	// endedUnknown is the moment of an end that was told when not even the ids were
	// known (unix seconds).
	ended        []int64
	endedUnknown int64

	// lastComment and lastDowntime are the greatest ids that a broker module told;
	// loaded are the downtimes that a supervisor which starts has taken over, until
	// it tells the state of the object.
	lastComment, lastDowntime int64
	loaded                    []int64

	said    []said      // comments and scheduled downtimes, newest last
	history []pastState // states since the owner's last result, if the owner tells none
}

// sentCheck identifies a check result across readers.
type sentCheck struct {
	start, end int64 // unix seconds; start 0: not reported
	state      supervision.State
	stateType  supervision.StateType
	attempt    int16
	output     uint32 // hash
	execution  int64  // milliseconds; 0: not reported
	sources    uint8  // bit set of the readers that have reported it
	set        bool
}

// said is something that was written once and may be reported by several
// readers.
type said struct {
	hash    uint64
	sources uint8
}

const (
	maxSaid    = 16  // comments and downtimes of one entity that readers may be apart
	maxHistory = 256 // state changes that a stateless perfdata file may lag behind the log
)

// outputHash makes outputs comparable across readers: Nagios writes ';' as ':'
// into log and status file, and as it is into the perfdata file.
func outputHash(s string) uint32 {
	h := fnv.New32a()
	s = strings.TrimSpace(s)
	var b [64]byte
	for len(s) > 0 {
		n := copy(b[:], s)
		for i, c := range b[:n] {
			if c == ';' {
				b[i] = ':'
			}
		}
		h.Write(b[:n])
		s = s[n:]
	}
	return h.Sum32()
}

func textHash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// heard reports whether another reader has said this already, and remembers
// that source has.
func (f *facts) heard(hash uint64, source uint8) bool {
	for i := range f.said {
		if f.said[i].hash == hash && f.said[i].sources&source == 0 {
			f.said[i].sources |= source
			return true
		}
	}
	if len(f.said) == maxSaid {
		f.said = slices.Delete(f.said, 0, 1)
	}
	f.said = append(f.said, said{hash, source})
	return false
}

func (f *facts) flags() supervision.Flags {
	depth := len(f.downtimes)
	if depth == 0 && f.downtimeSaid {
		depth = 1
	}
	return supervision.Flags{
		Acknowledged: f.acknowledged, Flapping: f.flapping,
		DowntimeDepth: depth, PerfdataOff: f.perfdataOff,
	}
}

const encodingVersion = 2

var errFacts = errors.New("damaged entity state")

// encode gives the form that is stored: a version byte, then varints in the
// order of the fields.
func (f *facts) encode() []byte {
	b := make([]byte, 0, 64)
	b = append(b, encodingVersion)
	b = append(b, bits(f.sent.set, f.known.set, f.perfdataOff, f.acknowledged, f.sticky, f.flapping, f.downtimeSaid))
	b = f.sent.encode(b)
	b = f.known.encode(b)
	b = binary.AppendVarint(b, f.ownerUntil)
	b = binary.AppendVarint(b, f.unserved)
	b = binary.AppendUvarint(b, f.ackText)
	b = append(b, f.ackSource)
	b = binary.AppendVarint(b, f.ackAt)
	for _, ids := range [][]int64{f.downtimes, f.ended, f.loaded} {
		b = binary.AppendUvarint(b, uint64(len(ids)))
		for _, id := range ids {
			b = binary.AppendVarint(b, id)
		}
	}
	b = binary.AppendVarint(b, f.endedUnknown)
	b = binary.AppendVarint(b, f.lastComment)
	b = binary.AppendVarint(b, f.lastDowntime)
	b = binary.AppendUvarint(b, uint64(len(f.said)))
	for _, s := range f.said {
		b = binary.AppendUvarint(b, s.hash)
		b = append(b, s.sources)
	}
	b = binary.AppendUvarint(b, uint64(len(f.history)))
	for _, h := range f.history {
		b = h.knownState.encode(b)
		b = binary.AppendUvarint(b, uint64(h.output))
		b = append(b, bits(h.used, h.repeated))
	}
	return b
}

func (s *sentCheck) encode(b []byte) []byte {
	b = binary.AppendVarint(b, s.start)
	b = binary.AppendVarint(b, s.end)
	b = append(b, byte(s.state), byte(s.stateType))
	b = binary.AppendVarint(b, int64(s.attempt))
	b = binary.AppendUvarint(b, uint64(s.output))
	b = binary.AppendVarint(b, s.execution)
	return append(b, s.sources)
}

func (k *knownState) encode(b []byte) []byte {
	b = append(b, byte(k.state), byte(k.stateType))
	b = binary.AppendVarint(b, int64(k.attempt))
	return binary.AppendVarint(b, k.at)
}

func bits(bs ...bool) byte {
	var v byte
	for i, b := range bs {
		if b {
			v |= 1 << i
		}
	}
	return v
}

func decodeFacts(b []byte) (*facts, error) {
	d := decoder{b: b}
	if d.byte() != encodingVersion {
		return nil, errFacts
	}
	f := &facts{}
	set := d.byte()
	for i, p := range []*bool{&f.sent.set, &f.known.set, &f.perfdataOff, &f.acknowledged, &f.sticky, &f.flapping, &f.downtimeSaid} {
		*p = set&(1<<i) != 0
	}
	f.sent.start, f.sent.end = d.varint(), d.varint()
	f.sent.state, f.sent.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	f.sent.attempt = int16(d.varint())
	f.sent.output = uint32(d.uvarint())
	f.sent.execution = d.varint()
	f.sent.sources = d.byte()
	d.known(&f.known)
	f.ownerUntil, f.unserved = d.varint(), d.varint()
	f.ackText, f.ackSource, f.ackAt = d.uvarint(), d.byte(), d.varint()
	for _, ids := range []*[]int64{&f.downtimes, &f.ended, &f.loaded} {
		for range d.count() {
			*ids = append(*ids, d.varint())
		}
	}
	f.endedUnknown = d.varint()
	f.lastComment, f.lastDowntime = d.varint(), d.varint()
	for range d.count() {
		f.said = append(f.said, said{d.uvarint(), d.byte()})
	}
	for range d.count() {
		var h pastState
		d.known(&h.knownState)
		h.output, h.set = uint32(d.uvarint()), true
		set := d.byte()
		h.used, h.repeated = set&1 != 0, set&2 != 0
		f.history = append(f.history, h)
	}
	if d.bad || len(d.b) != 0 {
		return nil, errFacts
	}
	return f, nil
}

// decoder reads the stored form; after a fault it gives zeros and says so.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

// count reads a length, of at most as many items as there are bytes left.
func (d *decoder) count() uint64 {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return 0
	}
	return n
}

func (d *decoder) known(k *knownState) {
	k.state, k.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	k.attempt = int16(d.varint())
	k.at = d.varint()
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.bad, d.b = true, nil
		return
	}
	d.b = d.b[n:]
}
