package amqp

import (
	"log/slog"
	"time"
)

// outage logs a time of faults: each class of each broker once when it is first
// met, and the end. What comes and goes in quick turns is one outage. It is used
// by one goroutine at a time.
type outage struct {
	log      *slog.Logger
	began    time.Time // zero: there is none
	resumed  time.Time // first delivery since the last fault; zero: none yet
	attempts int
	logged   map[string]bool
}

// fault counts a fault, and logs it if it is a new one.
func (o *outage) fault(broker address, f *fault) {
	if o.began.IsZero() {
		o.began, o.attempts, o.logged = time.Now(), 0, map[string]bool{}
	}
	o.resumed = time.Time{}
	o.attempts++
	key := broker.String() + " " + string(f.class)
	if o.logged[key] {
		return
	}
	o.logged[key] = true
	o.log.Warn("events wait, will be sent again: "+string(f.class), "broker", broker.String(), "err", f.err)
}

// delivered notes that a message got through.
func (o *outage) delivered() {
	if !o.began.IsZero() && o.resumed.IsZero() {
		o.resumed = time.Now()
	}
}

// over ends the outage, if there is one. Without a delivery it lasted until now.
func (o *outage) over(broker address) {
	if o.began.IsZero() {
		return
	}
	if o.resumed.IsZero() {
		o.resumed = time.Now()
	}
	o.log.Info("events go out again", "broker", broker.String(),
		"after", o.resumed.Sub(o.began).Round(time.Millisecond), "attempts", o.attempts)
	o.began = time.Time{}
}
