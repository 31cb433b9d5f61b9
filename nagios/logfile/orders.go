package logfile

import (
	"net/netip"
	"slices"
	"strings"
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

// waitingOrders are the orders that wait, oldest first. Where the supervisor carries
// an order out at once, it waits for the next line only. Nagios 3 and Icinga 1
// collect the results of a block of orders, and process them up to
// check_result_reaper_frequency seconds later: there an order waits until a PASSIVE
// line shows the same object with the same result. While it is not known who writes
// the log, an order waits for both, for as long as the default of that option.
type waitingOrders struct {
	list  []*waitingOrder
	bytes int
	added int
	seen  time.Time // the stamp by which the age of all of them is known
}

// The bounds of what waits. The lines are part of the stored position, which is
// written with every batch. An order beyond the bounds is forgotten: its result
// comes without long output and perfdata.
const (
	maxOrders     = 1000
	maxOrderBytes = 64 << 10
	// The age by the stamps of the log: where results are collected, and where that
	// is not known.
	maxOrderAge     = time.Minute
	maxOrderAgeElse = 10 * time.Second
)

// orderWait returns how long orders wait; 0: for the next line only.
func orderWait(program string) time.Duration {
	switch {
	case collectsResults(program):
		return maxOrderAge
	case program == "":
		return maxOrderAgeElse
	}
	return 0
}

// addOrder lets an order wait. The newest one always may, however long it is:
// its PASSIVE line may be the next line.
func (p *Parser) addOrder(l Line, e entry) {
	l.Text = append([]byte(nil), l.Text...)
	o := &p.orders
	o.added++
	o.list = append(o.list, &waitingOrder{passiveResult: *e.order, time: e.time, line: l, nth: o.added})
	o.bytes, o.seen = o.bytes+len(l.Text), e.time
	for len(o.list) > 1 && (len(o.list) > maxOrders || o.bytes > maxOrderBytes) {
		p.forget(0)
	}
}

// forgetOrders forgets the orders that can't have a PASSIVE line any more, seen
// by the next line.
func (p *Parser) forgetOrders(e entry) {
	if len(p.orders.list) == 0 {
		return
	}
	wait := orderWait(p.program)
	if e.shown == nil && wait == 0 {
		p.forgetAll()
		return
	}
	if newest := len(p.orders.list) - 1; p.orders.list[newest].isRefusedBy(e) {
		p.forget(newest)
	}
	if wait == 0 || e.time.IsZero() || e.time.Equal(p.orders.seen) {
		return // a line without a stamp, or one of the same second
	}
	p.orders.seen = e.time
	for i := len(p.orders.list) - 1; i >= 0; i-- {
		if age := e.time.Sub(p.orders.list[i].time); age.Abs() > wait {
			p.forget(i)
		}
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
	o.bytes -= len(w.line.Text)
	return w
}

// takeOrder returns the order that a PASSIVE line belongs to, nil if there is none.
// The order no longer waits.
func (p *Parser) takeOrder(e entry) *waitingOrder {
	if orderWait(p.program) == 0 {
		return p.orders.take(func(w *waitingOrder) bool {
			return w.isOrderFor(e.shown) && near(w.time, e.time) &&
				(!passiveLinesAreCurrent(p.program) || w.shows(e.shown))
		})
	}
	exact := func(w *waitingOrder) bool { return w.entity == e.shown.entity && w.shows(e.shown) }
	if w := p.orders.take(exact); w != nil {
		return w
	}
	return p.orders.take(func(w *waitingOrder) bool {
		return w.isOrderFor(e.shown) && isAddressOf(w.entity.Host, e.shown.entity.Host) &&
			(w.shows(e.shown) || p.program == "" && near(w.time, e.time))
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

// isAddressOf reports whether what an order names a host by can be its address: an
// IP address, or the name with or without its domain. Another name is that of
// another host, whose result may be the same in all but perfdata.
func isAddressOf(address, host string) bool {
	if _, err := netip.ParseAddr(address); err == nil {
		return true
	}
	address, host = strings.ToLower(address), strings.ToLower(host)
	return address == host || strings.HasPrefix(address, host+".") || strings.HasPrefix(host, address+".")
}

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
