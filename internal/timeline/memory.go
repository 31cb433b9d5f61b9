package timeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// siteKey is the key of the site's own memory. No object has an empty host.
const siteKey = "\x00"

// memoryVersion is that of the encoded form. Version 2 is that of releases up to
// 0.2 (legacy.go).
const memoryVersion = 3

var errMemory = errors.New("unreadable memory")

// Remember restores what Flush returned earlier, in any order. Restored follows.
func (t *Timeline) Remember(key string, value []byte) error {
	if key == siteKey {
		return t.rememberSite(value)
	}
	host, service, _ := strings.Cut(key, "\x00")
	e := supervision.Entity{Host: host, Service: service}
	o, err := decodeObject(value)
	if err != nil {
		return fmt.Errorf("memory of %q: %w", e, err)
	}
	t.objects[e] = o
	t.held += len(o.held)
	t.noteHolding(e, o)
	return nil
}

// Restored is called after the last Remember. It makes the names of the readers
// the stored ones.
func (t *Timeline) Restored() error {
	t.closeModule()
	for _, r := range t.readers {
		r.clock.epoch = t.site.epoch
	}
	return t.nameReaders()
}

// Flush returns what changed since the last call, to be stored together with the
// events that were judged meanwhile.
func (t *Timeline) Flush(store func(key string, value []byte)) {
	if t.siteChanged {
		store(siteKey, t.encodeSite())
		t.siteChanged = false
	}
	for e, o := range t.dirty {
		store(e.Host+"\x00"+e.Service, o.encode())
	}
	clear(t.dirty)
}

func (t *Timeline) encodeSite() []byte {
	e := encoder{memoryVersion}
	e.int(t.site.started)
	e.bits(t.site.saved)
	e.uint(uint64(t.site.epoch))
	e.uint(uint64(len(t.names)))
	for _, name := range t.names {
		e.text(name)
	}
	e.uint(uint64(len(t.site.modules)))
	for _, s := range t.site.modules {
		e.int(s.from)
		e.int(s.to)
		e.uint(uint64(s.epoch))
		e.bits(s.open)
	}
	e.uint(uint64(len(t.site.entered)))
	for _, name := range slices.Sorted(maps.Keys(t.site.entered)) {
		e.text(name)
		e.int(int64(t.site.entered[name].records))
		e.text(t.site.entered[name].ref)
	}
	return e
}

func (t *Timeline) rememberSite(value []byte) error {
	d := decoder{b: value}
	if d.byte() != memoryVersion {
		return errMemory
	}
	site := siteMemory{started: d.int(), saved: d.byte()&1 != 0, epoch: uint32(d.uint())}
	var known names
	for range d.count() {
		known = append(known, d.text())
	}
	for range d.count() {
		s := span{from: d.int(), to: d.int(), epoch: uint32(d.uint())}
		s.open = d.byte()&1 != 0
		site.modules = append(site.modules, s)
	}
	site.entered = map[string]mark{}
	for range d.count() {
		name := d.text()
		site.entered[name] = mark{records: int(d.int()), ref: d.text()}
	}
	if d.bad || len(d.b) != 0 {
		return fmt.Errorf("memory of the site: %w", errMemory)
	}
	t.site, t.names = site, known
	return nil
}

// story is a part of an object's memory. One that is empty takes no room.
type story struct {
	full   bool
	encode func(*object, *encoder)
	decode func(*object, *decoder)
}

// stories are the parts of a memory, in the order of their bits.
func (o *object) stories() [8]story {
	return [...]story{
		{o.sent.set || o.missing != 0 || o.perfdataOff || o.problem != 0, (*object).encodeSent, (*object).decodeSent},
		{o.states.known.set || len(o.states.history) > 0,
			func(o *object, e *encoder) { o.states.encode(e) }, func(o *object, d *decoder) { o.states.decode(d) }},
		{o.ack != ack{}, func(o *object, e *encoder) { o.ack.encode(e) }, func(o *object, d *decoder) { o.ack.decode(d) }},
		{o.flaps != flaps{}, func(o *object, e *encoder) { o.flaps.encode(e) }, func(o *object, d *decoder) { o.flaps.decode(d) }},
		{!o.downtimes.isEmpty(), (*object).encodeDowntimes, (*object).decodeDowntimes},
		{o.notes.lastComment != 0 || len(o.notes.said) > 0,
			func(o *object, e *encoder) { o.notes.encode(e) }, func(o *object, d *decoder) { o.notes.decode(d) }},
		{len(o.held) > 0, (*object).encodeHeld, (*object).decodeHeld},
		{o.texts != nil, func(o *object, e *encoder) { o.texts.encode(e) },
			func(o *object, d *decoder) { o.texts = &texts{}; o.texts.decode(d) }},
	}
}

func (o *object) encode() []byte {
	e := make(encoder, 0, 64)
	e = append(e, memoryVersion, 0)
	for i, s := range o.stories() {
		if s.full {
			e[1] |= 1 << i
			s.encode(o, &e)
		}
	}
	return e
}

func decodeObject(value []byte) (*object, error) {
	d := decoder{b: value}
	switch d.byte() {
	case legacyVersion:
		return decodeLegacy(value)
	case memoryVersion:
	default:
		return nil, errMemory
	}
	o, told := &object{}, d.byte()
	for i, s := range o.stories() {
		if told&(1<<i) != 0 {
			s.decode(o, &d)
		}
	}
	if d.bad || len(d.b) != 0 {
		return nil, errMemory
	}
	return o, nil
}

