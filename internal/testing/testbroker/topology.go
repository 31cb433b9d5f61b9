package testbroker

import (
	"fmt"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// DeclareExchange declares a durable topic exchange.
func (b *Broker) DeclareExchange(t testing.TB, name string) {
	t.Helper()
	b.withChannel(t, "declaring exchange "+name, func(ch *amqp091.Channel) error {
		return ch.ExchangeDeclare(name, amqp091.ExchangeTopic, true, false, false, false, nil)
	})
}

// DeleteExchange deletes an exchange with its bindings.
func (b *Broker) DeleteExchange(t testing.TB, name string) {
	t.Helper()
	b.withChannel(t, "deleting exchange "+name, func(ch *amqp091.Channel) error {
		return ch.ExchangeDelete(name, false, false)
	})
}

// DeclareQueue declares a durable queue with arguments such as x-max-length.
func (b *Broker) DeclareQueue(t testing.TB, name string, args amqp091.Table) {
	t.Helper()
	b.withChannel(t, "declaring queue "+name, func(ch *amqp091.Channel) error {
		_, err := ch.QueueDeclare(name, true, false, false, false, args)
		return err
	})
}

// DeleteQueue deletes a queue with its messages.
func (b *Broker) DeleteQueue(t testing.TB, name string) {
	t.Helper()
	b.withChannel(t, "deleting queue "+name, func(ch *amqp091.Channel) error {
		_, err := ch.QueueDelete(name, false, false, false)
		return err
	})
}

// Bind binds a queue to an exchange.
func (b *Broker) Bind(t testing.TB, queue, key, exchange string) {
	t.Helper()
	b.withChannel(t, "binding queue "+queue, func(ch *amqp091.Channel) error {
		return ch.QueueBind(queue, key, exchange, false, nil)
	})
}

// Drain takes all messages out of a queue. What is published meanwhile may stay
// in the queue.
func (b *Broker) Drain(t testing.TB, queue string) []amqp091.Delivery {
	t.Helper()
	var messages []amqp091.Delivery
	b.withChannel(t, "draining queue "+queue, func(ch *amqp091.Channel) error {
		state, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		if err != nil {
			return err
		}
		// Not with a context: its end would race with the channel's.
		deliveries, err := ch.Consume(queue, "", false, false, false, false, nil)
		if err != nil {
			return err
		}
		timeout := time.After(time.Minute)
		for len(messages) < state.Messages {
			select {
			case message, ok := <-deliveries:
				if !ok {
					return fmt.Errorf("the channel ended after %d of %d messages", len(messages), state.Messages)
				}
				messages = append(messages, message)
			case <-timeout:
				return fmt.Errorf("received %d of %d messages", len(messages), state.Messages)
			}
		}
		if len(messages) == 0 {
			return nil
		}
		// RabbitMQ puts what came beyond these back in its place.
		return messages[len(messages)-1].Ack(true)
	})
	return messages
}

// withChannel runs f on a connection of its own and fails the test on error.
func (b *Broker) withChannel(t testing.TB, doing string, f func(*amqp091.Channel) error) {
	t.Helper()
	conn, err := b.Dial()
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
	if err := f(ch); err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
	// The answer means that all before it is done.
	if err := ch.Close(); err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}

// Depth returns the number of messages in a queue that wait for a consumer.
func (b *Broker) Depth(t testing.TB, queue string) (messages int) {
	t.Helper()
	b.withChannel(t, "looking at queue "+queue, func(ch *amqp091.Channel) error {
		state, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		messages = state.Messages
		return err
	})
	return messages
}
