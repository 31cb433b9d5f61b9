// Package health collects what runs, how far it has come and how it does, in
// one place. The log's summary is made of it; so can be anything else that
// shows the connector to people or to machines.
package health

import (
	"context"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// Site is how a site does.
type Site struct {
	Name                     string // empty for a single one
	Supervisor               string // path of its main configuration; empty: none
	Connector, ConnectorName string
	// ResultsFrom says in one line why these readers were chosen.
	ResultsFrom string
	Since       time.Time // when its pipeline was built
	Feeds       []pipeline.FeedStatus
}

// Target is how a target does.
type Target struct {
	Name, Type string
	Where      string // for people, without a password
	Routes     []outbox.Route
	Released   int64 // id of the last event that it has done with
	publish.State
}

// Report is the connector at a moment. Times are of this machine's clock but
// for those that a Progress describes as the supervisor's.
type Report struct {
	Version string
	Started time.Time
	At      time.Time
	Sites   []Site
	Targets []Target
	Journal journal.Stats
	Counts  []tally.Count
}

// Running is what runs: the process is one.
type Running interface {
	Sites() []Site
	Targets() []Target
	Journal() journal.Stats
}

// Health makes reports.
type Health struct {
	version string
	started time.Time
	running Running
	counts  *tally.Tally
	log     *slog.Logger
	now     func() time.Time
}

// New makes the health of what runs.
func New(version string, running Running, counts *tally.Tally, log *slog.Logger, now func() time.Time) *Health {
	return &Health{version: version, started: now(), running: running, counts: counts, log: log, now: now}
}

// Report returns how everything does now. It may be called from any goroutine,
// and costs no more than looking at it.
func (h *Health) Report() Report {
	return Report{
		Version: h.version, Started: h.started, At: h.now(),
		Sites: h.running.Sites(), Targets: h.running.Targets(), Journal: h.running.Journal(), Counts: h.counts.Counts(),
	}
}

// Run logs a summary every interval, and the counters once more at the end.
func (h *Health) Run(ctx context.Context, every time.Duration) {
	Every(ctx, every, func(last bool) {
		if !last {
			h.remind()
		}
		Grown(h.log, h.counts)
	})
}

// Every calls summarise every interval, and a last time at the end.
func Every(ctx context.Context, interval time.Duration, summarise func(last bool)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			summarise(true)
			return
		case <-tick.C:
			summarise(false)
		}
	}
}

// Grown logs a line for each notable counter that has grown since the last time.
// Counters are a bounded set, so a storm is a few lines.
func Grown(log *slog.Logger, counts *tally.Tally) {
	for _, c := range counts.Grown() {
		args := append(c.Args(), "count", c.N, "last", c.Last.UTC().Format(time.RFC3339),
			"example", c.Example, "note", "since the last summary")
		log.Warn(c.What, args...)
	}
}

// remind logs a line for each part that does not work at the moment. Each was
// logged when it began; that may be long ago.
func (h *Health) remind() {
	r := h.Report()
	for _, t := range r.Targets {
		if !t.Working {
			h.log.Warn("still not sending", "target", t.Name, "where", t.Where, "since", shown(t.Since),
				"err", t.LastError, "unsent", r.Journal.Events)
		} else if t.Blocked != "" {
			h.log.Warn("still not sending: the other side takes nothing", "target", t.Name, "where", t.Where,
				"reason", t.Blocked, "unsent", r.Journal.Events)
		} else if !t.Unconfirmed.IsZero() {
			h.log.Warn("still not sending: the other side confirms nothing", "target", t.Name, "where", t.Where,
				"since", shown(t.Unconfirmed), "unsent", r.Journal.Events)
		}
	}
	for _, s := range r.Sites {
		for _, f := range s.Feeds {
			if !f.Running && f.Err != nil {
				h.log.Warn("still not reading", "site", s.Name, "reader", f.Name, "since", shown(f.Since), "err", f.Err)
			}
		}
	}
	switch {
	case r.Journal.Failing:
		h.log.Warn("the journal still can't be written: the readers wait", "unsent", r.Journal.Events)
	case r.Journal.Full:
		h.log.Warn("the journal is still full: the readers wait", "bytes", r.Journal.Bytes, "bound", r.Journal.MaxBytes)
	}
}

func shown(t time.Time) string { return t.UTC().Format(time.RFC3339) }
