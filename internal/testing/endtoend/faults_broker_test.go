package endtoend

import (
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// TestDisturbedBroker runs the tests that kill, freeze or block a broker, one
// after the other, on one of their own.
func TestDisturbedBroker(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, testbroker.Options{})
	for name, test := range map[string]func(*testing.T, *testbroker.Broker){
		"killed under load":                    testBrokerKilledUnderLoad,
		"frozen for more than two heartbeats":  testBrokerFrozenForMoreThanTwoHeartbeats,
		"memory alarm":                         testMemoryAlarmOnlyDelays,
		"connector stopped while it is frozen": testStoppedBySIGTERMWhileTheBrokerIsFrozen,
		"forbidden keys, and no quarantine":    testForbiddenKeysWithoutAQuarantine,
		"connector stopped in a backlog":       testAStopInABacklogSendsNothingAgain,
	} {
		t.Run(name, func(t *testing.T) { test(t, broker) })
	}
}

// freeze pauses the broker until Resume, or the end of the test.
func freeze(t *testing.T, broker *testbroker.Broker) {
	t.Helper()
	must(t, broker.Pause())
	t.Cleanup(func() { broker.Resume() })
}

func TestBrokerStoppedAndStartedUnderLoad(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, testbroker.Options{})
	r := perfdataRigOn(t, broker, nil)
	r.declare(nil)
	r.load.Write(2000)
	r.load.Start(rate)
	r.Start()
	for range brokerRestarts {
		r.progress()
		must(t, broker.Stop())
		r.awaitWritten(window) // meanwhile the connector tries in vain
		must(t, broker.Start())
	}
	r.progress()
	r.inOrder(r.finish(brokerRestarts))
	if lines := strings.Count(r.Log(), "\n"); lines > 20+8*brokerRestarts {
		t.Errorf("%d log lines for %d stops of the broker:\n%s", lines, brokerRestarts, r.Log())
	}
}

func testBrokerKilledUnderLoad(t *testing.T, broker *testbroker.Broker) {
	r := perfdataRigOn(t, broker, nil)
	r.declare(nil)
	r.load.Write(2000)
	r.load.Start(rate)
	r.Start()
	must(t, broker.Sync())
	Eventually(t, "something in the queue", arrivalLimit, func() bool { return r.inbox.Depth() > window })
	broker.Kill()
	must(t, broker.Start())
	r.progress()
	r.inOrder(r.finish(1))
}

func testBrokerFrozenForMoreThanTwoHeartbeats(t *testing.T, broker *testbroker.Broker) {
	r := perfdataRigOn(t, broker, nil)
	r.declare(nil)
	r.load.Write(5000)
	r.load.Start(rate)
	r.Start()
	r.progress()
	freeze(t, broker)
	frozen := time.Now()
	r.AwaitLog("the broker does not answer", 6*time.Second)
	time.Sleep(time.Until(frozen.Add(5 * time.Second))) // the heartbeat is 2 s
	must(t, broker.Resume())
	r.progress()
	r.inOrder(r.finish(1))
}

func testMemoryAlarmOnlyDelays(t *testing.T, broker *testbroker.Broker) {
	r := perfdataRigOn(t, broker, nil)
	r.declare(nil)
	r.load.Start(rate)
	r.Start()
	r.progress()
	must(t, broker.SetMemoryAlarm(true))
	cleared := false
	t.Cleanup(func() {
		if !cleared {
			broker.SetMemoryAlarm(false)
		}
	})
	r.AwaitLog("the broker has blocked publishing", 10*time.Second)
	r.fetch()
	time.Sleep(2 * time.Second) // only time shows that nothing comes
	if n := r.fetch(); n > window {
		t.Errorf("%d events came while the broker had blocked publishing", n)
	}
	must(t, broker.SetMemoryAlarm(false))
	cleared = true
	r.AwaitLog("the broker takes events again", 10*time.Second)
	r.inOrder(r.finish(0))
}

func testStoppedBySIGTERMWhileTheBrokerIsFrozen(t *testing.T, broker *testbroker.Broker) {
	r := perfdataRigOn(t, broker, Settings{"publish.amqp.heartbeat": "1m", "publish.amqp.write_timeout": "1m"})
	r.declare(nil)
	r.load.Write(8000)
	r.load.Start(rate)
	r.Start()
	r.progress()
	freeze(t, broker)
	r.awaitWritten(window)
	t.Logf("stopped after %s", r.Stop().Round(time.Millisecond))
	must(t, broker.Resume())
	r.Start()
	r.inOrder(r.finish(1))
}

// TestFullQueueRefuses: RabbitMQ refuses a message and may take one that was
// sent right behind it, for which there was room by then. All are sent again in
// order, so the last word is right, but not every first one.
func TestFullQueueRefuses(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	r := perfdataRig(t, nil)
	r.load.Write(1000)
	r.load.Start(rate)
	r.Start()
	r.AwaitLog("the exchange is missing", 10*time.Second)
	r.broker.DeclareExchange(t, r.exchange)
	r.AwaitLog("the exchange has no queue bound", 10*time.Second)
	r.broker.DeclareQueue(t, r.queue, nil)
	time.Sleep(time.Second) // only time shows that nothing comes
	if n := r.fetch(); n > 0 {
		t.Errorf("%d events in a queue that is not bound", n)
	}
	r.broker.Bind(t, r.queue, "#", r.exchange)
	r.progress()
	r.AwaitLog("events go out again", 10*time.Second)
	r.inOrder(r.finish(0))
}

func TestBindingTakenAwayUnderLoad(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(3000)
	r.load.Start(rate)
	r.Start()
	r.progress()
	r.broker.DeleteExchange(t, r.exchange)
	r.AwaitLog("the exchange is missing", 10*time.Second)
	r.broker.DeclareExchange(t, r.exchange)
	r.AwaitLog("the exchange has no queue bound", 10*time.Second)
	r.broker.Bind(t, r.queue, "#", r.exchange)
	r.progress()
	r.inOrder(r.finish(1))
}
