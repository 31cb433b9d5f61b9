package logfile

import (
	"slices"
	"time"
)

// waitingOrder is an order of a passive result (PROCESS_*_CHECK_RESULT) that
// waits for its PASSIVE line.
type waitingOrder struct {
	passiveResult
	time time.Time
	line Line
	nth  int // counts the orders as they came
}

// waitingOrders are the orders that wait, oldest first. An order waits for the next
// line only.
type waitingOrders struct {
	list  []*waitingOrder
	added int
}

// addOrder lets an order wait.
func (p *Parser) addOrder(l Line, e entry) {
	l.Text = append([]byte(nil), l.Text...)
	o := &p.orders
	o.added++
	o.list = append(o.list, &waitingOrder{passiveResult: *e.order, time: e.time, line: l, nth: o.added})
}

// forgetOrders forgets the orders that can't have a PASSIVE line any more, seen
// by the next line.
func (p *Parser) forgetOrders(e entry) {
	if e.shown == nil {
		p.forgetAll()
	}
}

// forget counts an order as one that became no record.
func (p *Parser) forget(i int) {
	p.orders.remove(i)
	p.ready.skip(skipPassiveOrder, 1)
}

func (p *Parser) forgetAll() {
	for len(p.orders.list) > 0 {
		p.forget(len(p.orders.list) - 1)
	}
}

func (o *waitingOrders) remove(i int) *waitingOrder {
	w := o.list[i]
	o.list = slices.Delete(o.list, i, i+1)
	return w
}

// takeOrder returns the order that a PASSIVE line belongs to, nil if there is none.
// The order no longer waits.
func (p *Parser) takeOrder(e entry) *waitingOrder {
	return p.orders.take(func(w *waitingOrder) bool {
		return w.isOrderFor(e.shown) && near(w.time, e.time) &&
			(!passiveLinesAreCurrent(p.program) || w.shows(e.shown))
	})
}

// take removes and returns the oldest order that fits.
func (o *waitingOrders) take(fits func(*waitingOrder) bool) *waitingOrder {
	if i := slices.IndexFunc(o.list, fits); i >= 0 {
		return o.remove(i)
	}
	return nil
}

// shows reports whether the result of a PASSIVE line is the one that was ordered.
func (w *waitingOrder) shows(shown *passiveResult) bool { return w.agrees(shown.entity, &shown.check) }

// lines returns the lines of the orders that wait and of one that was taken, as
// they came. With the taken one in its place the same one is taken again.
func (o *waitingOrders) lines(taken *waitingOrder) []Line {
	all := o.list
	if taken != nil {
		i, _ := slices.BinarySearchFunc(all, taken.nth, func(w *waitingOrder, nth int) int { return w.nth - nth })
		all = slices.Insert(slices.Clone(all), i, taken)
	}
	var lines []Line
	for _, w := range all {
		lines = append(lines, w.line)
	}
	return lines
}
