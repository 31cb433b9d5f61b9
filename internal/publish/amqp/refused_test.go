package amqp

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// allowTopics lets the test's user write the topics of a pattern only, until the
// returned function is called.
func allowTopics(t *testing.T, broker *testbroker.Broker, exchange, pattern string) (restore func()) {
	t.Helper()
	must(t, broker.Control("set_topic_permissions", "-p", testbroker.VHost, testbroker.User, exchange, pattern, ".*"))
	restored := false
	restore = func() {
		if !restored {
			must(t, broker.Control("clear_topic_permissions", "-p", testbroker.VHost, testbroker.User, exchange))
		}
		restored = true
	}
	t.Cleanup(restore)
	return restore
}

func testForbiddenTopics(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	allowTopics(t, broker, exchange, "host-[0-8]$")
	q := newMemoryQueue()
	q.fill(1000)
	r := run(t, quick(broker.URL(), exchange), q)
	q.awaitEmpty(t)
	connects := r.State().Connects
	q.fill(1000)
	q.awaitEmpty(t)
	if got := r.State().Connects; got != connects || got > 3 {
		t.Errorf("%d and %d connections: a forbidden key is tried again and again", connects, got)
	}
	for _, m := range q.messages {
		var e event
		must(t, json.Unmarshal(m.Body, &e))
		reason, rejected := q.rejected[m.ID]
		if rejected != (e.Entity == "host-9") || rejected && !strings.Contains(reason, "access to topic") {
			t.Fatalf("%s: rejected %t, %q", e.Entity, rejected, reason)
		}
	}
	delete(q.seqs, "host-9")
	q.checkDelivered(t, broker.Drain(t, name), int(r.State().Connects)*r.options.Window)
}

// Then it is no message's fault: they wait for the permission.
func testEveryTopicForbidden(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	restore := allowTopics(t, broker, exchange, "^nothing$")
	q := newMemoryQueue()
	for range mostForbidden + 500 {
		q.add("host-0", 100)
	}
	r := run(t, quick(broker.URL(), exchange), q)
	await(t, "the bound", func() bool { return r.State().Rejected >= mostForbidden })
	connects := r.State().Connects
	await(t, "more attempts", func() bool { return r.State().Connects > connects+2 })
	if got := r.State().Rejected; got > mostForbidden+uint64(r.options.Window) {
		t.Errorf("%d messages are set aside", got)
	}
	restore()
	q.awaitEmpty(t)
	if got := len(broker.Drain(t, name)) + len(q.rejected); got < mostForbidden+500 {
		t.Errorf("%d messages are delivered or set aside", got)
	}
}
