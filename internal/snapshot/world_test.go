package snapshot

import (
	"slices"
	"time"
)

// world is a small supervisor whose life a script of bytes decides.
type world struct {
	script    []byte
	now       int64
	number    int64 // of the last comment, downtime or result
	objects   []*worldObject
	comments  []*worldComment
	downtimes []*worldDowntime
	readings  []shown
}

// The rows are marked when they change; a partial reading shows those, and a
// finished reading of their table clears the mark.
type (
	worldObject struct {
		objectRow
		changed bool
	}
	worldComment struct {
		commentRow
		changed bool
	}
	worldDowntime struct {
		downtimeRow
		changed bool
	}
)

var worldNames = []string{"g", "h", "h;s", "h;t"}

// readingsOf plays a script to its end, and returns the readings of a poller.
func readingsOf(script []byte) []shown {
	w := &world{script: script, now: 2000}
	for len(w.script) > 0 {
		w.now += int64(w.next() % 8)
		w.step(w.next(), w.next())
	}
	w.read(0, false)
	return w.readings
}

func (w *world) next() byte {
	if len(w.script) == 0 {
		return 0
	}
	b := w.script[0]
	w.script = w.script[1:]
	return b
}

func (w *world) step(what, argument byte) {
	w.number++
	switch what % 14 {
	case 0:
		w.configure(worldNames[argument%4])
	case 1:
		w.changeObject(argument, func(o *worldObject) {
			o.checked, o.output, o.unchecked = float64(w.now), string(rune(argument)), argument > 240
		})
	case 2:
		w.changeObject(argument, func(o *worldObject) { o.Flapping, o.FlappingOff = !o.Flapping, argument > 128 })
	case 3:
		w.changeObject(argument, func(o *worldObject) { w.acknowledge(o, Acknowledgement(1+argument>>4%2)) })
	case 4:
		w.changeObject(argument, func(o *worldObject) { w.unacknowledge(o, argument>>4%2 == 0) })
	case 5:
		w.changeObject(argument, func(o *worldObject) { o.DowntimeDepth = int(argument >> 4 % 3) })
	case 6:
		w.comment(commentRow{of: worldNames[argument%4], text: string(rune(argument))})
	case 7:
		w.comments = slices.DeleteFunc(w.comments,
			func(c *worldComment) bool { return !c.ofAck && byte(c.id)%4 == argument%4 })
	case 8, 9:
		w.schedule(argument, Effect(argument>>2%2)) // not reported, or not yet in effect
	case 10:
		w.changeDowntimes(argument)
	case 11:
		w.downtimes = slices.DeleteFunc(w.downtimes, func(d *worldDowntime) bool { return byte(d.id)%4 == argument%4 })
	case 12:
		w.read(0, argument%4 == 0)
	case 13:
		w.read(argument, argument%8 == 7)
	}
}

// configure adds an object, or removes it with all that belongs to it.
func (w *world) configure(name string) {
	before := len(w.objects)
	w.objects = slices.DeleteFunc(w.objects, func(o *worldObject) bool { return o.name == name })
	if len(w.objects) == before {
		w.objects = append(w.objects, &worldObject{objectRow: objectRow{name: name}, changed: true})
		return
	}
	w.comments = slices.DeleteFunc(w.comments, func(c *worldComment) bool { return c.of == name })
	w.downtimes = slices.DeleteFunc(w.downtimes, func(d *worldDowntime) bool { return d.of == name })
}

func (w *world) changeObject(which byte, change func(*worldObject)) {
	for _, o := range w.objects {
		if o.name == worldNames[which%4] {
			change(o)
			o.changed = true
		}
	}
}

// acknowledge always leaves a comment, as a supervisor does.
func (w *world) acknowledge(o *worldObject, as Acknowledgement) {
	o.Acknowledged = as
	w.comment(commentRow{of: o.name, ofAck: true, text: "ack"})
}

// unacknowledge keeps the comments of the acknowledgement if they are persistent.
func (w *world) unacknowledge(o *worldObject, persistent bool) {
	o.Acknowledged = NotAcknowledged
	if !persistent {
		w.comments = slices.DeleteFunc(w.comments, func(c *worldComment) bool { return c.ofAck && c.of == o.name })
	}
}

func (w *world) comment(c commentRow) {
	c.id, c.entry = w.number, float64(w.now)+0.25
	w.comments = append(w.comments, &worldComment{commentRow: c, changed: true})
}

func (w *world) schedule(argument byte, effect Effect) {
	d := downtimeRow{of: worldNames[argument%4], id: w.number, entry: float64(w.now) - 0.5,
		DowntimeProgress: DowntimeProgress{Effect: effect}}
	d.start = d.entry + float64(argument>>3%8)
	d.end = d.start + float64(argument>>4) + 1
	if argument > 128 {
		d.flexible = time.Duration(argument%8) * time.Second
	}
	w.downtimes = append(w.downtimes, &worldDowntime{downtimeRow: d, changed: true})
}

// changeDowntimes lets some of those that report their effect begin or end.
func (w *world) changeDowntimes(argument byte) {
	for _, d := range w.downtimes {
		if d.Effect == EffectNotReported || byte(d.id)%4 != argument%4 {
			continue
		}
		d.changed = true
		if d.Effect == InEffect {
			d.Effect = NotInEffect
			continue
		}
		d.Effect = InEffect
		if argument > 64 && d.Triggered.IsZero() {
			d.Triggered = time.Unix(w.now, 0)
		}
	}
}

// read adds a reading. Each table takes two bits of the mode: 0 is complete, 1
// is not read, 2 shows what has changed, 3 shows more than that.
func (w *world) read(mode byte, abandoned bool) {
	s := shown{at: w.now, abandoned: abandoned}
	shows := func(table Tables, changed *bool, row int64) bool {
		var bits byte
		switch table {
		case Objects:
			bits = mode % 4
		case Comments:
			bits = mode >> 2 % 4
		case Downtimes:
			bits = mode >> 4 % 4
		}
		if bits > 0 {
			s.partial |= table
		}
		shown := bits == 0 || bits == 2 && *changed || bits == 3 && (*changed || row%2 == 0)
		*changed = *changed && (bits == 1 || abandoned)
		return shown
	}
	empty := true
	for _, table := range []Tables{Objects, Comments, Downtimes} {
		shows(table, &empty, 0) // an empty table is partial or complete, too
	}
	for i, o := range w.objects {
		if shows(Objects, &o.changed, int64(i)) {
			s.objects = append(s.objects, o.objectRow)
		}
	}
	for _, c := range w.comments {
		if shows(Comments, &c.changed, c.id) {
			s.comments = append(s.comments, c.commentRow)
		}
	}
	for _, d := range w.downtimes {
		if shows(Downtimes, &d.changed, d.id) {
			s.downtimes = append(s.downtimes, d.downtimeRow)
		}
	}
	s.ref = "test:" + string(rune('0'+len(w.readings)%10)) // two readings can be of one second
	w.readings = append(w.readings, s)
}
