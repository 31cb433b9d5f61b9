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

// Run logs a summary every interval, and one at the end.
func (h *Health) Run(ctx context.Context, every time.Duration) { Every(ctx, h.log, h.counts, every) }

// Every logs a summary of counters every interval, and one at the end.
func Every(ctx context.Context, log *slog.Logger, counts *tally.Tally, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			summarise(log, counts)
			return
		case <-tick.C:
			summarise(log, counts)
		}
	}
}

// summarise logs a line for each notable counter that has grown since the last
// summary. Counters are a bounded set, so a storm is a few lines.
func summarise(log *slog.Logger, counts *tally.Tally) {
	for _, c := range counts.Grown() {
		args := append(c.Args(), "count", c.N, "last", c.Last.UTC().Format(time.RFC3339),
			"example", c.Example, "note", "since the last summary")
		log.Warn(c.What, args...)
	}
}
