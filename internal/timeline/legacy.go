package timeline

import "github.com/nagios2canopsis/nagios2canopsis/internal/supervision"

// legacyVersion is the form that the arbiter stored: readers were bits of
// their place in a list, which nobody knows any more.
const legacyVersion = 2

// decodeLegacy converts it. Of what was sent, every reader counts as the one that
// may report it once more: nothing is sent again.
func decodeLegacy(value []byte) (*object, error) {
	d := decoder{b: value[1:]}
	o, s := &object{}, report{}
	set := d.byte()
	s.set, o.states.known.set = set&1 != 0, set&2 != 0
	o.perfdataOff, o.ack.given, o.ack.sticky = set&4 != 0, set&8 != 0, set&16 != 0
	o.downtimes = &downtimes{}
	o.flaps.now, o.downtimes.unnamed = set&32 != 0, set&64 != 0

	s.start, s.end = d.int(), d.int()
	s.latest = s.end
	s.state, s.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	s.attempt, s.output, s.execution = int16(d.int()), uint32(d.uint()), d.int()
	d.byte() // readers
	s.parts = parts{text: true, perfdata: true, long: true}
	known := o.states.known.set
	o.states.known.decode(&d)
	o.states.known.set = known
	d.int() // the time of the last result of the reader of every result
	o.missing = d.int()
	o.ack.text = d.uint()
	d.byte() // its reader
	o.ack.at, o.ack.of = d.int(), supervision.StateNotReported
	o.downtimes.running, o.downtimes.ended, o.downtimes.loaded = d.ints(), d.ints(), d.ints()
	o.downtimes.endedUnnamed.at, o.notes.lastComment, o.downtimes.last = d.int(), d.int(), d.int()
	for range d.count() {
		o.notes.said = append(o.notes.said, said{hash: d.uint()})
		d.byte() // readers
	}
	for range d.count() {
		h := pastState{}
		h.decode(&d)
		h.output, h.set, h.latest = uint32(d.uint()), true, h.at
		bits := d.byte()
		h.used, h.repeated = bits&1 != 0, bits&2 != 0
		o.states.history = append(o.states.history, h)
	}
	if o.downtimes.isEmpty() {
		o.downtimes = nil
	}
	if d.bad || len(d.b) != 0 {
		return nil, errMemory
	}
	if s.set {
		o.sent = s
		if s.state != supervision.OK {
			o.problem = s.end
		}
	}
	return o, nil
}
