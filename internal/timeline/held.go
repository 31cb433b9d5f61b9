package timeline

import (
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// need is what a held record waits for.
type need uint8

const (
	// forReport: an ALERT of the log waits for the same result with everything
	// that belongs to it, or the result of a reader without texts for the ALERT.
	forReport need = iota + 1
	// behind: reported by the same reader after one that is held forReport.
	behind
	// forState: a result without a state waits for a reader that knows it.
	forState
	// forProblem: an acknowledgement waits for its problem.
	forProblem
	// forNote: an acknowledgement of which only a flag is known waits for its
	// author and text.
	forNote
	// forEnd: a status file without a downtime waits for the end of those that run,
	// which follows in the same file with its details.
	forEnd
	// forConfirmation: a state older than what was sent waits for a newer result.
	forConfirmation
)

const (
	// reportWait is how long an ALERT waits for its report.
	reportWait = 200 * time.Millisecond
	// textWait is how long a result waits for the ALERT that has its text: a look
	// at the log.
	textWait = 500 * time.Millisecond
	// noteWait is how long the author of an acknowledgement, or the end of a downtime,
	// is waited for: it is reported in the same reading of the status file.
	noteWait = 2 * time.Second
	// stateWait is how long a result without a state waits for a status file.
	stateWait = 10 * time.Minute
	// problemWait is how long an acknowledgement waits for its problem.
	problemWait = 24 * time.Hour
	// maxStateless bounds the results of all objects that wait for a state: some
	// 30 MB. maxHeld bounds what they hold besides, maxHeldBytes all together, in the
	// form in which it is stored: outputs may be long.
	maxStateless, maxHeld = 50_000, 10_000
	maxHeldBytes          = 64 << 20
	// maxStatelessOfObject bounds those of one object, of which a status file shows
	// the last; maxHeldOfObject what it holds in all.
	maxStatelessOfObject, maxHeldOfObject = 16, 256
)

// longestWait bounds the wait of each need: our clock may have gone back.
func (t *Timeline) longestWait(why need) time.Duration {
	switch why {
	case forConfirmation:
		return t.opts.Confirm
	case forProblem:
		return problemWait
	case forState:
		return stateWait
	}
	return noteWait
}

// heldRecord is a record that waits.
type heldRecord struct {
	rec    supervision.Record
	reader readerSet // that reported it
	need   need
	size   int       // bytes, when it is stored
	until  time.Time // zero: until another record settles it
	since  time.Time // zero: since before the connector was started
}

// hold keeps a copy of a record. It returns false, and counts that, if too many are
// held: what waits for another report is then judged without it, what waits for a
// state or a problem is dropped.
func (w *work) hold(rec *supervision.Record, r *reader, why need, until time.Time) bool {
	bound := maxStateless
	if why != forState {
		bound += maxHeld
	}
	copied, size := clone(rec)
	if w.Timeline.held >= bound || len(w.object.held) >= maxHeldOfObject || w.heldBytes+size > maxHeldBytes {
		w.unheld++
		return false
	}
	w.object.held = append(w.object.held, heldRecord{
		rec: copied, size: size, reader: r.bit, need: why, until: until, since: w.now,
	})
	w.Timeline.held++
	w.heldBytes += size
	w.awaits = w.awaits || why == forReport
	w.noteDue(until)
	return true
}

// clone copies a record, whose memory belongs to its reader. size is that of its stored
// form, in bytes.
func clone(rec *supervision.Record) (copied supervision.Record, size int) {
	stored := supervision.AppendRecord(nil, rec)
	copied, _, err := supervision.DecodeRecord(stored)
	if err != nil {
		panic(err) // what was encoded just now can be decoded
	}
	return copied, len(stored)
}

// release takes a held record out.
func (w *work) release(i int) heldRecord {
	h := w.object.held[i]
	w.object.held = slices.Delete(w.object.held, i, i+1)
	w.Timeline.held--
	w.heldBytes -= h.size
	return h
}

// holds returns the index of the first record that is held for a need, -1 if
// there is none.
func (w *work) holds(why need) int {
	return slices.IndexFunc(w.object.held, func(h heldRecord) bool { return h.need == why })
}

// readerOf returns the reader of a held record. One that the site no longer has
// reported changes.
func (t *Timeline) readerOf(set readerSet) *reader {
	for _, r := range t.readers {
		if r.bit == set {
			return r
		}
	}
	for i, name := range t.names {
		if set == 1<<i {
			return &reader{Reader: Reader{Name: name, HasState: true}, bit: set}
		}
	}
	return &reader{Reader: Reader{HasState: true}, bit: set}
}

// expire judges what has waited long enough. It reports whether anything was
// held so long.
func (w *work) expire() (expired bool) {
	for i := range w.object.held {
		h := &w.object.held[i]
		if last := w.now.Add(w.longestWait(h.need)); h.until.After(last) {
			h.until = last
		}
	}
	for {
		i := slices.IndexFunc(w.object.held, func(h heldRecord) bool {
			return !h.until.IsZero() && !h.until.After(w.now)
		})
		if i < 0 {
			return expired
		}
		h := &w.object.held[i]
		if h.need == forReport {
			first := &w.object.held[w.holds(forReport)] // none leaves before one in front of it
			if first.until.After(w.now) {
				h.until = first.until
				continue
			}
			if w.catchesUp(first) {
				first.until = w.now.Add(reportWait)
				continue
			}
		}
		expired = true
		w.giveUp(i)
	}
}

// catchesUp reports whether a reader that a record is held for has not come to its
// time yet: one of every result for an ALERT, the log for a result. An alarm waits
// only for a reader that is known to be behind; a result without its text also for a
// log that has been busy ever since.
func (w *work) catchesUp(h *heldRecord) bool {
	for _, r := range w.readers {
		awaited, since := r.sees(classOf(h.rec.Entity)), time.Time{}
		if r.View == Changes {
			awaited, since = true, h.since
		}
		if awaited && r.bit != h.reader && w.opts.Order.before(r.Name, h.rec.Time.Unix()+ownDelay, since, w.now) {
			return true
		}
	}
	return false
}

// giveUp judges a held record without what it waited for.
func (w *work) giveUp(i int) {
	h := w.release(i)
	r := w.readerOf(h.reader)
	switch h.need {
	case forReport:
		w.judge(&h.rec, r, h.reader)
		w.releaseBehind()
	case behind:
		w.condition(&h.rec, r)
	case forState:
		w.drop(&h.rec, r, StateUnknown)
	case forNote:
		w.acknowledge(&h.rec, r, Derived)
	case forEnd:
		w.endAllDowntimes(&h.rec, r)
	case forConfirmation:
		w.confirm(&h.rec, r)
	case forProblem:
		w.drop(&h.rec, r, Refused)
	}
}

// releaseBehind judges what came behind a record that has left.
func (w *work) releaseBehind() {
	for len(w.object.held) > 0 {
		i := slices.IndexFunc(w.object.held, func(h heldRecord) bool { return h.need == behind || h.need == forReport })
		if i < 0 || w.object.held[i].need == forReport {
			return
		}
		h := w.release(i)
		w.condition(&h.rec, w.readerOf(h.reader))
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
		before := len(d.b)
		if h.rec, d.b, err = supervision.DecodeRecord(d.b); err != nil {
			d.bad = true
			return
		}
		h.size = before - len(d.b)
		o.held = append(o.held, h)
	}
}
