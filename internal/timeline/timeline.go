package timeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Resync is what becomes of a PresentState.
type Resync uint8

// The resync policies. Changed sends only what differs from what was sent last.
const (
	Changed Resync = iota
	Always
	Never
)

// DefaultConfirm is the default of Options.Confirm.
const DefaultConfirm = 10 * time.Minute

// Options configure a Timeline.
type Options struct {
	Resync  Resync
	Readers []Reader
	// SoftChanges: by class, whether the log shows changes of soft states. Only
	// then an object is known to be in the state that the log showed last.
	SoftChanges [2]bool
	// RetainsState: a supervisor that ends orderly saves its states, and goes on from
	// them.
	RetainsState bool
	// Confirm is how long a supervisor must go on to report a state that is
	// older than the result that was sent last, until that state is sent.
	// Default DefaultConfirm.
	Confirm time.Duration
	// EndAcksAtOnce sends the end of an acknowledgement with the recovery that
	// ends it, as Nagios does, and not at the next problem.
	EndAcksAtOnce bool
	// Order knows how far the readers are; nil: all are at their ends.
	Order *Order
}

// Reason is why a record is not sent; empty means: send it.
type Reason string

// The reasons.
const (
	ToSend        Reason = ""
	SeenAlready   Reason = "already seen by another reader"
	Expected      Reason = "expected from the reader of every result"
	Unchanged     Reason = "no change"
	Late          Reason = "late: older than what was sent"
	Unconfirmed   Reason = "older than the result sent last, and not confirmed"
	Refused       Reason = "refused by the supervisor"
	StateUnknown  Reason = "state not reported by any reader"
	ResyncOff     Reason = "resync switched off"
	OnlyAnOrder   Reason = "an order to the supervisor, whose effect is reported by itself"
	FromModule    Reason = "reported by the broker module"
	TooManyWaited Reason = "too many waited for a report of another reader"
)

// Mark is what is special about a record that is sent.
type Mark string

// The marks.
const (
	NoMark      Mark = ""
	Completion  Mark = "completion of a result sent before"
	CarriedText Mark = "text carried over"
	Confirmed   Mark = "older state that the supervisor goes on to report"
	Derived     Mark = "derived"
)

// Decision is what becomes of a record.
type Decision struct {
	Record *supervision.Record // valid during the call only
	Source string              // its reader
	Reason Reason
	Mark   Mark
}

// Timeline judges the records of one site. It is not safe for concurrent use:
// the order of calls is the order of events.
type Timeline struct {
	opts    Options
	readers map[string]*reader
	names   names
	owners  [2][]*reader // of every result, by class
	site    siteMemory
	// siteChanged: the site's own memory has to be stored.
	siteChanged bool
	siteLost    bool // what was stored of it can't be read
	hasSnapshot bool
	noteAlone   bool // one reader alone reports comments and downtimes

	objects   map[supervision.Entity]*object
	forgotten int // how many objects the map had that it has no more
	dirty     map[supervision.Entity]*object
	holding   map[supervision.Entity]*object // those that hold records
	held      int                            // records
	heldBytes int                            // of these, as they are stored
	unheld    int                            // how many could not be held since the last call of Unheld
	awaits    bool                           // one of them waits for a report since the last call of Awaits
	due       time.Time                      // not after the end of any wait; zero: nothing waits for a moment
	doubtful  map[supervision.Entity]bool

	now    time.Time
	decide func(Decision)
}

// New returns a timeline that remembers nothing yet.
func New(opts Options) (*Timeline, error) {
	opts.Confirm = cmp.Or(opts.Confirm, DefaultConfirm)
	t := &Timeline{
		opts: opts, readers: map[string]*reader{}, objects: map[supervision.Entity]*object{},
		dirty: map[supervision.Entity]*object{}, holding: map[supervision.Entity]*object{},
		doubtful: map[supervision.Entity]bool{},
	}
	noting := 0
	for _, r := range opts.Readers {
		if r.View != Complete {
			noting++
		}
		if t.readers[r.Name] != nil {
			return nil, fmt.Errorf("two readers are called %q", r.Name)
		}
		one := &reader{Reader: r}
		t.readers[r.Name] = one
		t.hasSnapshot = t.hasSnapshot || r.View == Snapshot
		for class := range t.owners {
			if r.sees(class) {
				t.owners[class] = append(t.owners[class], one)
			}
		}
	}
	t.noteAlone = noting == 1
	return t, t.nameReaders()
}

// nameReaders sets the bit of each reader.
func (t *Timeline) nameReaders() (err error) {
	for _, r := range t.opts.Readers { // in their order, so that bits are the same each time
		before := len(t.names)
		if t.readers[r.Name].bit, err = t.names.bitOf(r.Name); err != nil {
			return err
		}
		t.siteChanged = t.siteChanged || len(t.names) != before
	}
	return nil
}

// Knows reports whether any reader has reported a state of an object.
func (t *Timeline) Knows(e supervision.Entity) bool {
	o := t.objects[e]
	return o != nil && (o.checks.sent.set || o.states.known.set)
}

// Flags returns the conditions of an object after the records judged so far.
func (t *Timeline) Flags(e supervision.Entity) supervision.Flags {
	if o := t.objects[e]; o != nil {
		return o.flags()
	}
	return supervision.Flags{}
}

func (t *Timeline) object(e supervision.Entity) *object {
	o := t.objects[e]
	if o == nil {
		o = &object{}
		t.objects[t.keyOf(e)] = o
	}
	return o
}

