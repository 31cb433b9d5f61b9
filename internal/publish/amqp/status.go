package amqp

import (
	"sync"

	"github.com/rabbitmq/amqp091-go"
)

// State is what a Publisher shows of itself. The counters count since New.
type State struct {
	Connected bool
	Broker    string // the URL without password, connected or last tried
	Blocked   string // the broker's reason for taking nothing; empty: not blocked
	LastError string // of the last fault, also when it is over

	Published uint64 // messages sent, each time they are
	Confirmed uint64 // messages delivered for good
	Returned  uint64 // came back as unroutable
	Nacked    uint64 // refused by the broker
	Rejected  uint64 // set aside, can never be sent
	Connects  uint64 // successful logins
}

// status is the State, safe for concurrent use.
type status struct {
	mu    sync.Mutex
	state State
}

func (s *status) update(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

func (s *status) get() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *status) block(alarm amqp091.Blocking) {
	s.update(func(state *State) {
		state.Blocked = alarm.Reason
		if alarm.Active && alarm.Reason == "" {
			state.Blocked = "not reported"
		}
	})
}