func (o *object) encodeSent(e *encoder) {
	e.bits(o.perfdataOff, o.sent.set)
	e.int(o.problem)
	e.int(o.over)
	e.int(o.missing)
	if !o.sent.set {
		return
	}
	o.sent.encode(e)
	e.int(int64(o.was))
	e.uint(uint64(len(o.earlier)))
	for i := range o.earlier {
		o.earlier[i].encode(e)
	}
}

func (o *object) decodeSent(d *decoder) {
	set := d.byte()
	o.perfdataOff = set&1 != 0
	o.problem, o.over, o.missing = d.int(), d.int(), d.int()
	if set&2 == 0 {
		return
	}
	o.sent.decode(d)
	o.was = supervision.State(d.int())
	for range d.count() {
		var r report
		r.decode(d)
		o.earlier = append(o.earlier, r)
	}
}

func (s *report) encode(e *encoder) {
	e.bits(s.timeless, s.parts.text, s.parts.perfdata, s.parts.long, s.parts.carried, s.exact,
		s.present)
	e.int(s.end)
	e.int(s.end - s.start)
	e.int(s.latest - s.end)
	e.int(s.checked)
	*e = append(*e, byte(s.state), byte(s.stateType))
	e.int(int64(s.attempt))
	e.uint(uint64(s.output))
	e.int(s.execution)
	e.uint(uint64(s.epoch))
	e.uint(uint64(s.readers))
}

func (s *report) decode(d *decoder) {
	set := d.byte()
	s.set = true
	for i, b := range []*bool{
		&s.timeless, &s.parts.text, &s.parts.perfdata, &s.parts.long, &s.parts.carried, &s.exact, &s.present,
	} {
		*b = set&(1<<i) != 0
	}
	s.end = d.int()
	s.start = s.end - d.int()
	s.latest = s.end + d.int()
	s.checked = d.int()
	s.state, s.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	s.attempt = int16(d.int())
	s.output = uint32(d.uint())
	s.execution = d.int()
	s.epoch = uint32(d.uint())
	s.readers = readerSet(d.uint())
}

func (k *knownState) encode(e *encoder) {
	*e = append(*e, byte(k.state), byte(k.stateType))
	e.int(int64(k.attempt))
	e.int(k.at)
}

func (k *knownState) decode(d *decoder) {
	k.state, k.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	k.attempt = int16(d.int())
	k.at = d.int()
}

func (s *states) encode(e *encoder) {
	e.bits(s.known.set)
	s.known.encode(e)
	e.uint(uint64(len(s.history)))
	for _, h := range s.history {
		h.knownState.encode(e)
		e.uint(uint64(h.output))
		e.int(h.latest - h.at)
		e.int(h.execution)
		e.bits(h.used, h.repeated)
	}
}

func (s *states) decode(d *decoder) {
	set := d.byte()&1 != 0
	s.known.decode(d)
	s.known.set = set
	for range d.count() {
		h := pastState{}
		h.decode(d)
		h.output, h.set = uint32(d.uint()), true
		h.latest = h.at + d.int()
		h.execution = d.int()
		bits := d.byte()
		h.used, h.repeated = bits&1 != 0, bits&2 != 0
		s.history = append(s.history, h)
	}
}

func (a *ack) encode(e *encoder) {
	e.bits(a.given, a.sticky, a.lapsed)
	e.uint(a.text)
	e.uint(uint64(a.by))
	e.int(a.at)
	e.uint(uint64(a.epoch))
	*e = append(*e, byte(a.of))
}

func (a *ack) decode(d *decoder) {
	bits := d.byte()
	a.given, a.sticky, a.lapsed = bits&1 != 0, bits&2 != 0, bits&4 != 0
	a.text, a.by, a.at, a.epoch = d.uint(), readerSet(d.uint()), d.int(), uint32(d.uint())
	a.of = supervision.State(d.byte())
}

func (f *flaps) encode(e *encoder) {
	e.bits(f.now)
	e.int(f.at)
}

func (f *flaps) decode(d *decoder) { f.now, f.at = d.byte()&1 != 0, d.int() }

func (o *object) encodeDowntimes(e *encoder) { o.downtimes.encode(e) }

func (o *object) decodeDowntimes(d *decoder) { o.ofDowntimes().decode(d) }

func (d *downtimes) isEmpty() bool {
	return d == nil || len(d.running)+len(d.ended)+len(d.loaded) == 0 && !d.unnamed && d.endedUnnamed == 0 &&
		d.last == 0 && d.changed == 0
}

func (d *downtimes) encode(e *encoder) {
	e.bits(d.unnamed)
	e.int(d.changed)
	e.int(d.endedUnnamed)
	e.int(d.last)
	e.ints(d.running)
	e.ints(d.ended)
	e.ints(d.loaded)
}

func (d *downtimes) decode(from *decoder) {
	d.unnamed = from.byte()&1 != 0
	d.changed, d.endedUnnamed, d.last = from.int(), from.int(), from.int()
	d.running, d.ended, d.loaded = from.ints(), from.ints(), from.ints()
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

func (o *object) encodeHeld(e *encoder) {
	e.uint(uint64(len(o.held)))
	for i := range o.held {
		h := &o.held[i]
		*e = append(*e, byte(h.need))
		e.uint(uint64(h.reader))
		until := int64(0)
		if !h.until.IsZero() {
			until = h.until.UnixMilli()
		}
		e.int(until)
		*e = supervision.AppendRecord(*e, &h.rec)
	}
}

func (o *object) decodeHeld(d *decoder) {
	for range d.count() {
		h := heldRecord{need: need(d.byte()), reader: readerSet(d.uint())}
		if until := d.int(); until != 0 {
			h.until = time.UnixMilli(until)
		}
		var err error
		if h.rec, d.b, err = supervision.DecodeRecord(d.b); err != nil {
			d.bad = true
			return
		}
		o.held = append(o.held, h)
	}
}
