package eventmap

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Mapper turns records into events. It is safe for concurrent use.
type Mapper struct {
	options             Options
	charset             charset
	fields              map[eventType][]writableField
	scope               string // what precedes the id of an entity
	extra               []byte // ",name:value" of the extra fields
	taken               map[string]bool
	tags                []tag
	include, exclude    []rule
	component, resource template // empty: the supervisor's name
	drafts              sync.Pool
}

// writableField is a field with its name in JSON.
type writableField struct {
	key   []byte
	text  func(*draft) string
	value func(*draft)
}

// New checks and compiles the options. The error joins all faults; each is an
// *option.Fault with the name that the option has in the configuration.
func New(o Options) (*Mapper, error) {
	m := &Mapper{options: o, scope: o.Scope.Key(""), taken: takenNames()}
	var faults []error
	keep := func(name string, err error) {
		if err != nil {
			faults = append(faults, &option.Fault{Name: name, Err: err})
		}
	}
	var err error
	m.charset, err = newCharset(o.Charset)
	keep("charset", err)
	if err != nil {
		m.charset, _ = newCharset("windows-1252") // to find the other faults too
	}
	faults = append(faults, o.faults(m.charset)...)

	var more []error
	m.extra, more = o.encodeExtra(m.charset, m.taken)
	faults = append(faults, more...)
	for name := range o.Extra {
		m.taken[fold(name)] = true
	}
	m.tags, more = compileTags(o.Tags, m.charset)
	faults = append(faults, more...)
	m.include, more = compileRules("include", o.Include)
	faults = append(faults, more...)
	m.exclude, more = compileRules("exclude", o.Exclude)
	faults = append(faults, more...)
	m.component, err = parseTemplate(o.Component, true)
	keep("component", err)
	m.resource, err = parseTemplate(o.Resource, false)
	keep("resource", err)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	m.fields = writableFields()
	m.drafts.New = func() any { return &draft{m: m} }
	return m, nil
}

// writableFields returns the fields of each type of event.
func writableFields() map[eventType][]writableField {
	all := make(map[eventType][]writableField)
	for i, f := range fields {
		key := `,"` + f.Name + `":`
		if i == 0 {
			key = key[1:]
		}
		for _, n := range eventTypeNames {
			if f.in&n.typ != 0 {
				all[n.typ] = append(all[n.typ], writableField{[]byte(key), f.text, f.value})
			}
		}
	}
	return all
}

// Map appends the events for rec to dst. inv may be nil. flags are the conditions
// of the object as the caller knows them, nil if it doesn't; those in the record
// come first. now decides whether Canopsis would keep the time of the record.
//
// The caller splits a downtime of a group into those of its members. Without an
// event, the outcome's Reason is the cause.
func (m *Mapper) Map(
	dst []outbox.Event, rec *supervision.Record, inv supervision.Inventory, flags *supervision.Flags, now time.Time,
) ([]outbox.Event, Outcome) {
	types, outcome := m.eventTypes(rec)
	if outcome.Reason != Sent {
		return dst, outcome
	}
	if rec.Downtime != nil && rec.Downtime.Scope != supervision.ScopeEntity {
		return dst, unmappable("a downtime of a group, not split into those of its members")
	}
	d := m.drafts.Get().(*draft)
	defer m.drafts.Put(d)
	for ; types != 0; types &= types - 1 {
		d.begin(rec, types&-types, inv, flags)
		event, one := d.event(now)
		d.reset()
		if one.Reason != Sent { // for a cause that all types share
			return dst, one
		}
		dst = append(dst, event)
		outcome.Repairs |= one.Repairs
	}
	return dst, outcome
}

func unmappable(why string) Outcome { return Outcome{Reason: Unmappable, Detail: why} }

// event makes the event of one entity.
func (d *draft) event(now time.Time) (outbox.Event, Outcome) {
	if d.entity.Host == "" {
		return outbox.Event{}, unmappable("no host name")
	}
	state := ""
	if d.rec.Check != nil {
		state = stateName(d.entity, d.rec.Check.State)
	}
	if !d.m.selected(&d.subject, state) {
		return outbox.Event{}, Outcome{Reason: Excluded}
	}
	var repairs Repairs
	d.component, d.resource, repairs = d.m.names(&d.subject)
	d.repairs |= repairs
	if d.component == "" || !d.entity.IsHost() && d.resource == "" {
		return outbox.Event{}, unmappable("a name of nothing but control characters")
	}
	d.setTime(now)
	d.setText()
	d.write()

	var space [768]byte
	words := d.appendRoutingKey(space[:0], d.typ)
	keyEnd := len(words)
	words = append(words, d.m.scope...)
	words = appendEntityID(words, d.component, d.resource)
	entityEnd := len(words)
	words = d.appendMessageID(words)
	all := string(words) // one copy for the three
	event := outbox.Event{
		Route:        d.typ.route(),
		RoutingKey:   all[:keyEnd],
		Body:         bytes.Clone(d.buf),
		Entity:       all[keyEnd:entityEnd],
		MessageID:    all[entityEnd:],
		Supersedable: d.typ == checkEvent,
		Time:         d.rec.Time,
	}
	if event.Time.IsZero() {
		event.Time = now
	}
	return event, Outcome{Repairs: d.repairs}
}

// timeReach is how far from now Canopsis accepts the timestamp of an event: 24
// hours, less some minutes for the way there.
const timeReach = 24*time.Hour - 10*time.Minute

// setTime sets the timestamp. One that is too old for Canopsis is moved to the
// limit and not to now, so that it stays before later ones of the same entity.
// One far ahead comes from a wrong clock, and becomes now. A pbehavior has no
// such limit.
func (d *draft) setTime(now time.Time) {
	at := d.rec.Time
	limited := d.m.options.Canopsis.replacesOldTime() && d.typ != downtimeChange
	switch {
	case !plausible(at), limited && at.Sub(now) > timeReach:
		at = now
	case limited && now.Sub(at) > timeReach:
		at = now.Add(-timeReach)
	default:
		d.timestamp = at.Unix()
		return
	}
	d.timestamp = at.Unix()
	d.repairs |= TimestampMoved
}
