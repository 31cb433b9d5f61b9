package logfile

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// held are the lines that can't be understood before what follows them is known.
// The first of them is one of these:
//
//   - an order, until the next line shows whether it was refused (refusal.go),
//   - a warning of Shinken that an object is unknown, which may come before the
//     order that it refuses (refusal.go),
//   - a PASSIVE line, until it is known whether an ALERT follows (passive.go).
type held struct {
	lines []Line // copies, as they came
	bytes int
	time  time.Time // of the first line
	ref   string    // of the first line; empty if it becomes no record

	order   string              // an order: "NAME;arguments"
	missing *supervision.Entity // what a warning calls unknown
	result  *passiveResult      // a result that waits for its ALERT
	from    *waitingOrder       // the order that the result was joined with

	own    output // of the first line
	behind output // of those behind it
}

// The bounds of what is held back. Notifications, one per contact, are most of
// it; beyond the bounds the result no longer waits for an ALERT.
const (
	maxHeldLines = 500
	maxHeldBytes = 256 << 10
)

func (h *held) keep(l Line) {
	l.Text = append([]byte(nil), l.Text...)
	h.lines = append(h.lines, l)
	h.bytes += len(l.Text)
}

func (h *held) full() bool { return len(h.lines) >= maxHeldLines || h.bytes >= maxHeldBytes }

// near reports whether what happened at t can come from the same call of the same
// function as the first line: PASSIVE line and ALERT are written in one second or
// two.
func (h *held) near(t time.Time) bool { return near(h.time, t) }

func near(first, second time.Time) bool {
	later := second.Sub(first)
	return later >= 0 && later <= time.Second
}

// addFirst takes a line in front of which nothing is held back.
func (p *Parser) addFirst(l Line, e entry) {
	if e.refusable == nil && e.missing == nil {
		p.ready.add(l, e)
		return
	}
	h := &held{time: e.time, order: string(e.refusable), missing: e.missing}
	if e.refusable != nil {
		h.ref = ref(l, 0)
	}
	h.keep(l)
	h.own.add(l, e)
	p.held = h
}

// addBehind takes a line that belongs to those that are held back, and reports
// whether it does.
func (p *Parser) addBehind(l Line, e entry) bool {
	h := p.held
	switch {
	case h == nil:
		return false
	case h.isAlert(e):
		h.own.records = nil
		h.result.complete(e.records[0].Check)
		p.release()
		p.ready.add(l, e)
	case h.isRefusedBy(e):
		h.own = output{}
		h.own.skip(skipRefused, 1)
		p.release()
		p.ready.add(l, e)
	case h.isRefusalOf(e):
		p.release()
		p.ready.skip(skipRefused, 1)
	case h.mayPrecedeAlert(e), h.mayPrecedeRefusal(e):
		h.keep(l)
		h.behind.add(l, e)
	default:
		return false
	}
	return true
}

// release returns what is held back with the next Take.
func (p *Parser) release() {
	if p.held != nil {
		p.ready.merge(p.held.own)
		p.ready.merge(p.held.behind)
		p.held = nil
	}
}

// Waiting names what is held back to see which line follows, by the Ref of its
// record: an order or a passive result. It is empty if nothing is.
func (p *Parser) Waiting() string {
	if p.held == nil {
		return ""
	}
	return p.held.ref
}

// Settle releases the record that is held back, because nothing more is coming.
// The orders of passive results go on waiting for their PASSIVE lines.
func (p *Parser) Settle() {
	if p.Waiting() != "" {
		p.release()
	}
}

// Interrupt is called where lines may be missing: what follows need not be the
// next line.
func (p *Parser) Interrupt() {
	p.release()
	if !collectsResults(p.program) {
		p.forgetAll()
	}
}

// Held returns the lines that are held back, oldest first. A Parser that goes on
// from here has to be fed with them first.
func (p *Parser) Held() []Line {
	var from *waitingOrder
	if p.held != nil {
		from = p.held.from
	}
	lines := p.orders.lines(from)
	if p.held != nil {
		lines = append(lines, p.held.lines...)
	}
	return lines
}
