package eventmap

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// eventType is an event_type, or a set of them: each type is one bit.
type eventType uint8

const (
	checkEvent eventType = 1 << iota
	ackEvent
	ackRemoveEvent
	commentEvent
	downtimeEvent  // of Canopsis 2
	pbehaviorEvent // of Canopsis 3
	// downtimeChange is no event of Canopsis: it is what a target needs to create
	// or end a pbehavior over HTTP.
	downtimeChange

	allEvents = downtimeChange<<1 - 1
)

// eventTypeNames lists the types with their names, which are those of Canopsis
// where it has the type.
var eventTypeNames = [...]struct {
	typ  eventType
	name string
}{
	{checkEvent, "check"},
	{ackEvent, "ack"},
	{ackRemoveEvent, "ackremove"},
	{commentEvent, "comment"},
	{downtimeEvent, "downtime"},
	{pbehaviorEvent, "pbehavior"},
	{downtimeChange, "downtime_change"},
}

// route returns the way on which Canopsis takes events of the type.
func (t eventType) route() outbox.Route {
	if t == downtimeChange {
		return outbox.Pbehavior
	}
	return outbox.Bus
}

// String returns the name of the type.
func (t eventType) String() string {
	for _, n := range eventTypeNames {
		if n.typ == t {
			return n.name
		}
	}
	return "unknown"
}

// draft is an event being written. Its memory is reused for the next one.
type draft struct {
	m *Mapper
	subject
	rec   *supervision.Record
	flags *supervision.Flags // nil: not reported

	typ                 eventType
	component, resource string // clean
	timestamp           int64  // seconds, as sent
	author, output      string
	perfdata            string // normalised

	buf     []byte
	repairs Repairs
	absent  bool     // the field being written is to be left out
	space   []byte   // for normalising performance data
	list    []string // for sorting
	keys    []string // of the extra fields written so far
}

// begin sets what the event is made of.
func (d *draft) begin(rec *supervision.Record, typ eventType, inv supervision.Inventory, flags *supervision.Flags) {
	d.rec, d.typ, d.flags = rec, typ, flags
	if rec.Check != nil && rec.Check.Flags != nil {
		d.flags = rec.Check.Flags
	}
	d.subject = newSubject(rec.Entity, inv, rec.Check)
}

// reset prepares for another event and drops the references of the last one.
func (d *draft) reset() {
	clear(d.list)
	clear(d.keys)
	*d = draft{m: d.m, buf: d.buf[:0], space: d.space[:0], list: d.list[:0], keys: d.keys[:0]}
}

// write writes the body.
func (d *draft) write() {
	buf := append(d.buf, '{')
	fields := d.m.fields[d.typ]
	for i := range fields {
		f := &fields[i]
		before := len(buf)
		buf = append(buf, f.key...)
		if f.text != nil {
			buf = d.appendText(buf, f.text(d))
			continue
		}
		d.buf = buf
		f.value(d)
		if buf = d.buf; d.absent {
			buf, d.absent = buf[:before], false
		}
	}
	d.buf = buf
	if d.typ == checkEvent {
		d.writeExtraFields()
	}
	if d.typ != downtimeChange {
		d.buf = append(d.buf, d.m.extra...)
	}
	d.buf = append(d.buf, '}')
}

// text writes text of any kind, cleaned.
func (d *draft) text(s string) { d.buf = d.appendText(d.buf, s) }

// appendText appends text of any kind, cleaned.
func (d *draft) appendText(buf []byte, s string) []byte {
	if s == "" {
		return append(buf, `""`...)
	}
	buf, clean := appendString(buf, s)
	if clean {
		return buf
	}
	s, repairs := d.m.charset.clean(s)
	d.repairs |= repairs
	buf, _ = appendString(buf, s)
	return buf
}

// limited writes text that is cut at limit bytes.
func (d *draft) limited(s string, limit int) {
	if len(s) <= limit {
		d.text(s)
		return
	}
	d.text(d.cut(s, limit))
}

// cut cleans text and cuts it at limit bytes.
func (d *draft) cut(s string, limit int) string {
	s, repairs := d.m.charset.clean(s)
	d.repairs |= repairs
	if len(s) > limit {
		s = cutText(s, limit)
		d.repairs |= TextCut
	}
	return s
}

// name cleans a name.
func (d *draft) name(s string) string {
	s, repairs := d.m.charset.cleanName(s)
	d.repairs |= repairs
	return s
}

func (d *draft) integer(n int64) { d.buf = strconv.AppendInt(d.buf, n, 10) }

func (d *draft) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		d.notReported()
		return
	}
	d.buf = appendFloat(d.buf, f)
}

func (d *draft) boolean(b bool) { d.buf = strconv.AppendBool(d.buf, b) }

// plausible reports whether t is a moment: not zero, not 0 seconds, which Nagios
// writes for none, and not after the year 9999, which Python can't represent.
func plausible(t time.Time) bool {
	const end = 253402300800 // of the year 9999
	return t.Unix() > 0 && t.Unix() < end
}

// seconds writes a moment in Unix seconds.
func (d *draft) seconds(t time.Time) {
	if !plausible(t) {
		d.notReported()
		return
	}
	d.integer(t.Unix())
}

// notReported writes a value that the reader can't see. It is null, so that a
// template of an event filter that names the field keeps working. For the Python
// engines the field is absent, because they don't accept null.
func (d *draft) notReported() {
	if d.m.options.Canopsis.python() {
		d.leaveOut()
		return
	}
	d.buf = append(d.buf, "null"...)
}

// leaveOut drops the field being written.
func (d *draft) leaveOut() { d.absent = true }

// sorted writes the names in d.list as a list of strings, sorted and without
// duplicates: for Canopsis another order is a change of the entity.
func (d *draft) sorted() {
	for i, name := range d.list {
		d.list[i] = d.name(name)
	}
	slices.Sort(d.list)
	d.list = slices.Compact(d.list)
	d.buf = append(d.buf, '[')
	for i, s := range d.list {
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		d.text(s)
	}
	d.buf = append(d.buf, ']')
}