// keyOf copies an entity, whose memory belongs to a reader.
func (*Timeline) keyOf(e supervision.Entity) supervision.Entity {
	return supervision.Entity{Host: strings.Clone(e.Host), Service: strings.Clone(e.Service)}
}

// Take judges a record that one of the readers reported, at the moment now of our clock.
// It calls decide for this record, unless it is held, for those that were held
// and leave because of it, and for those that follow from it and that no
// supervisor announces, such as the end of an acknowledgement. A record that is
// held is copied.
func (t *Timeline) Take(rec *supervision.Record, source string, now time.Time, decide func(Decision)) {
	t.now, t.decide = now, decide
	r := t.readers[source]
	if rec.Late && t.isOutdated(rec) {
		t.drop(rec, r, Late)
		return
	}
	t.readClock(rec, r)
	switch rec.Kind {
	case supervision.Notification:
		t.send(rec, r, NoMark)
		return
	case supervision.SupervisorStarted, supervision.SupervisorReloaded, supervision.SupervisorStopped:
		t.process(rec, r)
		return
	}
	if rec.Entity.Host == "" { // an order about a comment or downtime by its id
		t.drop(rec, r, OnlyAnOrder)
		return
	}
	o := t.object(rec.Entity)
	t.dirty[rec.Entity] = o
	if t.fromModule(rec, r, o) {
		t.drop(rec, r, FromModule)
		return
	}
	w := work{Timeline: t, object: o}
	w.take(rec, r)
	t.noteHolding(rec.Entity, o)
	t.noteDoubt(rec, r, o)
}

// noteDoubt notes whether the status file has still to show what the log has
// reported: the supervisor may have refused it without a line.
func (t *Timeline) noteDoubt(rec *supervision.Record, r *reader, o *object) {
	switch {
	case rec.Check == nil && r.View == Changes && t.hasSnapshot && !o.doubtful:
		o.doubtful = true
		t.doubtful[t.keyOf(rec.Entity)] = true
	case o.doubtful && r.View == Snapshot && rec.Check != nil && rec.Check.Flags != nil:
		shown := stamp{rec.Check.Flags.At.Unix(), t.epochOf(r)}.less(ackDelay)
		if o.ack.isBefore(shown) && o.flaps.isBefore(shown) && o.downtimes.changedAt().isBefore(shown) {
			o.doubtful = false
			delete(t.doubtful, rec.Entity)
		}
	}
}

// Doubtful returns the objects whose conditions the status file has still to show,
// whether they have changed in it or not.
func (t *Timeline) Doubtful() []supervision.Entity {
	return slices.Collect(maps.Keys(t.doubtful))
}

// process judges what the supervisor reports of itself. A state that was carried
// from the log is no longer known when a supervisor starts that has not ended
// orderly: it goes on from an older retention file, or from none.
func (t *Timeline) process(rec *supervision.Record, r *reader) {
	switch rec.Kind {
	case supervision.SupervisorStarted:
		if rec.Time.Unix() > t.site.started && !(t.site.saved && t.opts.RetainsState) {
			t.site.started = rec.Time.Unix()
		}
		t.site.begun = max(t.site.begun, rec.Time.Unix())
		t.site.saved, t.siteChanged = false, true
	default:
		t.site.saved, t.siteChanged = endsOrderly(rec.Process), true
	}
	t.send(rec, r, NoMark)
}

// Tick judges again what is held, when nothing else happens. It is called at Due.
func (t *Timeline) Tick(now time.Time, decide func(Decision)) {
	t.now, t.decide = now, decide
	for e, o := range t.holding {
		w := work{Timeline: t, object: o}
		if w.expire() {
			t.dirty[e] = o
		}
		t.noteHolding(e, o)
	}
	t.findDue()
}

// Awaits reports whether a record has begun to wait for what another reader is about
// to report, since the last call.
func (t *Timeline) Awaits() bool {
	awaits := t.awaits
	t.awaits = false
	return awaits
}

// Unheld returns how many records could not wait since the last call, because too many
// did.
func (t *Timeline) Unheld() int {
	n := t.unheld
	t.unheld = 0
	return n
}

// Due returns when the next Tick may have something to do; zero: not before another
// record comes.
func (t *Timeline) Due() time.Time { return t.due }

// findDue looks for the first end of a wait.
func (t *Timeline) findDue() {
	t.due = time.Time{}
	for _, o := range t.holding {
		for i := range o.held {
			t.noteDue(o.held[i].until)
		}
	}
}

// noteDue notes when a wait ends; the zero time is no end.
func (t *Timeline) noteDue(until time.Time) {
	if !until.IsZero() && (t.due.IsZero() || until.Before(t.due)) {
		t.due = until
	}
}

func (t *Timeline) noteHolding(e supervision.Entity, o *object) {
	if len(o.held) == 0 {
		delete(t.holding, e)
	} else if t.holding[e] == nil {
		t.holding[t.keyOf(e)] = o
	}
}

func (t *Timeline) send(rec *supervision.Record, r *reader, mark Mark) {
	t.decide(Decision{Record: rec, Source: r.Name, Mark: mark})
}

func (t *Timeline) drop(rec *supervision.Record, r *reader, why Reason) {
	t.decide(Decision{Record: rec, Source: r.Name, Reason: why})
}

// work is the judging of one object's records.
type work struct {
	*Timeline
	*object
}
