package endtoend

import (
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// freeze pauses the broker until Resume, or the end of the test.
func freeze(t *testing.T) {
	t.Helper()
	must(t, broker.Pause())
	t.Cleanup(func() { broker.Resume() })
}

func TestBrokerStoppedAndStartedUnderLoad(t *testing.T) {
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(2000)
	r.load.Start(rate)
	r.Start()
	for range brokerRestarts {
		r.progress()
		must(t, broker.Stop())
		time.Sleep(500 * time.Millisecond) // the connector tries in vain
		must(t, broker.Start())
	}
	r.progress()
	r.inOrder(r.finish(brokerRestarts))
	if lines := strings.Count(r.Log(), "\n"); lines > 20+8*brokerRestarts {
		t.Errorf("%d log lines for %d stops of the broker:\n%s", lines, brokerRestarts, r.Log())
	}
}

func TestBrokerKilledUnderLoad(t *testing.T) {
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(2000)
	r.load.Start(rate)
	r.Start()
	// What was declared is in RabbitMQ's memory alone for two seconds (disk_log).
	time.Sleep(3 * time.Second)
	Eventually(t, "something in the queue", arrivalLimit, func() bool { return r.inbox.Depth() > window })
	broker.Kill()
	must(t, broker.Start())
	r.progress()
	r.inOrder(r.finish(1))
}

func TestBrokerFrozenForMoreThanTwoHeartbeats(t *testing.T) {
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(5000)
	r.load.Start(rate)
	r.Start()
	r.progress()
	freeze(t)
	time.Sleep(5 * time.Second) // the heartbeat is 2 s
	r.AwaitLog("the broker does not answer", time.Second)
	must(t, broker.Resume())
	r.progress()
	r.inOrder(r.finish(1))
}

func TestMemoryAlarmOnlyDelays(t *testing.T) {
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Start(rate)
	r.Start()
	r.progress()
	must(t, broker.SetMemoryAlarm(true))
	t.Cleanup(func() { broker.SetMemoryAlarm(false) })
	r.AwaitLog("the broker has blocked publishing", 10*time.Second)
	r.fetch()
	time.Sleep(2 * time.Second)
	if n := r.fetch(); n > window {
		t.Errorf("%d events came while the broker had blocked publishing", n)
	}
	must(t, broker.SetMemoryAlarm(false))
	r.AwaitLog("the broker takes events again", 10*time.Second)
	r.inOrder(r.finish(0))
}

// TestFullQueueRefuses: RabbitMQ refuses a message and may take one that was
// sent right behind it, for which there was room by then. All are sent again in
// order, so the last word is right, but not every first one.
func TestFullQueueRefuses(t *testing.T) {
	const room = 300
	r := perfdataRig(t, nil)
	r.declare(amqp091.Table{"x-max-length": room, "x-overflow": "reject-publish"})
	r.load.Write(3000)
	r.load.Start(rate)
	r.Start()
	r.AwaitLog("the queue is full", 20*time.Second)
	fetches := 0
	for range 10 {
		r.progress()
		fetches++
	}
	r.load.Stop()
	fetches += len(r.load.Results()) / room
	r.finish(fetches)
}

func TestMissingExchangeAndMissingBindingOnlyDelay(t *testing.T) {
	r := perfdataRig(t, nil)
	r.load.Write(1000)
	r.load.Start(rate)
	r.Start()
	r.AwaitLog("the exchange is missing", 10*time.Second)
	broker.DeclareExchange(t, r.exchange)
	r.AwaitLog("the exchange has no queue bound", 10*time.Second)
	broker.DeclareQueue(t, r.queue, nil)
	time.Sleep(time.Second)
	if n := r.fetch(); n > 0 {
		t.Errorf("%d events in a queue that is not bound", n)
	}
	broker.Bind(t, r.queue, "#", r.exchange)
	r.progress()
	r.AwaitLog("events go out again", 10*time.Second)
	r.inOrder(r.finish(0))
}

func TestBindingTakenAwayUnderLoad(t *testing.T) {
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(3000)
	r.load.Start(rate)
	r.Start()
	r.progress()
	broker.DeleteExchange(t, r.exchange)
	r.AwaitLog("the exchange is missing", 10*time.Second)
	broker.DeclareExchange(t, r.exchange)
	r.AwaitLog("the exchange has no queue bound", 10*time.Second)
	broker.Bind(t, r.queue, "#", r.exchange)
	r.progress()
	r.inOrder(r.finish(1))
}
