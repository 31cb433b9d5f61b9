package amqp

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"github.com/rabbitmq/amqp091-go"
)

// The tests of this file are the ways in which a plain use of amqp091-go 1.16
// with RabbitMQ 3.10 loses messages or stands still, each measured once.

// RabbitMQ acknowledges a message that no queue takes, after returning it.
func TestUnroutableMessageIsKeptUntilAQueueIsBound(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := t.Name(), t.Name()
	broker.DeclareExchange(t, exchange)
	broker.DeclareQueue(t, name, nil)
	t.Cleanup(func() { broker.DeleteQueue(t, name); broker.DeleteExchange(t, exchange) })
	q := newMemoryQueue()
	q.fill(2000)
	r := run(t, quick(broker.URL(), exchange), q)

	await(t, "several attempts", func() bool { return r.State().Returned >= 5 })
	if q.left() != 2000 {
		t.Errorf("%d messages are left, want all 2000", q.left())
	}
	if state := r.State(); state.Sent > state.Returned+1 || state.Connects != 1 {
		t.Errorf("an attempt is not one message on the same connection: %+v", state)
	}
	broker.Bind(t, name, "#", exchange)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := strings.Count(r.log.String(), string(classUnroutable)); n != 1 {
		t.Errorf("the fault is logged %d times, want once", n)
	}
	r.awaitLog(t, "events go out again")
}

// A binding that takes only some messages must not let the others be lost, nor
// make more than one window of duplicates.
func TestUnroutableAmongRoutable(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := t.Name(), t.Name()
	broker.DeclareExchange(t, exchange)
	broker.DeclareQueue(t, name, nil)
	broker.Bind(t, name, "*.*.*.*.host-3", exchange)
	t.Cleanup(func() { broker.DeleteQueue(t, name); broker.DeleteExchange(t, exchange) })
	q := newMemoryQueue()
	for range 50 {
		q.add("host-3", 100)
	}
	q.fill(500)
	r := run(t, quick(broker.URL(), exchange), q)
	await(t, "several attempts", func() bool { return r.State().Returned >= 200 })
	if left := q.left(); left != 500 {
		t.Errorf("%d messages are left, want 500", left)
	}
	broker.Bind(t, name, "#", exchange)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), r.options.Window)
}

// A routing key over 255 bytes makes amqp091-go end the connection, at each
// attempt.
func TestPoisonIsSetAside(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(30)
	long := strings.Repeat("k", 256)
	poison := []outbox.Message{
		{Event: outbox.Event{RoutingKey: long, Body: []byte("{}")}},
		{Event: outbox.Event{RoutingKey: "k", MessageID: long, Body: []byte("{}")}},
		{Event: outbox.Event{RoutingKey: "k", Body: make([]byte, 2001)}},
	}
	for _, m := range poison {
		q.addMessage(m)
		q.fill(30)
	}
	longest := outbox.Message{Event: outbox.Event{
		RoutingKey: long[1:], MessageID: long[1:], Body: []byte(`{"entity":"long","seq":1}`),
	}}
	q.seqs["long"] = 1
	q.addMessage(longest)
	options := quick(broker.URL(), exchange)
	options.MaxMessage = 2000
	r := run(t, options, q)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)

	want := []string{
		"the routing key has 256 bytes, AMQP allows 255",
		"the message id has 256 bytes, AMQP allows 255",
		"the body has 2001 bytes, the limit is 2000",
	}
	var got []string
	for _, m := range q.messages {
		if reason, ok := q.rejected[m.ID]; ok {
			got = append(got, reason)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rejected with %q, want %q", got, want)
	}
	if state := r.State(); state.Rejected != 3 || state.Connects != 1 {
		t.Errorf("state %+v, want 3 rejected on one connection", state)
	}
}

// A message over the broker's own limit is answered with a channel exception
// that does not name the message.
func TestMessageTooLargeForTheBrokerIsSetAside(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(2000)
	options := quick(broker.URL(), exchange)
	options.WindowBytes = 4 * brokerMaxMessage
	r := run(t, options, q)
	q.awaitEmpty(t) // the window is fully open, and many are on their way with it
	q.fill(300)
	q.addMessage(outbox.Message{Event: outbox.Event{RoutingKey: "k", Body: make([]byte, brokerMaxMessage+1)}})
	q.fill(300)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 2*r.options.Window)
	if len(q.rejected) != 1 || !strings.Contains(q.rejected[2301*3], "message size") {
		t.Errorf("rejected %v, want only message 6903, for its size", q.rejected)
	}
}

