// Package preview shows what would be sent, and stores nothing: it takes the
// place of the journal for the command tail.
package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Printer prints the events of commits.
type Printer struct {
	mu     sync.Mutex
	w      io.Writer
	colour bool
	sites  map[outbox.Scope]string
}

// New makes a printer. colour marks the routing key by the event's state. sites
// are the names that are printed with the events of several sites; nil for a
// single one.
func New(w io.Writer, colour bool, sites map[outbox.Scope]string) *Printer {
	return &Printer{w: w, colour: colour, sites: sites}
}

// Position knows none: every reader begins at its first start.
func (*Printer) Position(string) ([]byte, error) { return nil, nil }

// States knows none.
func (*Printer) States(outbox.Scope, func(string, []byte) error) error { return nil }

// Store prints the commit's events.
func (p *Printer) Store(_ context.Context, c outbox.Commit) (func(context.Context) error, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out bytes.Buffer
	site := p.sites[outbox.ScopeOf(c.Source)]
	for _, e := range c.Events {
		if site != "" {
			out.WriteString(site + ": ")
		}
		p.event(&out, e)
	}
	if _, err := p.w.Write(out.Bytes()); err != nil {
		return nil, fmt.Errorf("printing: %w", err)
	}
	return func(context.Context) error { return nil }, nil
}

const reset = "\x1b[0m"

func (p *Printer) event(out *bytes.Buffer, e outbox.Event) {
	if p.colour {
		fmt.Fprintf(out, "%s%s%s\n", colourOf(e.Body), e.RoutingKey, reset)
	} else {
		fmt.Fprintln(out, e.RoutingKey)
	}
	out.WriteString("  ")
	if json.Indent(out, e.Body, "  ", "  ") != nil {
		out.Write(e.Body)
	}
	out.WriteByte('\n')
}

// colourOf gives the terminal colour of a Canopsis state; events without one
// are cyan.
func colourOf(body []byte) string {
	var event struct {
		State *int `json:"state"`
	}
	if json.Unmarshal(body, &event) != nil || event.State == nil {
		return "\x1b[36m"
	}
	switch *event.State {
	case 0:
		return "\x1b[32m"
	case 1:
		return "\x1b[33m"
	case 2:
		return "\x1b[35m"
	}
	return "\x1b[31m"
}
