package amqp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rabbitmq/amqp091-go"
	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

const (
	// releaseDelay is the longest that a confirmed message waits for others
	// to be released with it. Each release costs the queue a transaction, and
	// meanwhile the message takes room in the window: a crash repeats it.
	releaseDelay = 200 * time.Millisecond
	// releaseShare is the part of the window that is released at once: one
	// quarter. The rest stays free for messages on their way.
	releaseShare = 4
	// releaseTimeout bounds the last release, when the context has ended and
	// the grace for the answers is over.
	releaseTimeout = 2 * time.Second
	// calm is how long nothing must have failed for an outage to be over, if
	// that is less than the longest pause between attempts.
	calm = 5 * time.Second
)

// stream sends messages on one session, from the oldest unreleased one on, up
// to the first fault. All it sent is settled, or unknown for ever, when it ends.
type stream struct {
	*delivery
	session *session
	broker  address

	batches chan []outbox.Message // read ahead
	sent    chan []sentMessage    // in order; closed when nothing more is sent
	stop    context.CancelFunc    // ends the sending, not the confirming

	lost bool // sending failed; valid when sent is closed

	returned   map[string]bool // message ids that came back
	unreleased int             // confirmed messages after released
	due        *time.Timer     // runs while there are unreleased ones
	confirmed  int64           // ID up to which all is confirmed
	steady     bool            // it has lasted for a while
	wait       wait            // for the oldest confirmation
	failed     error           // the first fault
	unsettled  []sentMessage   // from the fault on
}

// sentMessage is a message on its way, or one that could not be sent but has to
// be settled in its turn.
type sentMessage struct {
	id         int64
	messageID  string
	key        string
	size       int
	answer     *amqp091.DeferredConfirmation // nil: not sent
	unsendable string                        // why
}

// send runs a stream. It returns the fault that ended it, or nil with the context.
func (d *delivery) send(ctx context.Context, session *session, broker address) error {
	d.window.restart()
	sending, stop := context.WithCancel(ctx)
	defer stop()
	s := &stream{
		delivery: d, session: session, broker: broker,
		batches:   make(chan []outbox.Message),
		sent:      make(chan []sentMessage, d.options.Window),
		stop:      stop,
		returned:  map[string]bool{},
		due:       time.NewTimer(releaseDelay),
		confirmed: d.released,
	}
	// When the context ends, nothing more is sent, but the answers on the way
	// have the grace to arrive, and the queue has some more to take them.
	settling, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	forget := context.AfterFunc(ctx, func() {
		time.AfterFunc(d.options.Grace, func() { session.conn.Close() })
		time.AfterFunc(d.options.Grace+releaseTimeout, abandon)
	})
	defer forget()

	group, sending := errgroup.WithContext(sending)
	group.Go(func() error { return s.readAhead(sending, d.released) })
	group.Go(func() error { return s.publish(sending) })
	group.Go(func() error { return s.confirm(settling) })
	err := group.Wait()
	d.refused.note(err, s.unsettled, time.Now())
	return err
}

// readAhead takes messages out of the queue while the previous ones are sent.
func (s *stream) readAhead(ctx context.Context, after int64) error {
	defer close(s.batches)
	for {
		batch, err := s.queue.Next(ctx, after, s.options.Window, s.options.WindowBytes)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return &queueError{"reading the next messages", err}
		}
		after = batch[len(batch)-1].ID
		select {
		case <-ctx.Done():
			return nil
		case s.batches <- batch:
		}
	}
}

// unsendable returns why a message can't be sent, empty if it can.
func (d *delivery) unsendable(m outbox.Message) string {
	switch {
	case len(m.RoutingKey) > maxShortString:
		return fmt.Sprintf("the routing key has %d bytes, AMQP allows %d", len(m.RoutingKey), maxShortString)
	case len(m.MessageID) > maxShortString:
		return fmt.Sprintf("the message id has %d bytes, AMQP allows %d", len(m.MessageID), maxShortString)
	case len(m.Body) > d.options.MaxMessage:
		return fmt.Sprintf("the body has %d bytes, the limit is %d", len(m.Body), d.options.MaxMessage)
	}
	reason, forKey := d.refused.of(m.ID, m.RoutingKey, time.Now())
	if forKey {
		d.refused.inARow.Add(1)
	}
	return reason
}

