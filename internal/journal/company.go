package journal

import "time"

// A transaction costs the same with one commit or ten: some hundred
// microseconds of CPU, and an fsync. So it waits a little for commits that are
// likely to come soon.
const (
	// pace is the time from the start of one transaction to the start of the
	// next, where commits are awaited.
	pace = 12 * time.Millisecond
	// activeFor is how long a source is expected to commit again.
	activeFor = 20 * time.Millisecond
	// ride is how long a release alone waits for a commit to go with, and
	// rideAfter how recent a commit must be for another one to be expected.
	ride      = 60 * time.Millisecond
	rideAfter = 60 * time.Millisecond
	// enoughEvents are not worth waiting for more.
	enoughEvents = 64
	// urgentRelease is how many events a release has that goes at once: less than
	// amqp releases in a backlog, a quarter of its usual window, and more than it
	// collects in 200 ms at 400 events a second.
	urgentRelease = 100
)

// company decides how long a transaction waits for more commits.
//
// A source waits until its commit is durable before it makes the next one. So
// once each source that is active has a commit in the group, nobody else can
// come, and waiting would only slow all of them down: a lone source never waits
// here, however fast it is, and must collect what it reads by itself. A source
// that doesn't wait for its commits may always bring more.
type company struct {
	began time.Time             // start of the last transaction
	last  time.Time             // when the last commit arrived
	seen  map[string]*attendant // by source
}

// attendant is a source that commits.
type attendant struct {
	at      time.Time // of its last commit
	present int       // its commits in the group
	ahead   bool      // it doesn't wait for its commits
}

// arrived notes a commit of a source that joins the group.
func (c *company) arrived(source string, now time.Time) {
	if c.seen == nil {
		c.seen = map[string]*attendant{}
	}
	a := c.seen[source]
	if a == nil {
		a = &attendant{}
		c.seen[source] = a
	}
	a.ahead = a.present > 0
	a.at, c.last = now, now
	a.present++
}

// left notes that a commit is stored.
func (c *company) left(source string) {
	if a := c.seen[source]; a != nil && a.present > 0 {
		a.present--
	}
}

// lift returns how long a release alone waits for a commit.
func (c *company) lift(now time.Time) time.Duration {
	if now.Sub(c.last) > rideAfter {
		return 0
	}
	return ride
}

// patience returns how long to wait for more commits.
func (c *company) patience(now time.Time) time.Duration {
	rest := c.began.Add(pace).Sub(now)
	if rest <= 0 {
		return 0
	}
	for source, a := range c.seen {
		if now.Sub(a.at) > activeFor {
			if a.present == 0 {
				delete(c.seen, source)
			}
			continue
		}
		if a.present == 0 || a.ahead {
			return rest
		}
	}
	return 0
}
