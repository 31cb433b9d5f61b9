package snapshot

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Tables is a set of what a reading consists of.
type Tables uint8

// The tables.
const (
	Objects Tables = 1 << iota // hosts and services: complete if both are
	Comments
	Downtimes

	AllTables = Objects | Comments | Downtimes
)

func (t Tables) has(one Tables) bool { return t&one != 0 }

// Name names a host, or a service on a host, in the bytes of the reader's
// input.
type Name struct {
	Host    []byte
	Service []byte // empty for the host itself
}

func (n Name) entity() supervision.Entity {
	return supervision.Entity{Host: string(n.Host), Service: string(n.Service)}
}

// Key identifies a comment or downtime of an object. Ids alone begin again with
// 1 when a supervisor loses its retention file.
type Key struct {
	ID    int64
	Entry time.Time // zero: not reported
}

func (k Key) newerThan(other Key) bool {
	if k.Entry.Equal(other.Entry) {
		return k.ID > other.ID
	}
	return k.Entry.After(other.Entry)
}

// Acknowledgement has Nagios' numbers of acknowledgement_type.
type Acknowledgement int8

// The acknowledgements.
const (
	NotAcknowledged Acknowledgement = iota
	AcknowledgedNormal
	AcknowledgedSticky
)

// Conditions are what an object is in besides its check result.
type Conditions struct {
	Acknowledged  Acknowledgement
	Flapping      bool
	DowntimeDepth int
	// FlappingOff: flap detection is switched off, for the object or for all.
	FlappingOff bool
}

// Effect is whether a downtime is in effect. Where that is not reported
// (Livestatus, Shinken, Nagios 3), a downtime is in effect when its object is in
// any downtime and the time is within its period.
type Effect int8

// The effects.
const (
	EffectNotReported Effect = iota
	NotInEffect
	InEffect
)

// DowntimeProgress is what can change in a downtime.
type DowntimeProgress struct {
	Effect Effect
	// Triggered is when a flexible one began; zero if that is not reported.
	Triggered time.Time
}

// Reading is one look at the present state.
type Reading struct {
	memory *Memory
	at     time.Time
	ref    string
	seen   int // objects that have been checked
}

// Begin begins a reading of the state at a moment of the supervisor's clock. The
// ref is the beginning of each record's Ref: it names the reader and the moment,
// so that the same state read again has the same Refs. A reading that was begun
// before and not finished is given up.
func (m *Memory) Begin(at time.Time, ref string) *Reading {
	m.round++
	return &Reading{memory: m, at: at, ref: ref}
}

// Object is a host or service that is present in a reading.
type Object struct {
	reading *Reading
	name    Name
	id      uint64
	known   *condition
	facts   uint64
}

// Object notes that an object is present. Its conditions are those of the
// reading before until Object.Conditions is called.
func (r *Reading) Object(name Name) Object {
	id := r.memory.nameID(name)
	known := r.memory.conditions[id]
	if known != nil {
		known.round, known.is = r.memory.round, known.was
	}
	return Object{reading: r, name: name, id: id, known: known}
}

// Conditions notes the conditions of the object.
func (o *Object) Conditions(c Conditions) {
	is := marks{ack: c.Acknowledged, flapping: c.Flapping, depth: c.DowntimeDepth}
	if o.known == nil {
		if is == (marks{}) {
			return
		}
		o.known = &condition{entity: o.name.entity(), round: o.reading.memory.round}
		o.reading.memory.conditions[o.id] = o.known
	}
	o.known.is, o.known.flappingOff = is, c.FlappingOff
}

// IsNewResult reports whether the object's newest check result differs from the
// one that is known. The fields are all that can make it differ, in the same
// order each time; blanks at their ends don't count. The time of the check alone
// would not do: two results can fall into one second, and a host becomes
// UNREACHABLE by its parent without a check of its own.
func (o *Object) IsNewResult(fields ...[]byte) bool {
	m := o.reading.memory
	o.facts = m.factsOf(fields)
	known, found := m.objects[o.id]
	if !found {
		return true
	}
	if known.round != m.round {
		o.reading.seen++
		known.round = m.round
		m.objects[o.id] = known
	}
	return known.facts != o.facts || known.start != m.start
}

// KeepResult notes that the object has been checked, where its result was not
// read: a reader that asks for the key columns first knows by them that it is the
// known one, or reads it later.
func (o *Object) KeepResult() {
	m := o.reading.memory
	if known, found := m.objects[o.id]; found && known.round != m.round {
		o.reading.seen++
		known.round = m.round
		m.objects[o.id] = known
	}
}

// Result notes the result that IsNewResult found to be new, and returns its
// record. The end of the check is the moment of the reading if it is zero or
// later than that. The detail ends the record's Ref: it distinguishes this
// result from another one of the same object in a reading of the same moment.
func (o *Object) Result(check supervision.Check, end time.Time, detail string) supervision.Record {
	m := o.reading.memory
	kind := supervision.CheckResult
	known, found := m.objects[o.id]
	if !found && !m.started || found && known.facts == o.facts {
		kind = supervision.PresentState
	}
	if !found || known.round != m.round {
		o.reading.seen++
	}
	m.objects[o.id] = object{facts: o.facts, round: m.round, start: m.start}
	if check.Flags != nil {
		check.Flags.At = o.reading.at
	}
	entity := o.name.entity()
	return supervision.Record{Kind: kind, Entity: entity, Time: o.reading.clamp(end), Check: &check,
		Ref: o.reading.ref + ":" + entity.String() + ":" + detail}
}

// clamp returns a time that is not unknown and not after the reading, since the
// reading shows what had happened by then.
func (r *Reading) clamp(t time.Time) time.Time {
	if t.IsZero() || t.After(r.at) {
		return r.at
	}
	return t
}

// Comment notes that a comment is present, and reports whether it is known.
func (r *Reading) Comment(of Name, key Key) (known bool) {
	c := r.memory.comments[memberID(r.memory.nameID(of), key)]
	if c == nil {
		return false
	}
	c.round = r.memory.round
	return true
}

// AddComment notes a comment that is not known: one that a user wrote, or one
// that carries the text of an acknowledgement. The comments that a supervisor
// adds for downtimes and flapping don't belong here.
func (r *Reading) AddComment(of Name, entry time.Time, note supervision.Note, ofAcknowledgement bool) {
	entry = entry.Truncate(time.Microsecond) // as it is stored
	c := &comment{Key: Key{ID: note.ID, Entry: entry}, entity: of.entity(), entityID: r.memory.nameID(of),
		ofAck: ofAcknowledgement, note: &note, round: r.memory.round}
	r.memory.comments[memberID(c.entityID, c.Key)] = c
}

// Downtime notes that a downtime is present and how far it is, and reports
// whether it is known. One without id and time of entry can't be followed: the
// depth of its object stands for it.
func (r *Reading) Downtime(of Name, key Key, progress DowntimeProgress) (known bool) {
	if key == (Key{}) {
		return true
	}
	d := r.memory.downtimes[memberID(r.memory.nameID(of), key)]
	if d == nil {
		return false
	}
	if progress.Triggered.IsZero() {
		progress.Triggered = d.progress.Triggered
	}
	d.round, d.progress = r.memory.round, progress
	return true
}

// AddDowntime notes a downtime that is not known.
func (r *Reading) AddDowntime(of Name, details supervision.Downtime, progress DowntimeProgress) {
	d := &downtime{Downtime: details, entity: of.entity(), entityID: r.memory.nameID(of),
		progress: progress, round: r.memory.round}
	r.memory.downtimes[memberID(d.entityID, Key{ID: d.ID, Entry: d.Entry})] = d
}
