// Package tally counts what is worth knowing and not worth a log line each:
// repaired fields, records that were no news, input that nobody understands.
// The first of its kind is logged at once, the rest in a summary from time to
// time, the whole when asked.
package tally

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Level says how much an administrator should care.
type Level uint8

// The levels. Quiet counts are only shown on request (records that another
// reader brought already), Worth ones are logged.
const (
	Quiet Level = iota
	Worth
)

// Tally is a set of named counters, safe for concurrent use. Names are a
// bounded set of constant texts; they never hold names of hosts.
type Tally struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[string]*count
}

type count struct {
	level         Level
	n, summarised uint64
}

// New builds an empty tally that writes to log.
func New(log *slog.Logger) *Tally {
	return &Tally{log: log, counts: map[string]*count{}}
}

// Add counts n of what, and logs the first one, with an example where to look.
func (t *Tally) Add(level Level, what string, n int, example string) {
	if n <= 0 {
		return
	}
	t.mu.Lock()
	c := t.counts[what]
	first := c == nil
	if first {
		c = &count{level: level}
		t.counts[what] = c
	}
	c.n += uint64(n)
	if first && level == Worth {
		c.summarised = c.n
	}
	t.mu.Unlock()
	if first && level == Worth {
		t.log.Warn(what, "count", n, "example", example, "note", "further ones are counted and summarised")
	}
}

// Counts gives all counters as they are now.
func (t *Tally) Counts() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[string]uint64, len(t.counts))
	for what, c := range t.counts {
		out[what] = c.n
	}
	return out
}

// Run logs a summary of what has grown, every interval and at the end.
func (t *Tally) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.summarise()
			return
		case <-tick.C:
			t.summarise()
		}
	}
}

func (t *Tally) summarise() {
	t.mu.Lock()
	var args []any
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		c := t.counts[what]
		if c.level == Worth && c.n > c.summarised {
			args = append(args, slog.Uint64(what, c.n-c.summarised))
			c.summarised = c.n
		}
	}
	t.mu.Unlock()
	if len(args) > 0 {
		t.log.Warn("since the last summary", args...)
	}
}
