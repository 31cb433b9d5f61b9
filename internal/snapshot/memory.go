package snapshot

import (
	"bytes"
	"hash/maphash"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Memory is what is known from the readings before. An object costs a few
// numbers, whatever its texts; only what is not in its normal condition, the
// comments and the downtimes are kept in words.
//
// Names are kept as 64-bit hashes: among 110,000 objects two collide with a
// probability of 1 in 3,000,000,000.
type Memory struct {
	seed  maphash.Seed
	round uint32 // number of the reading
	start uint32 // number of the supervisor's start
	// last is the moment of the last finished reading, downtimesRead that of
	// the last one with a complete table of downtimes.
	last, downtimesRead time.Time
	// started: the objects have been read completely since the start.
	started bool

	objects    map[uint64]object // those that have been checked
	conditions map[uint64]*condition
	comments   map[uint64]*comment
	downtimes  map[uint64]*downtime
}

// object is what is kept of a host or service.
type object struct {
	facts uint64 // hash of its check result
	round uint32 // in which it was last seen
	start uint32 // of the supervisor, in which its result was reported last
}

// condition is that of an object which is not in the normal one.
type condition struct {
	entity supervision.Entity
	// was is what has been reported, is what the reading of this round shows.
	was, is marks
	// ackNote is the newest comment that was reported with the acknowledgement.
	ackNote Key
	newNote *supervision.Note // of that comment, to report now
	// flappingOff: flap detection is switched off.
	flappingOff bool
	round       uint32
}

// marks are the conditions that can change without a check result.
type marks struct {
	ack      Acknowledgement
	flapping bool
	depth    int // of downtimes
}

// comment is one that a user wrote, or that belongs to an acknowledgement.
type comment struct {
	Key
	entity   supervision.Entity
	entityID uint64
	ofAck    bool
	note     *supervision.Note // until it has been reported
	round    uint32
}

// downtime is one that is listed, in whatever phase, or an anonymous one.
type downtime struct {
	supervision.Downtime
	entity   supervision.Entity
	entityID uint64
	progress DowntimeProgress
	phase    phase
	round    uint32
	as       int64 // the number under which it was reported; 0: its own
}

// phase is how far the records about a downtime have come.
type phase int8

const (
	phaseNew phase = iota
	phaseScheduled
	phaseRunning
	phaseOver
)

// New returns a memory that knows nothing.
func New() *Memory {
	return &Memory{
		seed:       maphash.MakeSeed(),
		objects:    make(map[uint64]object),
		conditions: make(map[uint64]*condition),
		comments:   make(map[uint64]*comment),
		downtimes:  make(map[uint64]*downtime),
	}
}

// LastReading returns the moment of the last finished reading, also of one
// before a restart; zero before the first.
func (m *Memory) LastReading() time.Time { return m.last }

// Forget makes the next reading return the result of an object once more, whether
// it is the known one or not.
func (m *Memory) Forget(e supervision.Entity) { delete(m.objects, m.entityID(e)) }

// Restarted makes each check result be returned once more, as a
// supervision.PresentState if it is the one that is known. A supervisor that starts
// may go on from older ones than others have reported meanwhile.
func (m *Memory) Restarted() { m.start++ }

// mix joins two hashes.
func mix(a, b uint64) uint64 { return (a^a>>32)*0x9e3779b97f4a7c15 + b }

func (m *Memory) nameID(n Name) uint64 {
	return mix(maphash.Bytes(m.seed, n.Host), maphash.Bytes(m.seed, n.Service))
}

func (m *Memory) entityID(e supervision.Entity) uint64 {
	return mix(maphash.String(m.seed, e.Host), maphash.String(m.seed, e.Service))
}

// memberID is the key of a comment or downtime.
func memberID(entityID uint64, key Key) uint64 {
	return mix(mix(entityID, uint64(key.ID)), uint64(microseconds(key.Entry)))
}

// factsOf returns the hash of a check result. Nagios 4.4 strips blanks from the
// end of a text when it reads it back from its retention file, at a reload: that
// is no new result.
func (m *Memory) factsOf(fields [][]byte) uint64 {
	var sum uint64
	for _, field := range fields {
		sum = mix(sum, maphash.Bytes(m.seed, bytes.TrimRight(field, " \t")))
	}
	return sum
}

// forgetObjects drops the objects that were not seen in this round: they are no
// longer configured, or no longer checked.
func (m *Memory) forgetObjects(seen int) {
	if seen == len(m.objects) {
		return
	}
	for id, o := range m.objects {
		if o.round != m.round {
			delete(m.objects, id)
		}
	}
}
