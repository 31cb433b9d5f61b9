package endtoend

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

const (
	// window is publish.amqp.window: how many duplicates one fault may make.
	window = 200
	// rate is the load in results a second.
	rate = 400
	// arrivalLimit is how long the last results may take.
	arrivalLimit = 60 * time.Second
)

// rig is a connector between a file that a Load writes and a queue.
type rig struct {
	*Connector
	t               *testing.T
	broker          *testbroker.Broker
	dir             string
	exchange, queue string
	settings        Settings
	load            *Load
	inbox           *Inbox
	ledger          *Ledger
}

// perfdataRig reads a service perfdata file, and sends to the broker that all
// tests share.
func perfdataRig(t *testing.T, more Settings) *rig {
	t.Helper()
	return perfdataRigOn(t, quiet.Use(t), more)
}

func perfdataRigOn(t *testing.T, broker *testbroker.Broker, more Settings) *rig {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "service-perfdata")
	return newRig(t, broker, dir, NewLoad(t, path, PerfdataLine), Settings{
		"readers.perfdata.service.path":     path,
		"readers.perfdata.service.template": PerfdataTemplate,
		"readers.perfdata.service.mode":     "a",
		"readers.perfdata.begin":            "beginning",
	}.With(more))
}

func newRig(t *testing.T, broker *testbroker.Broker, dir string, load *Load, more Settings) *rig {
	t.Helper()
	r := &rig{
		t: t, broker: broker, dir: dir, load: load, exchange: t.Name() + ".events", queue: t.Name(),
		ledger: NewLedger(),
	}
	r.inbox = NewInbox(t, broker, r.queue)
	t.Cleanup(func() {
		broker.DeleteQueue(t, r.queue)
		broker.DeleteExchange(t, r.exchange)
	})
	r.settings = Settings{
		"supervisor":                 "none",
		"connector_name":             "endtoend",
		"journal.path":               filepath.Join(dir, "journal.db"),
		"quarantine.path":            filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.urls":          []string{broker.URL()},
		"publish.amqp.exchange":      r.exchange,
		"publish.amqp.window":        window,
		"publish.amqp.reconnect_max": "1s",
		"publish.amqp.heartbeat":     "2s",
		"publish.amqp.write_timeout": "2s",
	}.With(more)
	r.Connector = NewConnector(t, program(t), r.settings.YAML(t))
	return r
}

// declare declares the exchange, and a queue with arguments bound to it.
func (r *rig) declare(args amqp091.Table) {
	r.t.Helper()
	r.broker.DeclareExchange(r.t, r.exchange)
	r.broker.DeclareQueue(r.t, r.queue, args)
	r.broker.Bind(r.t, r.queue, "#", r.exchange)
}

// fetch takes what has arrived.
func (r *rig) fetch() int {
	r.t.Helper()
	messages := r.inbox.Fetch()
	r.ledger.Add(messages...)
	return len(messages)
}

// await waits until all that was written up to now has arrived.
func (r *rig) await() {
	r.t.Helper()
	written := r.load.Results()
	Eventually(r.t, "everything that was written in the queue", arrivalLimit, func() bool {
		r.fetch()
		for len(written) > 0 && r.ledger.Has(written[len(written)-1]) {
			written = written[:len(written)-1]
		}
		return len(written) == 0
	})
}

// awaitWritten waits until the load has written that many more results.
func (r *rig) awaitWritten(count int) {
	r.t.Helper()
	before := len(r.load.Results())
	Eventually(r.t, "more results written", arrivalLimit, func() bool { return len(r.load.Results()) >= before+count })
}

// progress waits until some more has arrived.
func (r *rig) progress() {
	r.t.Helper()
	arrived := 0
	Eventually(r.t, "some more in the queue", arrivalLimit, func() bool {
		arrived += r.fetch()
		return arrived >= window
	})
}

// finish ends the load, waits for its last result, stops the connector and
// checks that nothing was lost, that the last word on each service is right,
// and that for each fault the stream went back once at most, and no further
// than a window.
func (r *rig) finish(faults int) Account {
	r.t.Helper()
	r.load.Stop()
	r.await()
	r.Stop()
	r.fetch()
	a := r.ledger.Account(r.load.Results())
	r.t.Logf("written %d, lost %d, duplicates %d (allowed %d), resends %d, longest %d, overtaken %d, unsettled %d",
		a.Written, a.Lost, a.Duplicates, faults*window, a.Resends, a.LongestResend, a.Overtaken, a.Unsettled)
	if a.Lost > 0 || a.Unsettled > 0 || a.Resent > 0 || len(a.Strange) > 0 ||
		a.Duplicates > faults*window || a.Resends > faults || a.LongestResend > window {
		r.t.Errorf("%+v", a)
	}
	return a
}

// inOrder checks that no result came, for the first time, behind a newer one.
func (r *rig) inOrder(a Account) {
	r.t.Helper()
	if a.Overtaken > 0 {
		r.t.Errorf("%d results were overtaken by a newer one of their service", a.Overtaken)
	}
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
