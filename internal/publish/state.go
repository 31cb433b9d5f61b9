package publish

import (
	"sync"
	"time"
)

// State is how a target is doing, the same for every kind of target. Counters
// begin with 0 when the target is made.
type State struct {
	Place   string    // where it sends to, or tried last, without a password: a URL, "standard output"
	Working bool      // it can send: it is connected, or the last attempt succeeded
	Since   time.Time // when Working became what it is, or the target was made
	// Unconfirmed is since when what was sent waits for its confirmation, if that is
	// long; zero: it doesn't.
	Unconfirmed time.Time
	Blocked     string // why the other side takes nothing at the moment, in its words; empty: it does

	Delivered   time.Time // when a message was last delivered for good; zero: none yet
	LastError   string    // of the last fault, also when it is over; empty: there was none
	LastErrorAt time.Time // when it happened

	InFlight  int    // messages sent and not yet answered
	Sent      uint64 // messages sent, each time they are
	Confirmed uint64 // messages delivered for good, and released
	Returned  uint64 // messages that came back because nobody there takes them
	Refused   uint64 // messages that were answered with a refusal; they are sent again
	Rejected  uint64 // messages set aside, because they can never be sent
	Connects  uint64 // successful logins
}

// Monitor holds the State of a target for all who ask. Its methods may be called
// from several goroutines.
type Monitor struct {
	mu    sync.Mutex
	state State
}

// NewMonitor returns the monitor of a target that doesn't work yet.
func NewMonitor() *Monitor { return &Monitor{state: State{Since: time.Now()}} }

// State returns the state as it is now.
func (m *Monitor) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Update lets change change the state.
func (m *Monitor) Update(change func(*State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.state.Working
	change(&m.state)
	if m.state.Working != was {
		m.state.Since = time.Now()
	}
}

// Fail notes a fault.
func (m *Monitor) Fail(text string) {
	m.Update(func(s *State) { s.LastError, s.LastErrorAt = text, time.Now() })
}