// A publish to a missing exchange succeeds; the channel is closed later.
func TestExchangeMissingThenCreated(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := t.Name()+".events", t.Name()
	broker.DeclareQueue(t, name, nil)
	t.Cleanup(func() { broker.DeleteQueue(t, name); broker.DeleteExchange(t, exchange) })
	q := newMemoryQueue()
	q.fill(1000)
	r := run(t, quick(broker.URL(), exchange), q)
	r.awaitLog(t, string(classExchange))
	broker.DeclareExchange(t, exchange)
	broker.Bind(t, name, "#", exchange)
	q.awaitEmpty(t)

	// Deleted while we are connected: only the publish finds out.
	connects := r.State().Connects
	broker.DeleteExchange(t, exchange)
	q.fill(1000)
	await(t, "the loss of the channel", func() bool { return !r.State().Working })
	broker.DeclareExchange(t, exchange)
	broker.Bind(t, name, "#", exchange)
	q.awaitEmpty(t)
	if r.State().Connects == connects {
		t.Error("no new connection after the channel exception")
	}
	q.checkDelivered(t, broker.Drain(t, name), r.options.Window)
	if n := strings.Count(r.log.String(), string(classExchange)); n < 1 || n > 2 {
		t.Errorf("the missing exchange is logged %d times, want once each time", n)
	}
}

func TestExchangeIsDeclaredOnlyOnDemand(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := t.Name()+".events", t.Name()
	broker.DeclareQueue(t, name, nil)
	t.Cleanup(func() { broker.DeleteQueue(t, name); broker.DeleteExchange(t, exchange) })
	q := newMemoryQueue()
	q.fill(10)
	options := quick(broker.URL(), exchange)
	options.DeclareExchange = true
	r := run(t, options, q)
	r.awaitLog(t, "created the exchange")
	broker.Bind(t, name, "#", exchange)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), r.options.Window)
}

// Toward a peer that stops reading, Publish blocks in write(2) for ever, and
// the client's own shutdown waits for Publish. Heartbeats are made too slow to
// help here.
func TestWriteToSilentPeerEnds(t *testing.T) {
	t.Parallel()
	broker, name, p, options := behindProxy(t)
	options.Heartbeat = time.Minute
	options.WriteTimeout = time.Second
	options.WindowBytes = 256 << 20
	q := newMemoryQueue()
	q.fill(3000)
	r := run(t, options, q)
	q.awaitEmpty(t) // the window is fully open

	p.freeze()
	for range 300 { // more than the kernel's buffers hold
		q.add("host-0", 200<<10)
	}
	r.awaitLog(t, string(classSilent))
	p.cut()
	p.thaw()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), r.options.Window)
}

// Confirmations that nobody takes block the client's reader and Publish for
// ever. Here the queue is slow to take them.
func TestSlowReleaseHoldsOnlyTheWindow(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(3000)
	var r *running
	var excess atomic.Uint64
	ready := make(chan struct{})
	q.releasing = func() {
		<-ready
		<-time.After(60 * time.Millisecond)
		state := r.State()
		if ahead := state.Sent - state.Confirmed; ahead > 500 {
			excess.Store(ahead)
		}
	}
	r = run(t, quick(broker.URL(), exchange), q)
	close(ready)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := excess.Load(); n > 0 {
		t.Errorf("%d messages were sent and not released, the window is 500", n)
	}
}

// A full queue with overflow reject-publish answers with nacks, on a channel
// that stays open.
func TestNackedMessagesAreKept(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := t.Name()+".events", t.Name()
	broker.DeclareExchange(t, exchange)
	broker.DeclareQueue(t, name, amqp091.Table{"x-max-length": 300, "x-overflow": "reject-publish"})
	broker.Bind(t, name, "#", exchange)
	t.Cleanup(func() { broker.DeleteQueue(t, name); broker.DeleteExchange(t, exchange) })
	q := newMemoryQueue()
	q.fill(1000)
	r := run(t, quick(broker.URL(), exchange), q)

	var deliveries []amqp091.Delivery
	drains := 0
	for q.left() > 0 {
		nacked := r.State().Refused
		await(t, "nacks or the end", func() bool { return r.State().Refused > nacked+1 || q.left() == 0 })
		deliveries = append(deliveries, broker.Drain(t, name)...)
		drains++
	}
	deliveries = append(deliveries, broker.Drain(t, name)...)
	q.checkDelivered(t, lastOccurrences(deliveries), 0)
	if duplicates := len(deliveries) - 1000; duplicates > drains*r.options.Window {
		t.Errorf("%d duplicates after %d times full", duplicates, drains)
	}
	if r.State().Connects != 1 {
		t.Errorf("%d connections, want the first one kept", r.State().Connects)
	}
	if n := strings.Count(r.log.String(), string(classNacked)); n < 1 || n > drains {
		t.Errorf("nacks are logged %d times for %d times full", n, drains)
	}
}

// The client's own recovery is experimental and would send nothing again.
func TestClientDoesNotRecoverByItself(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, _ := topology(t, broker)
	p, err := New(quick(broker.URL(), exchange))
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.connect(t.Context(), p.addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if s.client.Config.Recovery != nil || s.client.IsRecoveryEnabled() {
		t.Error("the client recovers connections by itself")
	}
}

// The client walks all outstanding messages at each confirmation of several.
func TestWindowIsBounded(t *testing.T) {
	options := quick("amqp://localhost", "x")
	options.Window = 1001
	if _, err := New(options); err == nil || !strings.Contains(err.Error(), "window: 1001 is not between 1 and 1000") {
		t.Errorf("a window of 1001: %v", err)
	}
}