// publish sends the batches, in runs for which the window has room.
func (s *stream) publish(ctx context.Context) error {
	defer close(s.sent)
	for batch := range s.batches {
		for len(batch) > 0 {
			n := s.window.admit(ctx, batch)
			if n == 0 {
				return nil
			}
			if err := s.publishRun(batch[:n]); err != nil {
				s.lost = true // the session knows better why
				return nil
			}
			batch = batch[n:]
		}
	}
	return nil
}

// publishRun sends messages with as few writes as possible. What it passes on
// never blocks: the channel is as large as the window. It is passed on when it
// is written, in parts that are released at once, so that confirm is woken
// neither for each message nor before there can be an answer.
func (s *stream) publishRun(run []outbox.Message) error {
	messages, err := s.writeRun(run)
	sent := 0
	for part := range slices.Chunk(messages, s.releasedAtOnce()) {
		s.sent <- part
		for _, m := range part {
			if m.answer != nil {
				sent++
			}
		}
	}
	s.monitor.Update(func(state *publish.State) { state.Sent += uint64(sent) })
	return err
}

// writeRun returns what it wrote, and in its place what can't be sent.
func (s *stream) writeRun(run []outbox.Message) (messages []sentMessage, err error) {
	s.session.conn.hold()
	defer s.session.conn.flush()
	messages = make([]sentMessage, 0, len(run))
	for _, m := range run {
		message := sentMessage{id: m.ID, messageID: m.MessageID, key: m.RoutingKey, size: len(m.Body)}
		if message.unsendable = s.unsendable(m); message.unsendable != "" {
			messages = append(messages, message)
			continue
		}
		answer, err := s.session.channel.PublishWithDeferredConfirm(s.options.Exchange, m.RoutingKey, true, false,
			amqp091.Publishing{
				ContentType:     "application/json",
				ContentEncoding: "UTF-8",
				DeliveryMode:    amqp091.Persistent,
				MessageId:       m.MessageID,
				Timestamp:       m.Time,
				AppId:           s.options.AppID,
				Body:            m.Body,
			})
		if err != nil {
			return messages, err
		}
		message.answer = answer
		messages = append(messages, message)
	}
	return messages, nil
}

// releasedAtOnce is how many confirmed messages don't wait to be released.
func (s *stream) releasedAtOnce() int { return max(1, s.options.Window/releaseShare) }

// confirm takes the answers in the order of the messages and releases what is
// confirmed, until all that was sent is answered. RabbitMQ mostly answers in
// order, so it waits for the last message of a part first, and is woken once.
func (s *stream) confirm(ctx context.Context) error {
	s.due.Stop() // until something waits to be released
	defer s.due.Stop()
	steady := time.NewTimer(min(calm, s.options.RetryMax))
	defer steady.Stop()
	watch := time.NewTicker(s.patience.lookEvery())
	defer watch.Stop()
	s.wait.looked = time.Now()
	defer s.forgetWait()

	var part []sentMessage       // not settled yet
	var answered <-chan struct{} // one of them
	next, down := s.sent, s.session.down
	for next != nil || answered != nil {
		select {
		case taken, ok := <-next:
			if !ok {
				next = nil
				break
			}
			part = taken
			if answered = lastAnswer(part); answered != nil {
				next = nil
				break
			}
			s.settleAnswered(ctx, part)
		case <-answered:
			part = s.settleAnswered(ctx, part)
			if len(part) > 0 {
				answered = part[0].answer.Done()
				break
			}
			answered, next = nil, s.sent
		case <-s.due.C:
			s.release(ctx)
		case <-down:
			// What was answered before still counts.
			s.stop()
			down = nil
		case now := <-watch.C:
			s.watch(part, now)
		case <-steady.C:
			s.steady = true
			if answered == nil && s.failed == nil || !s.outage.resumed.IsZero() {
				s.outage.over(s.broker)
			}
		}
	}
	if s.failed == nil && (s.lost || down == nil) {
		s.failed = s.session.cause()
	}
	s.release(ctx)
	return s.failed
}

