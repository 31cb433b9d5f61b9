package amqp

import (
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

const (
	// slowAfter is how long a message waits for its confirmation until that is logged,
	// if that is less than half of the time after which the connection is given up.
	// RabbitMQ confirms within milliseconds, a quorum queue on slow disks within a
	// second.
	slowAfter = 5 * time.Second
	// mostPatience bounds the time that doubles each time it has led to a new
	// connection in vain.
	mostPatience = 15 * time.Minute
)

// errUnconfirmed is the cause of giving up a connection on which no confirmation
// comes.
var errUnconfirmed = errors.New("no confirmation in time")

// patience is how long a confirmation is waited for before a new connection is
// tried. Each one sends something again, so the time doubles until a confirmation
// comes.
type patience struct{ least, now time.Duration }

func newPatience(least time.Duration) *patience { return &patience{least, least} }

func (p *patience) exhausted() { p.now = max(p.least, min(2*p.now, mostPatience)) }
func (p *patience) rewarded()  { p.now = p.least }

// slow is when to log that a confirmation is late.
func (p *patience) slow() time.Duration { return min(slowAfter, p.least/2) }

// lookEvery is the time between two looks at what waits for its confirmation.
func (p *patience) lookEvery() time.Duration {
	return min(time.Second, max(p.slow()/4, time.Millisecond))
}

// wait is how long the oldest message that is sent waits for its confirmation.
type wait struct {
	id     int64     // of the message; 0: none waits
	since  time.Time // when it was first seen as the oldest
	looked time.Time
	late   bool // it is shown by the state
	logged bool
}

// watch looks at the oldest message without an answer. part is what was sent and is
// not settled.
//
// That nothing is confirmed while RabbitMQ has blocked the connection is no fault: it
// reads nothing then, and would block a new connection as well. The time counts from
// the end of the alarm on. Neither does it count while our own process stood still.
func (s *stream) watch(part []sentMessage, now time.Time) {
	oldest := int64(0)
	for _, m := range part {
		if !m.isAnswered() {
			oldest = m.id
			break
		}
	}
	stoodStill := now.Sub(s.wait.looked) > s.patience.slow()+s.patience.lookEvery()
	s.wait.looked = now
	if oldest != s.wait.id {
		s.endWait(now)
		s.wait.id = oldest
	}
	if s.window.isBlocked() || stoodStill || s.wait.since.IsZero() {
		s.wait.since = now
	}
	if oldest == 0 {
		return
	}
	waited := now.Sub(s.wait.since)
	if waited >= s.patience.slow() && !s.wait.late {
		s.wait.late = true
		s.monitor.Update(func(state *publish.State) { state.Unconfirmed = s.wait.since })
		if s.outage.began.IsZero() { // else this is logged
			s.wait.logged = true
			s.options.Log.Warn("the broker does not confirm: events wait for it", "broker", s.broker.String(),
				"waiting", s.window.inFlight(), "for", waited.Round(time.Millisecond),
				"new connection after", s.patience.now)
		}
	}
	if waited >= s.patience.now {
		s.session.conn.fail(errUnconfirmed)
	}
}

// endWait notes that the oldest message waits no longer.
func (s *stream) endWait(now time.Time) {
	if s.wait.logged {
		s.options.Log.Info("the broker confirms again", "broker", s.broker.String(),
			"after", now.Sub(s.wait.since).Round(time.Millisecond))
	}
	s.forgetWait()
	s.wait = wait{looked: s.wait.looked}
}

// forgetWait takes the wait off the state.
func (s *stream) forgetWait() {
	if s.wait.late {
		s.monitor.Update(func(state *publish.State) { state.Unconfirmed = time.Time{} })
	}
}
