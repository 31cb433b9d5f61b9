package amqp

import (
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"

	"github.com/google/go-cmp/cmp"
	"github.com/rabbitmq/amqp091-go"
)

func TestDeliversInOrderOnce(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(5000)
	r := run(t, quick(broker.URL(), exchange), q)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)

	if q.releases > 5000/20 {
		t.Errorf("%d releases for 5000 messages: they don't go in batches", q.releases)
	}
	got := r.State()
	if got.Since.IsZero() || got.Delivered.Before(got.Since) || got.Place == "" {
		t.Errorf("state: %+v", got)
	}
	want := publish.State{
		Place: got.Place, Working: true, Since: got.Since, Delivered: got.Delivered, Sent: 5000, Confirmed: 5000,
		Connects: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if log := r.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "connected to the broker") {
		t.Errorf("an undisturbed run logs more than its connection:\n%s", log)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	sent := outbox.Message{Event: outbox.Event{
		RoutingKey: "nagios.poller.check.resource.srv1.disk é",
		Body:       []byte(`{"event_type":"check","output":"é"}`),
		MessageID:  "n2c-1", Time: time.Unix(1_700_000_000, 0),
	}}
	q.addMessage(sent)
	run(t, quick(broker.URL(), exchange), q)
	q.awaitEmpty(t)

	deliveries := broker.Drain(t, name)
	if len(deliveries) != 1 {
		t.Fatalf("%d messages, want 1", len(deliveries))
	}
	d := deliveries[0]
	got := amqp091.Publishing{
		ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, DeliveryMode: d.DeliveryMode,
		MessageId: d.MessageId, Timestamp: d.Timestamp, AppId: d.AppId, Body: d.Body,
	}
	want := amqp091.Publishing{
		ContentType: "application/json", ContentEncoding: "UTF-8", DeliveryMode: amqp091.Persistent,
		MessageId: "n2c-1", Timestamp: sent.Time, AppId: "nagios2canopsis", Body: sent.Body,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if d.RoutingKey != sent.RoutingKey || d.Exchange != exchange {
		t.Errorf("came by %q with key %q", d.Exchange, d.RoutingKey)
	}
}
