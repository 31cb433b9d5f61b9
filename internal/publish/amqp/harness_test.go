package amqp

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// brokerMaxMessage is the brokers' max_message_size.
const brokerMaxMessage = 1 << 20

// brokerOptions are those of every RabbitMQ here.
var brokerOptions = testbroker.Options{
	TLS:    true,
	Config: []string{fmt.Sprintf("max_message_size = %d", brokerMaxMessage)},
}

// quiet is the RabbitMQ of the tests that leave it running. Each uses an
// exchange and a queue of its own.
var quiet = testbroker.Shared{Options: brokerOptions}

func TestMain(m *testing.M) {
	code := m.Run()
	quiet.Close()
	os.Exit(code)
}

// topology declares an exchange with a bound queue, both named after the test.
func topology(t testing.TB, b *testbroker.Broker) (exchange, queue string) {
	t.Helper()
	exchange, queue = t.Name()+".events", t.Name()
	b.DeclareExchange(t, exchange)
	b.DeclareQueue(t, queue, nil)
	b.Bind(t, queue, "#", exchange)
	t.Cleanup(func() {
		b.DeleteQueue(t, queue)
		b.DeleteExchange(t, exchange)
	})
	return exchange, queue
}

// quick are options with short times.
func quick(url, exchange string) Options {
	o := DefaultOptions()
	o.URLs, o.Exchange = []string{url}, exchange
	o.Heartbeat = time.Second
	o.ConnectTimeout, o.WriteTimeout = 2*time.Second, 2*time.Second
	o.RetryMin, o.RetryMax = 20*time.Millisecond, 200*time.Millisecond
	return o
}

// running is a publisher at work.
type running struct {
	*Publisher
	log    *testlog.Buffer
	cancel context.CancelFunc
	done   chan struct{}
	err    error // valid after done
}

// run runs a publisher until the end of the test, which then checks that it
// stops in time, leaves no goroutine and never showed the password.
func run(t testing.TB, options Options, queue publish.Queue) *running {
	t.Helper()
	return runWith(t, options, queue, func(*Publisher) {})
}

// runWith is run with a publisher that is changed before.
func runWith(t testing.TB, options Options, queue publish.Queue, change func(*Publisher)) *running {
	t.Helper()
	log := &testlog.Buffer{}
	options.Log = slog.New(slog.NewTextHandler(log, nil))
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Publisher: p, log: log, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		// Goroutines inherit the labels of the one that starts them.
		pprof.Do(ctx, pprof.Labels(runLabel, r.id()), func(ctx context.Context) { r.err = p.Run(ctx, queue, 0) })
	}()
	t.Cleanup(func() {
		r.stop(t)
		r.checkNoGoroutines(t)
		checkNoSecret(t, log.String()+fmt.Sprintf("%+v %+v %#v", p.State(), p.addresses, p.addresses))
		if t.Failed() {
			t.Logf("log:\n%sstate: %+v", log.String(), p.State())
		}
	})
	return r
}

// stop ends the run and waits; 5 s is what a service manager is promised.
func (r *running) stop(t testing.TB) {
	t.Helper()
	r.cancel()
	select {
	case <-r.done:
	case <-time.After(5 * time.Second):
		t.Error("Run does not end within 5 s")
		<-r.done
	}
	if r.err != nil {
		t.Errorf("Run returned %v", r.err)
	}
}

// awaitLog waits for a text in the log.
func (r *running) awaitLog(t testing.TB, text string) {
	t.Helper()
	await(t, fmt.Sprintf("%q in the log", text), func() bool { return strings.Contains(r.log.String(), text) })
}

func checkNoSecret(t testing.TB, shown string) {
	t.Helper()
	// Whole, percent-encoded, and the parts between its special characters.
	for _, form := range []string{testbroker.Password, "p%40ss", "w%25rd", "ss/w", "%rd", "rd:?", "#sec", "guess1"} {
		if strings.Contains(shown, form) {
			t.Errorf("%q of the password is shown in:\n%s", form, shown)
		}
	}
}

// runLabel marks the goroutines of a run with its id.
const runLabel = "run of a publisher"

func (r *running) id() string { return fmt.Sprintf("%p", r) }

func (r *running) checkNoGoroutines(t testing.TB) {
	t.Helper()
	var stacks string
	for range 100 {
		var all strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			t.Fatal(err)
		}
		stacks = all.String()
		if !strings.Contains(stacks, fmt.Sprintf("%q:%q", runLabel, r.id())) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Errorf("goroutines of %s are left:\n%s", r.id(), stacks)
}

// await polls until the condition holds.
func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// event is the body of the tests' messages: the seq-th of an entity, from 1.
type event struct {
	Entity string `json:"entity"`
	Seq    int    `json:"seq"`
	Pad    string `json:"pad"`
}

// memoryQueue is a publish.Queue that also checks how it is used.
type memoryQueue struct {
	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at each change
	messages []outbox.Message
	seqs     map[string]int
	released int64
	releases int
	rejected map[int64]string
	faults   []string

	releasing func() // called in each Release, if set
}

func newMemoryQueue() *memoryQueue {
	return &memoryQueue{changed: make(chan struct{}), seqs: map[string]int{}, rejected: map[int64]string{}}
}

