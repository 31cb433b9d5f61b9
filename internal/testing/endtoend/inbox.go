package endtoend

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// Inbox is a queue, and all that was taken out of it.
type Inbox struct {
	t        testing.TB
	broker   *testbroker.Broker
	queue    string
	messages []amqp091.Delivery
}

// NewInbox looks at a queue from which nobody else takes.
func NewInbox(t testing.TB, broker *testbroker.Broker, queue string) *Inbox {
	return &Inbox{t: t, broker: broker, queue: queue}
}

// Fetch takes what the queue holds. None of it is on its way when the broker is
// stopped then; when it is killed, RabbitMQ may still hold what was taken just
// before.
func (i *Inbox) Fetch() []amqp091.Delivery {
	i.t.Helper()
	messages := i.broker.Drain(i.t, i.queue)
	i.messages = append(i.messages, messages...)
	return messages
}

// Depth is the number of messages that the queue holds.
func (i *Inbox) Depth() int {
	i.t.Helper()
	return i.broker.Depth(i.t, i.queue)
}

// Messages returns everything fetched so far, in the order of the queue.
func (i *Inbox) Messages() []amqp091.Delivery { return i.messages }

// body is what the tests look at in an event.
type body struct {
	ConnectorName   string `json:"connector_name"`
	EventType       string `json:"event_type"`
	Component       string `json:"component"`
	Resource        string `json:"resource"`
	SupervisorState string `json:"supervisor_state"`
	Output          string `json:"output"`
	Perfdata        string `json:"perf_data"`
}

func bodyOf(m amqp091.Delivery) (b body, err error) {
	err = json.Unmarshal(m.Body, &b)
	return b, err
}

// resultOf returns the result of a Load that an event reports, and checks that its
// fields agree with it.
func resultOf(m amqp091.Delivery) (Result, error) {
	b, err := bodyOf(m)
	if err != nil {
		return Result{}, err
	}
	r, err := parseOutput(b.Output)
	if err != nil {
		return Result{}, fmt.Errorf("output %q: %w", b.Output, err)
	}
	want := body{
		ConnectorName: b.ConnectorName, EventType: "check", Component: r.Host(), Resource: r.Description(),
		SupervisorState: r.StateName(), Output: r.Output(), Perfdata: b.Perfdata,
	}
	if b != want {
		return Result{}, fmt.Errorf("event %+v, want %+v", b, want)
	}
	return r, nil
}
