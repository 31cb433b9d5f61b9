package amqp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

const (
	slowText  = "the broker does not confirm: events wait"
	againText = "the broker confirms again"
)

// Something on the way swallows the confirmations: the heartbeats go on, and nothing
// else shows that anything is wrong.
func TestSwallowedConfirmations(t *testing.T) {
	t.Parallel()
	broker, name, p, options := behindProxy(t)
	options.ConfirmTimeout = 800 * time.Millisecond
	q := newMemoryQueue()
	q.fill(2000)
	r := run(t, options, q)
	q.awaitEmpty(t)
	if n := strings.Count(r.log.String(), "connected to the broker"); n != 1 {
		t.Errorf("the first connection is logged %d times, want once", n)
	}

	p.swallow.Store(true)
	q.fill(300)
	r.awaitLog(t, slowText)
	r.awaitLog(t, "waiting=300")
	if r.State().Unconfirmed.IsZero() {
		t.Error("the state doesn't show that nothing is confirmed")
	}
	r.awaitLog(t, string(classUnconfirmed))
	// Each new connection waits twice as long as the one before.
	connected := time.Now()
	await(t, "three connections in vain", func() bool { return p.connections() == 4 })
	if waited := time.Since(connected); waited < 1600*time.Millisecond+3200*time.Millisecond {
		t.Errorf("two more connections took %s: the time does not double", waited)
	}
	p.swallow.Store(false)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 300+3*r.options.Window)
	r.awaitLog(t, "events go out again")
	if state := r.State(); !state.Unconfirmed.IsZero() {
		t.Errorf("still waiting for confirmations since %s", state.Unconfirmed)
	}

	// A confirmation makes the time as short as it was.
	before := p.connections()
	p.swallow.Store(true)
	began := time.Now()
	q.fill(1)
	await(t, "a new connection", func() bool { return p.connections() > before })
	if waited := time.Since(began); waited > 1600*time.Millisecond {
		t.Errorf("after a confirmation it took %s to a new connection", waited)
	}
	p.swallow.Store(false)
	q.awaitEmpty(t)
}

// A broker that is slow, and goes on, is waited for on the same connection.
func TestLateConfirmationsKeepTheConnection(t *testing.T) {
	t.Parallel()
	broker, name, p, options := behindProxy(t)
	options.ConfirmTimeout, options.Heartbeat = 4*time.Second, 10*time.Second
	q := newMemoryQueue()
	r := run(t, options, q)
	await(t, "the connection", func() bool { return r.State().Working })
	p.hold.Lock()
	q.fill(1)
	r.awaitLog(t, slowText)
	p.hold.Unlock()
	r.awaitLog(t, againText)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := p.connections(); n != 1 {
		t.Errorf("%d connections, want the first one kept", n)
	}
}

// A stop in the middle of a backlog waits for what is on its way.
func TestStopWaitsForLateConfirmations(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	p := newProxy(t, broker.Addr())
	options := quick(broker.URL(), exchange)
	options.URLs, options.Heartbeat = []string{broker.URLAt(p.addr())}, 10*time.Second
	q := newMemoryQueue()
	q.fill(20000)
	r := run(t, options, q)
	awaitProgress(t, r)
	p.hold.Lock()
	await(t, "much on its way", func() bool { return r.State().InFlight > r.options.Window/4 })
	r.cancel()
	time.AfterFunc(2*time.Second, p.hold.Unlock)
	r.stop(t)
	state := r.State()
	if state.Sent != state.Confirmed {
		t.Errorf("stopped with %d sent and %d released", state.Sent, state.Confirmed)
	}
	if got := len(broker.Drain(t, name)); got != 20000-q.left() {
		t.Errorf("%d messages came, %d are released", got, 20000-q.left())
	}
}

// RabbitMQ reads nothing while it blocks us, so nothing is confirmed.
func testAnAlarmIsNoMissingConfirmation(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	options := quick(broker.URL(), exchange)
	options.ConfirmTimeout = 500 * time.Millisecond
	r := run(t, options, q)
	stopLoad := q.load()
	awaitProgress(t, r)
	must(t, broker.SetMemoryAlarm(true))
	defer broker.SetMemoryAlarm(false)
	await(t, "blocked", func() bool { return r.State().Blocked != "" })
	connects, blocked := r.State().Connects, time.Now()
	await(t, "some time", func() bool { return time.Since(blocked) > 4*options.ConfirmTimeout })
	must(t, broker.SetMemoryAlarm(false))
	awaitProgress(t, r)
	stopLoad()
	q.awaitEmpty(t)
	if got := r.State().Connects; got != connects || strings.Contains(r.log.String(), string(classUnconfirmed)) {
		t.Errorf("%d connections, %d before the alarm", got, connects)
	}
	q.checkDelivered(t, broker.Drain(t, name), 0)
}

// onQueue runs a function of Erlang's module sys on a queue's process.
func onQueue(t *testing.T, broker *testbroker.Broker, function, queue string) {
	t.Helper()
	must(t, broker.Control("eval", fmt.Sprintf(
		"{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<%q>>, queue, <<%q>>)), sys:%s(amqqueue:get_pid(Q)).",
		testbroker.VHost, queue, function)))
}

func testASuspendedQueue(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(1000)
	options := quick(broker.URL(), exchange)
	options.ConfirmTimeout = time.Second
	r := run(t, options, q)
	q.awaitEmpty(t)
	onQueue(t, broker, "suspend", name)
	q.fill(100)
	r.awaitLog(t, slowText)
	r.awaitLog(t, string(classUnconfirmed))
	onQueue(t, broker, "resume", name)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), int(r.State().Connects)*r.options.Window)
	r.awaitLog(t, "events go out again")
}