// add appends the next message of an entity, padded to a body of size bytes.
func (q *memoryQueue) add(entity string, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seqs[entity]++
	e := event{Entity: entity, Seq: q.seqs[entity]}
	body, _ := json.Marshal(e)
	e.Pad = strings.Repeat("x", max(0, size-len(body)))
	body, _ = json.Marshal(e)
	q.append(outbox.Message{Event: outbox.Event{
		RoutingKey: "nagios.test.check.component." + entity, Body: body, Time: time.Unix(1_700_000_000, 0),
	}})
}

func (q *memoryQueue) addMessage(m outbox.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.append(m)
}

func (q *memoryQueue) append(m outbox.Message) {
	m.ID = int64(len(q.messages)+1) * 3 // gaps are allowed
	if m.MessageID == "" {
		m.MessageID = fmt.Sprintf("id-%d", m.ID)
	}
	q.messages = append(q.messages, m)
	q.signal()
}

// fill adds n messages of ten entities in turn, of the size of a usual event.
func (q *memoryQueue) fill(n int) {
	for i := range n {
		q.add(fmt.Sprintf("host-%d", i%10), 758)
	}
}

func (q *memoryQueue) signal() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *memoryQueue) Next(ctx context.Context, after int64, max, maxBytes int) ([]outbox.Message, error) {
	for {
		q.mu.Lock()
		batch := q.after(after, max, maxBytes)
		changed := q.changed
		if after < q.released {
			q.faults = append(q.faults, fmt.Sprintf("Next(%d) after Release(%d)", after, q.released))
		}
		q.mu.Unlock()
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (q *memoryQueue) after(after int64, max, maxBytes int) []outbox.Message {
	var batch []outbox.Message
	bytes := 0
	for _, m := range q.messages[after/3:] {
		if len(batch) == max || len(batch) > 0 && bytes+len(m.Body) > maxBytes {
			break
		}
		bytes += len(m.Body)
		batch = append(batch, m)
	}
	return batch
}

func (q *memoryQueue) Release(ctx context.Context, upTo int64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if q.releasing != nil {
		q.releasing()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if upTo <= q.released || upTo%3 != 0 || int(upTo/3) > len(q.messages) {
		q.faults = append(q.faults,
			fmt.Sprintf("Release(%d) after Release(%d) of %d messages", upTo, q.released, len(q.messages)))
	}
	q.released = upTo
	q.releases++
	return nil
}

func (q *memoryQueue) Reject(_ context.Context, id int64, reason string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.rejected[id]; ok || id <= q.released {
		q.faults = append(q.faults, fmt.Sprintf("Reject(%d) twice or after Release(%d)", id, q.released))
	}
	q.rejected[id] = reason
	return nil
}

// left returns how many messages are not released.
func (q *memoryQueue) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages) - int(q.released/3)
}

func (q *memoryQueue) awaitEmpty(t testing.TB) {
	t.Helper()
	await(t, "an empty queue", func() bool { return q.left() == 0 })
}

// load adds messages, about two thousand a second, until the returned function
// is called.
func (q *memoryQueue) load() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				q.fill(10)
			}
		}
	})
	return func() { cancel(); wait.Wait() }
}

// checkDelivered checks what came out of RabbitMQ: nothing lost, no entity's
// events out of order, no more duplicates than allowed, each with the same id.
func (q *memoryQueue) checkDelivered(t testing.TB, deliveries []amqp091.Delivery, maxDuplicates int) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, fault := range q.faults {
		t.Error(fault)
	}
	newest := map[string]int{}
	last := map[string]int{}
	ids := map[string]string{}
	duplicates := 0
	for _, d := range deliveries {
		var e event
		if err := json.Unmarshal(d.Body, &e); err != nil {
			t.Fatalf("body %.100q: %v", d.Body, err)
		}
		key := fmt.Sprint(e.Entity, " ", e.Seq)
		if id, ok := ids[key]; ok && id != d.MessageId {
			t.Errorf("%s came with message ids %q and %q", key, id, d.MessageId)
		}
		ids[key] = d.MessageId
		last[e.Entity] = e.Seq
		switch {
		case e.Seq <= newest[e.Entity]:
			duplicates++
		case e.Seq == newest[e.Entity]+1:
			newest[e.Entity]++
		default:
			t.Fatalf("%s came after %d: lost or out of order", key, newest[e.Entity])
		}
	}
	for entity, want := range q.seqs {
		if newest[entity] != want || last[entity] != want {
			t.Errorf("of %s came %d of %d, the last one was %d", entity, newest[entity], want, last[entity])
		}
	}
	if duplicates > maxDuplicates {
		t.Errorf("%d duplicates, want at most %d", duplicates, maxDuplicates)
	}
	t.Logf("%d messages, %d duplicates, %d releases", len(q.messages), duplicates, q.releases)
}

// lastOccurrences leaves out all but the last of the deliveries of a message. A
// broker that refuses a message may take later ones of the same window: what is
// last is in order then, not what is first.
func lastOccurrences(deliveries []amqp091.Delivery) []amqp091.Delivery {
	last := map[string]int{}
	for i, d := range deliveries {
		last[d.MessageId] = i
	}
	var kept []amqp091.Delivery
	for i, d := range deliveries {
		if last[d.MessageId] == i {
			kept = append(kept, d)
		}
	}
	return kept
}
