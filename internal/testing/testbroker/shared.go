package testbroker

import (
	"sync"
	"testing"
)

// Shared is a broker that the tests of a package use together. It starts when
// the first test asks for it.
type Shared struct {
	Options Options

	start  sync.Once
	broker *Broker
	err    error
}

// Use returns the running broker. With -short it skips the test instead.
func (s *Shared) Use(t testing.TB) *Broker {
	t.Helper()
	skipIfShort(t)
	s.start.Do(func() { s.broker, s.err = Launch(s.Options) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.broker
}

// Close ends the broker if it was started. TestMain calls it after all tests.
func (s *Shared) Close() {
	if s.broker != nil {
		s.broker.Close()
	}
}

func skipIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts RabbitMQ: make test runs it")
	}
}
