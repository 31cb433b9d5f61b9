package arbiter

import (
	"fmt"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Resync says what becomes of a PresentState.
type Resync uint8

// The resync policies. Changed sends only what differs from what was sent last.
const (
	Changed Resync = iota
	Always
	Never
)

// View says how much a reader sees.
type View uint8

// The views of the readers.
const (
	// Changes: the log shows state changes, at once.
	Changes View = iota
	// Snapshot: the status file shows the last result, every few seconds.
	Snapshot
	// Complete: perfdata files show every result.
	Complete
	// Everything: a broker module shows every result and every condition.
	Everything
)

// Witness describes a source to the arbiter.
type Witness struct {
	Name string
	View View

	// For Complete readers and better: the classes of objects whose check
	// results it owns, and how long it may take to bring one (0: it has brought
	// everything by the time that the status file shows it).
	Hosts, Services bool
	Delay           time.Duration
	// HasState is false for a reader whose results come without a state
	// (Nagios' default perfdata templates): it is filled in from the others.
	HasState bool
}

// Options configure an Arbiter.
type Options struct {
	Resync  Resync
	Readers []Witness // at most 8
}

// Reason says why a record is not sent; empty means: send it.
type Reason string

// The reasons.
const (
	News          Reason = ""
	SeenAlready   Reason = "already seen by another reader"
	OwnerBringsIt Reason = "brought by the reader that owns it"
	NoChange      Reason = "no change"
	Outdated      Reason = "older than what another reader brought"
	Refused       Reason = "refused by the supervisor"
	StateUnknown  Reason = "state not reported by any reader"
	ResyncOff     Reason = "resync switched off"
	OnlyAnOrder   Reason = "an order to the supervisor, whose effect is told by itself"
)

// Arbiter judges records. It is not safe for concurrent use: the order of
// calls is the order of events.
type Arbiter struct {
	opts    Options
	readers map[string]witness
	// Index 0: hosts, 1: services.
	owner       [2]*Witness
	keepHistory [2]bool
	facts       map[supervision.Entity]*facts
	dirty       map[supervision.Entity]*facts
	// told is the time of the last check result of a broker module: what happened
	// until then, the module tells, whatever it is (unix seconds).
	told int64
}

type witness struct {
	Witness
	bit uint8
}

// New builds an arbiter that remembers nothing yet.
func New(opts Options) (*Arbiter, error) {
	if len(opts.Readers) > 8 {
		return nil, fmt.Errorf("%d readers on one supervisor, at most 8 can be told apart", len(opts.Readers))
	}
	a := &Arbiter{
		opts: opts, readers: map[string]witness{},
		facts: map[supervision.Entity]*facts{}, dirty: map[supervision.Entity]*facts{},
	}
	for i, r := range opts.Readers {
		if _, twice := a.readers[r.Name]; twice {
			return nil, fmt.Errorf("two readers are called %q", r.Name)
		}
		a.readers[r.Name] = witness{r, 1 << i}
		if r.View < Complete {
			continue
		}
		for class, covers := range [2]bool{r.Hosts, r.Services} {
			if !covers {
				continue
			}
			if a.owner[class] == nil || r.Delay > a.owner[class].Delay {
				a.owner[class] = &r
			}
			a.keepHistory[class] = a.keepHistory[class] || !r.HasState
		}
	}
	return a, nil
}

func class(e supervision.Entity) int {
	if e.IsHost() {
		return 0
	}
	return 1
}

// Remember restores what Flush gave earlier.
func (a *Arbiter) Remember(key string, value []byte) error {
	host, service, _ := strings.Cut(key, "\x00")
	f, err := decodeFacts(value)
	if err != nil {
		return fmt.Errorf("state of %q: %w", supervision.Entity{Host: host, Service: service}, err)
	}
	a.facts[supervision.Entity{Host: host, Service: service}] = f
	a.told = max(a.told, f.ownerUntil)
	return nil
}

// Flush hands out what changed since the last call, to be stored together with
// the events that were judged meanwhile.
func (a *Arbiter) Flush(store func(key string, value []byte)) {
	for e, f := range a.dirty {
		store(e.Host+"\x00"+e.Service, f.encode())
	}
	clear(a.dirty)
}

// Flags gives the conditions of an object as they are after the records judged
// so far.
func (a *Arbiter) Flags(e supervision.Entity) supervision.Flags {
	if f := a.facts[e]; f != nil {
		return f.flags()
	}
	return supervision.Flags{}
}

// Knows tells whether any reader has told a state of an object.
func (a *Arbiter) Knows(e supervision.Entity) bool {
	f := a.facts[e]
	return f != nil && (f.sent.set || f.known.set)
}

func (a *Arbiter) of(e supervision.Entity) *facts {
	f := a.facts[e]
	if f == nil {
		e.Host, e.Service = strings.Clone(e.Host), strings.Clone(e.Service)
		f = &facts{}
		a.facts[e] = f
	}
	return f
}

// Judge decides of a record from a reader at the moment now. It may fill in
// the state of a check result whose reader can't see it, and may give further
// records that follow from this one and are to be sent after it: what no
// supervisor announces, such as the end of an acknowledgement.
func (a *Arbiter) Judge(rec *supervision.Record, source string, now time.Time) (Reason, []supervision.Record) {
	r, ok := a.readers[source]
	if !ok {
		r = witness{Witness: Witness{Name: source}}
	}
	switch rec.Kind {
	case supervision.Notification, supervision.SupervisorStarted,
		supervision.SupervisorReloaded, supervision.SupervisorStopped:
		return News, nil
	}
	if rec.Entity.Host == "" { // an order about a comment or downtime by its id
		return OnlyAnOrder, nil
	}
	f := a.of(rec.Entity)
	a.dirty[rec.Entity] = f
	if rec.Check != nil {
		before := f.sent
		why := a.check(f, rec, r, now)
		return why, f.consequences(rec, r, before, why)
	}
	owner := a.owner[class(rec.Entity)]
	if r.View != Everything && owner != nil && owner.View == Everything && f.unserved == 0 && rec.Time.Unix() <= a.told {
		return OwnerBringsIt, nil
	}
	return f.condition(rec, r), nil
}

// condition judges what is no check result.
func (f *facts) condition(rec *supervision.Record, r witness) Reason {
	switch rec.Kind {
	case supervision.Acknowledged:
		return f.acknowledge(rec, r)
	case supervision.AcknowledgementRemoved:
		if !f.acknowledged {
			return NoChange
		}
		f.acknowledged = false
		return News
	case supervision.FlappingStarted, supervision.FlappingStopped:
		started := rec.Kind == supervision.FlappingStarted
		if f.flapping == started {
			return NoChange
		}
		f.flapping = started
		return News
	case supervision.CommentAdded, supervision.CommentDeleted:
		if rec.Kind == supervision.CommentAdded && known(&f.lastComment, rec.Note.ID, rec.Note.Loaded, r) ||
			f.heard(textHash(rec.Kind.String(), rec.Note.Author, rec.Note.Text), r.bit) {
			return SeenAlready
		}
		return News
	default:
		return f.downtime(rec, r)
	}
}

// known tells whether a comment or downtime that a starting supervisor took
// over was told before, by the greatest id that a broker module told of the
// object: ids grow. One that is new sets it, whatever it was.
func known(last *int64, id int64, loaded bool, r witness) bool {
	switch {
	case r.View != Everything:
		return false
	case loaded && id <= *last:
		return true
	}
	*last = id
	return false
}

// acknowledge judges an acknowledgement. The log shows the order, even when
// the supervisor refused it because there is no problem. A supervisor that
// starts tells it again, and earlier ones whose comments it has kept.
func (f *facts) acknowledge(rec *supervision.Record, r witness) Reason {
	n, at := rec.Note, rec.Time.Unix()
	if r.View == Changes && f.known.set && f.known.state == supervision.OK {
		return Refused
	}
	text := textHash(supervision.Acknowledged.String(), n.Author, n.Text)
	heard := f.heard(text, r.bit)
	if heard || f.acknowledged && (f.ackText == text || f.ackSource != r.bit || n.Loaded && at <= f.ackAt+ackDelay) {
		return SeenAlready
	}
	f.acknowledged, f.sticky, f.ackText, f.ackSource, f.ackAt = true, n.Sticky, text, r.bit, at
	return News
}

// ackDelay is how many seconds the comment of an acknowledgement may be younger
// than the acknowledgement: they are made one after the other, around the end
// of a second.
const ackDelay = 2
