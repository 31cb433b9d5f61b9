package statusdat

import (
	"bytes"
	"hash/maphash"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// memory is what is known of the file that was read before. An object costs a
// few numbers, whatever it says; only what is not in its normal condition, the
// comments and the downtimes are kept in words.
//
// Names are kept as 64-bit hashes: among 110,000 objects two meet with a
// probability of 1 in 3,000,000,000.
type memory struct {
	seed    maphash.Seed
	round   uint32    // of reading
	created time.Time // of the newest file that was read whole

	objects    map[uint64]object // those that have been checked
	conditions map[uint64]*condition
	comments   map[uint64]*comment
	downtimes  map[uint64]*downtime
}

// object is what is kept of a host or service.
type object struct {
	facts uint64 // hash of what a check result says
	round uint32 // in which it was last seen
}

// condition is that of an object which is not in the normal one.
type condition struct {
	entity  supervision.Entity
	was, is marks // in the file before, in this one
	// ackNote is the newest comment that was sent with the acknowledgement.
	ackNote noteKey
	newNote *supervision.Note // of that comment, to send now
	// flappingOff says that no flapping is looked for any more.
	flappingOff bool
	round       uint32
}

// marks are the conditions that can change without a check result.
type marks struct {
	ack      ackType
	flapping bool
	depth    int // of downtimes
}

// ackType has Nagios' numbers of acknowledgement_type.
type ackType int8

const (
	notAcknowledged ackType = iota
	acknowledgedNormal
	acknowledgedSticky
)

// noteKey tells comments apart, and orders them; ids alone begin again with 1
// when a supervisor loses its retention file.
type noteKey struct {
	entry time.Time
	id    int64
}

func (k noteKey) newerThan(other noteKey) bool {
	if k.entry.Equal(other.entry) {
		return k.id > other.id
	}
	return k.entry.After(other.entry)
}

// comment is one that somebody wrote, or that belongs to an acknowledgement.
type comment struct {
	noteKey
	entity   supervision.Entity
	entityID uint64
	ofAck    bool
	note     *supervision.Note // until it has been sent
	round    uint32
}

// downtime is one that is in the file, in whatever state.
type downtime struct {
	supervision.Downtime
	entity   supervision.Entity
	entityID uint64
	trigger  time.Time // when a flexible one began; zero if that is not reported
	told     effect
	phase    phase
	round    uint32
}

// effect is what the file says of a downtime: Shinken and Nagios 3 do not say
// whether it is in effect.
type effect int8

const (
	effectNotReported effect = iota
	notInEffect
	inEffect
)

// phase is how far the records about a downtime have come.
type phase int8

const (
	phaseNew phase = iota
	phaseScheduled
	phaseRunning
	phaseOver
)

func newMemory() *memory {
	return &memory{
		seed:       maphash.MakeSeed(),
		objects:    make(map[uint64]object),
		conditions: make(map[uint64]*condition),
		comments:   make(map[uint64]*comment),
		downtimes:  make(map[uint64]*downtime),
	}
}

// mix joins two hashes.
func mix(a, b uint64) uint64 { return (a^a>>32)*0x9e3779b97f4a7c15 + b }

func (m *memory) identity(host, service []byte) uint64 {
	return mix(maphash.Bytes(m.seed, host), maphash.Bytes(m.seed, service))
}

func (m *memory) entityID(e supervision.Entity) uint64 {
	return mix(maphash.String(m.seed, e.Host), maphash.String(m.seed, e.Service))
}

// memberID is the key of a comment or downtime.
func memberID(entityID uint64, id int64, entry time.Time) uint64 {
	if entry.IsZero() {
		return mix(mix(entityID, uint64(id)), 0)
	}
	return mix(mix(entityID, uint64(id)), uint64(entry.UnixMicro()))
}

// factKeys are the fields that make a check result another one than the result
// before. The moment alone would not do: two results can fall into one second,
// and a host becomes UNREACHABLE by its parent without a check of its own.
var factKeys = [...]Key{
	LastCheck, CurrentState, StateType, CurrentAttempt, CheckExecutionTime,
	PluginOutput, LongPluginOutput, PerformanceData,
}

func (m *memory) facts(b *Block) uint64 {
	var sum uint64
	for _, key := range factKeys {
		// Nagios 4.4 strips blanks from the end of a text when it reads it back
		// from its retention file, at a reload.
		sum = mix(sum, maphash.Bytes(m.seed, bytes.TrimRight(b.Field(key), " \t")))
	}
	return sum
}

// forgetObjects drops the objects that were not seen in this round: they are no
// longer configured, or no longer checked.
func (m *memory) forgetObjects(seen int) {
	if seen == len(m.objects) {
		return
	}
	for id, o := range m.objects {
		if o.round != m.round {
			delete(m.objects, id)
		}
	}
}
