// Package stdout prints events as lines of JSON: {"routing_key":…,"body":{…}}.
//
// A message is released when its line has been written; after a crash in
// between it is printed again. A body that is not JSON is rejected, and the
// rest goes on. A writer that blocks, such as a full pipe that nobody reads,
// holds the publisher up beyond the end of its context.
package stdout

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

// How many messages, and bytes of bodies, are written at once.
const (
	batch      = 500
	batchBytes = 1 << 20
)

// Publisher prints messages.
type Publisher struct {
	w       io.Writer
	monitor *publish.Monitor
}

// New makes a publisher that prints to w, with one write for some messages.
func New(w io.Writer) *Publisher {
	p := &Publisher{w: w, monitor: publish.NewMonitor()}
	p.monitor.Update(func(s *publish.State) { s.Place = "standard output" })
	return p
}

// State returns how the target is doing. It works while its last write
// succeeded.
func (p *Publisher) State() publish.State { return p.monitor.State() }

// Run prints what is in the queue after from, until the context ends, when it
// returns nil. An error is the writer's or the queue's.
func (p *Publisher) Run(ctx context.Context, q publish.Queue, from int64) error {
	for {
		messages, err := q.Next(ctx, from, batch, batchBytes)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the next events: %w", err)
		}
		if err := p.print(ctx, q, messages); err != nil {
			return err
		}
		from = messages[len(messages)-1].ID
		// Printed is printed, also when the context ends now.
		if err := q.Release(context.WithoutCancel(ctx), from); err != nil {
			return fmt.Errorf("releasing what was printed: %w", err)
		}
		p.monitor.Update(func(s *publish.State) { s.Confirmed = s.Sent })
	}
}

func (p *Publisher) print(ctx context.Context, q publish.Queue, messages []outbox.Message) error {
	var out bytes.Buffer
	printed := uint64(0)
	for _, m := range messages {
		line, err := encode(m)
		if err != nil {
			if err := q.Reject(context.WithoutCancel(ctx), m.ID, "the body is not JSON: "+err.Error()); err != nil {
				return fmt.Errorf("setting event %d aside: %w", m.ID, err)
			}
			p.monitor.Update(func(s *publish.State) { s.Rejected++ })
			continue
		}
		out.Write(line)
		printed++
	}
	if _, err := p.w.Write(out.Bytes()); err != nil {
		p.monitor.Update(func(s *publish.State) { s.Working = false })
		p.monitor.Fail(err.Error())
		return fmt.Errorf("printing events: %w", err)
	}
	p.monitor.Update(func(s *publish.State) {
		s.Working = true
		if printed > 0 {
			s.Sent += printed
			s.Delivered = time.Now()
		}
	})
	return nil
}

// encode returns the message's line. Line breaks between the body's tokens go,
// all else stays as it is.
func encode(m outbox.Message) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		RoutingKey string          `json:"routing_key"`
		Body       json.RawMessage `json:"body"`
	}{m.RoutingKey, m.Body})
	return out.Bytes(), err
}