// lastAnswer is the answer to the last message that was sent, nil if none was.
func lastAnswer(part []sentMessage) <-chan struct{} {
	for _, m := range slices.Backward(part) {
		if m.answer != nil {
			return m.answer.Done()
		}
	}
	return nil
}

// settleAnswered settles messages up to the first one without an answer. It
// returns those that are left.
func (s *stream) settleAnswered(ctx context.Context, part []sentMessage) []sentMessage {
	for len(part) > 0 && part[0].isAnswered() {
		s.settle(ctx, part[0])
		part = part[1:]
	}
	if s.unreleased >= s.releasedAtOnce() {
		s.release(ctx)
	}
	return part
}

// isAnswered is true for a message that was not sent as well.
func (m sentMessage) isAnswered() bool {
	if m.answer == nil {
		return true
	}
	select {
	case <-m.answer.Done():
		return true
	default:
		return false
	}
}

// settle takes the answer to the oldest message.
func (s *stream) settle(ctx context.Context, m sentMessage) {
	s.collectReturns()
	switch {
	case s.failed != nil:
		s.unsettled = append(s.unsettled, m)
		return
	case m.answer == nil:
		s.reject(ctx, m)
		return
	}
	switch acked := m.answer.Acked(); {
	case !acked && s.session.channel.IsClosed():
		s.fail(m, s.session.cause())
	case !acked:
		s.monitor.Update(func(state *publish.State) { state.Refused++ })
		s.fail(m, nacked(m.key))
	case s.returned[m.messageID]:
		// RabbitMQ acknowledges what it could not route, after returning it.
		s.fail(m, unroutable(s.options.Exchange, m.key))
	default:
		s.settled(m)
		s.monitor.Update(func(state *publish.State) { state.Delivered = time.Now() })
		s.outage.delivered()
		s.patience.rewarded()
		s.refused.inARow.Store(0)
		if s.steady {
			s.outage.over(s.broker)
		}
	}
}

// settled takes a message off the window; the next release includes it.
func (s *stream) settled(m sentMessage) {
	s.confirmed = m.id
	s.unreleased++
	if s.unreleased == 1 {
		s.due.Reset(releaseDelay)
	}
	s.window.confirm(m.size)
}

// reject sets a message aside that would end the connection each time it is
// sent.
func (s *stream) reject(ctx context.Context, m sentMessage) {
	if err := s.queue.Reject(ctx, m.id, m.unsendable); err != nil {
		s.fail(m, &queueError{"setting a message aside", err})
		return
	}
	s.settled(m)
	s.monitor.Update(func(state *publish.State) { state.Rejected++ })
}

func (s *stream) fail(m sentMessage, err error) {
	s.failed = err
	s.unsettled = append(s.unsettled, m)
	s.stop()
}

// collectReturns notes the messages that came back. The client delivers a
// return before it handles the acknowledgement of the same message.
func (s *stream) collectReturns() {
	for {
		select {
		case message, ok := <-s.session.returned:
			if !ok {
				return
			}
			s.returned[message.MessageId] = true
			s.monitor.Update(func(state *publish.State) { state.Returned++ })
		default:
			return
		}
	}
}

// release reports to the queue what is confirmed.
func (s *stream) release(ctx context.Context) {
	if s.unreleased == 0 {
		return
	}
	if err := s.queue.Release(ctx, s.confirmed); err != nil {
		s.failed = errors.Join(&queueError{"releasing the delivered messages", err}, s.failed)
		s.stop()
		return
	}
	s.released = s.confirmed
	s.window.release(s.unreleased)
	s.monitor.Update(func(state *publish.State) { state.Confirmed += uint64(s.unreleased) })
	s.unreleased = 0
}
