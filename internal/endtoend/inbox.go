package endtoend

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testbroker"
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

// Fetch takes what the queue holds, one message after the other, so that none
// is on its way when the broker is stopped. Not so when it is killed: RabbitMQ
// may then still hold what was taken just before.
func (i *Inbox) Fetch() []amqp091.Delivery {
	i.t.Helper()
	before := len(i.messages)
	i.with(func(channel *amqp091.Channel) error {
		for {
			message, ok, err := channel.Get(i.queue, true)
			if err != nil || !ok {
				return err
			}
			i.messages = append(i.messages, message)
		}
	})
	return i.messages[before:]
}

// Depth is the number of messages that the queue holds.
func (i *Inbox) Depth() (depth int) {
	i.t.Helper()
	i.with(func(channel *amqp091.Channel) error {
		queue, err := channel.QueueDeclarePassive(i.queue, true, false, false, false, nil)
		depth = queue.Messages
		return err
	})
	return depth
}

// with runs f on a connection of its own, since none outlives the faults.
func (i *Inbox) with(f func(*amqp091.Channel) error) {
	i.t.Helper()
	conn, err := i.broker.Dial()
	if err != nil {
		i.t.Fatalf("looking into queue %s: %v", i.queue, err)
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err == nil {
		err = f(channel)
	}
	if err != nil {
		i.t.Fatalf("looking into queue %s: %v", i.queue, err)
	}
}

// Messages gives everything fetched so far, in the order of the queue.
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

// resultOf gives the result of a Load that an event tells, and checks that its
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
