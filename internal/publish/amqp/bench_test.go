package amqp

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

const (
	benchMessages = 20_000
	benchWindow   = 500
)

// cost is what sending benchMessages took.
type cost struct{ seconds, cpu, brokerCPU float64 }

// BenchmarkPublisher compares the Publisher, reading from a queue in memory,
// with the shortest loop over amqp091-go that does the same: mandatory,
// persistent, confirmed, the same window. Rounds are interleaved in random
// order, since the broker's rate varies by a factor of two from run to run;
// the ratios are medians over the rounds. One operation is one message.
func BenchmarkPublisher(b *testing.B) {
	broker := quiet.Use(b)
	exchange, name := topology(b, broker)
	q := newMemoryQueue()
	q.fill(benchMessages)

	contestants := []func() cost{
		func() cost { return measure(broker, func() { bareLoop(b, broker, exchange, q.messages) }) },
		func() cost { return measure(broker, func() { publishAll(b, broker, exchange, q) }) },
	}
	rounds := make([][]cost, len(contestants))
	b.ResetTimer()
	for done := 0; done < max(b.N, 1); done += benchMessages {
		for _, i := range rand.Perm(len(contestants)) {
			rounds[i] = append(rounds[i], contestants[i]())
			broker.Drain(b, name)
		}
	}
	b.StopTimer()

	bare, ours := rounds[0], rounds[1]
	ratio := func(of func(ours, bare cost) float64) float64 {
		var ratios []float64
		for i := range ours {
			ratios = append(ratios, of(ours[i], bare[i]))
		}
		return median(ratios)
	}
	column := func(rounds []cost, of func(cost) float64) float64 {
		var values []float64
		for _, c := range rounds {
			values = append(values, of(c))
		}
		return median(values)
	}
	perMessage := func(c cost) float64 { return c.cpu / benchMessages * 1e6 }
	b.ReportMetric(ratio(func(ours, bare cost) float64 { return bare.seconds / ours.seconds }), "rate/bare")
	b.ReportMetric(ratio(func(ours, bare cost) float64 { return ours.cpu / bare.cpu }), "cpu/bare")
	b.ReportMetric(ratio(func(ours, _ cost) float64 { return ours.cpu / ours.brokerCPU }), "cpu/broker")
	b.ReportMetric(column(ours, func(c cost) float64 { return benchMessages / c.seconds }), "msg/s")
	b.ReportMetric(column(bare, func(c cost) float64 { return benchMessages / c.seconds }), "bare-msg/s")
	b.ReportMetric(column(ours, perMessage), "cpu-µs/msg")
	b.ReportMetric(column(bare, perMessage), "bare-cpu-µs/msg")
	b.ReportMetric(column(ours, func(c cost) float64 { return c.brokerCPU / benchMessages * 1e6 }), "broker-cpu-µs/msg")
}

// publishAll sends the queue's messages with a Publisher.
func publishAll(b *testing.B, broker *testbroker.Broker, exchange string, q *memoryQueue) {
	q.mu.Lock()
	q.released, q.releases = 0, 0
	q.mu.Unlock()
	options := DefaultOptions()
	options.URLs, options.Exchange, options.Window = []string{broker.URL()}, exchange, benchWindow
	p, err := New(options)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx, q, 0) }()
	q.awaitEmpty(b)
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// bareLoop is what one would write without a thought for faults.
func bareLoop(b *testing.B, broker *testbroker.Broker, exchange string, messages []outbox.Message) {
	conn, err := broker.Dial()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		b.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		b.Fatal(err)
	}
	var ring [benchWindow]*amqp091.DeferredConfirmation
	settle := func(confirm *amqp091.DeferredConfirmation) {
		if confirm != nil && !confirm.Wait() {
			b.Fatal("not confirmed")
		}
	}
	for i, m := range messages {
		settle(ring[i%benchWindow])
		ring[i%benchWindow], err = ch.PublishWithDeferredConfirm(exchange, m.RoutingKey, true, false,
			amqp091.Publishing{
				ContentType: "application/json", ContentEncoding: "UTF-8", DeliveryMode: amqp091.Persistent,
				MessageId: m.MessageID, Timestamp: m.Time, AppId: "bare", Body: m.Body,
			})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, confirm := range ring {
		settle(confirm)
	}
}

func measure(broker *testbroker.Broker, f func()) cost {
	runtime.GC() // the garbage of the round before is not this one's
	brokerCPU, cpu, start := broker.CPU(), ownCPU(), time.Now()
	f()
	return cost{time.Since(start).Seconds(), ownCPU() - cpu, broker.CPU() - brokerCPU}
}

func ownCPU() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
