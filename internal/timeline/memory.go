package timeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// siteKey is the key of the site's own memory. No object has an empty host.
const siteKey = "\x00"

// memoryVersion is that of the encoded form. Version 3 had no epochs of flapping and
// downtimes, and version 2 was that of the arbiter, which judged before the timeline
// (legacy.go).
const (
	memoryVersion = 4
	olderVersion  = 3
)

var errMemory = errors.New("unreadable memory")

// Remember restores what Flush returned earlier, in any order. Restored follows.
func (t *Timeline) Remember(key string, value []byte) error {
	if key == siteKey {
		err := t.rememberSite(value)
		t.siteLost = err != nil
		return err
	}
	host, service, _ := strings.Cut(key, "\x00")
	e := supervision.Entity{Host: host, Service: service}
	o, err := decodeObject(value)
	if err != nil {
		return fmt.Errorf("memory of %q: %w", e, err)
	}
	t.objects[e] = o
	if o.doubtful {
		t.doubtful[e] = true
	}
	t.held += len(o.held)
	for i := range o.held {
		t.heldBytes += o.held[i].size
	}
	t.noteHolding(e, o)
	return nil
}

// Restored is called after the last Remember. It makes the names of the readers
// the stored ones.
func (t *Timeline) Restored() error {
	t.closeModule()
	if t.siteLost {
		// Nobody knows which bit is whose: each reader may report everything once more.
		for _, o := range t.objects {
			o.forgetReaders()
		}
	}
	for _, r := range t.readers {
		r.clock.epoch = t.site.epoch
	}
	t.findDue()
	return t.nameReaders()
}

// Flush returns what changed since the last call, to be stored together with the
// events that were judged meanwhile. A value of nil deletes what was stored.
func (t *Timeline) Flush(store func(key string, value []byte)) {
	if t.siteChanged {
		store(siteKey, t.encodeSite())
		t.siteChanged = false
	}
	for e, o := range t.dirty {
		if o == nil { // forgotten
			store(e.Host+"\x00"+e.Service, nil)
			continue
		}
		store(e.Host+"\x00"+e.Service, o.encode())
	}
	clear(t.dirty)
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
		{o.ack != ack{},
			func(o *object, e *encoder) { o.ack.encode(e) }, func(o *object, d *decoder) { o.ack.decode(d) }},
		{o.flaps != flaps{} || o.doubtful, (*object).encodeFlaps, (*object).decodeFlaps},
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
	switch d.version = d.byte(); d.version {
	case legacyVersion:
		return decodeLegacy(value)
	case memoryVersion, olderVersion:
	default:
		return nil, errMemory
	}
	o, stories := &object{}, d.byte()
	for i, s := range o.stories() {
		if stories&(1<<i) != 0 {
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

func (o *object) encodeDowntimes(e *encoder) { o.downtimes.encode(e) }

func (o *object) decodeDowntimes(d *decoder) { o.ofDowntimes().decode(d) }
