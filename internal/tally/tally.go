// Package tally counts what is worth knowing and not worth a log line each:
// repaired fields, records that are not sent, input that can't be read. The
// first of its kind is logged at once; package health logs the others in a
// summary from time to time, and reports all of them.
package tally

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Level says how much an administrator should care.
type Level uint8

// The levels. Quiet counts are only shown on request (records that another
// reader reported already), Notable ones are logged.
const (
	Quiet Level = iota
	Notable
)

// Key names a counter. Each field is of a bounded set of texts; none ever holds
// the name of a host. Empty fields don't apply.
type Key struct {
	What   string // what is counted, such as "record not sent"
	Site   string
	Source string // the reader or target
	Kind   string // of the record
	Reason string
}

// Args returns the fields that are set as arguments of a log line.
func (k Key) Args() []any {
	var args []any
	for _, f := range []struct{ name, value string }{
		{"site", k.Site}, {"source", k.Source}, {"kind", k.Kind}, {"reason", k.Reason},
	} {
		if f.value != "" {
			args = append(args, slog.String(f.name, f.value))
		}
	}
	return args
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.What, o.What), cmp.Compare(k.Site, o.Site), cmp.Compare(k.Source, o.Source),
		cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Reason, o.Reason))
}

// Count is a counter at a moment.
type Count struct {
	Key
	Level   Level
	N       uint64    // since the process began
	Last    time.Time // when it last grew
	Example string    // where the newest one was found; empty: unknown
}

// Tally is a set of counters, safe for concurrent use.
type Tally struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	counts map[Key]*counter
}

type counter struct {
	Count
	summarised uint64
}

// New returns an empty tally that logs to log.
func New(log *slog.Logger, now func() time.Time) *Tally {
	return &Tally{log: log, now: now, counts: map[Key]*counter{}}
}

// Add counts n more. The first notable one is logged, with an example of where
// to look.
func (t *Tally) Add(level Level, key Key, n int, example string) {
	if n <= 0 {
		return
	}
	t.mu.Lock()
	c := t.counts[key]
	first := c == nil
	if first {
		c = &counter{Count: Count{Key: key, Level: level}}
		t.counts[key] = c
	}
	c.N += uint64(n)
	c.Last = t.now()
	if example != "" {
		c.Example = example
	}
	if first {
		c.summarised = c.N
	}
	t.mu.Unlock()
	if first && level == Notable {
		args := append(key.Args(), "count", n, "example", example, "note", "further ones are counted and summarised")
		t.log.Warn(key.What, args...)
	}
}

// Counts returns all counters as they are now, in a fixed order.
func (t *Tally) Counts() []Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Count, 0, len(t.counts))
	for _, c := range t.counts {
		all = append(all, c.Count)
	}
	slices.SortFunc(all, func(a, b Count) int { return a.compare(b.Key) })
	return all
}

// Grown returns the notable counters that have grown since the last call, each
// with N as the number that it has grown by.
func (t *Tally) Grown() []Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	var grown []Count
	for _, c := range t.counts {
		if c.Level == Notable && c.N > c.summarised {
			by := c.Count
			by.N -= c.summarised
			c.summarised = c.N
			grown = append(grown, by)
		}
	}
	slices.SortFunc(grown, func(a, b Count) int { return a.compare(b.Key) })
	return grown
}
