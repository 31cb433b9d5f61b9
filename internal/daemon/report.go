package daemon

import (
	"maps"

	"github.com/nagios2canopsis/nagios2canopsis/internal/health"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
)

// Sites implements health.Running.
func (l *life) Sites() (all []health.Site) {
	l.mu.Lock()
	sites := l.sites
	l.mu.Unlock()
	for _, s := range sites {
		shown := health.Site{
			Name: s.plan.Name, Connector: s.plan.Connector, ConnectorName: s.plan.ConnectorName,
			ResultsFrom: s.plan.ResultsFrom(), Since: s.since, Feeds: s.pipeline.Feeds(),
		}
		if s.plan.Supervisor != nil {
			shown.Supervisor = s.plan.Supervisor.Path
		}
		all = append(all, shown)
	}
	return all
}

// Targets implements health.Running.
func (l *life) Targets() (all []health.Target) {
	l.mu.Lock()
	targets := l.targets
	l.mu.Unlock()
	cursors := maps.Clone(l.journal.Stats().Cursors)
	for _, t := range targets {
		all = append(all, health.Target{
			Name: t.plan.Name, Type: t.plan.Type, Where: t.plan.Where,
			Routes: t.plan.Routes, Released: cursors[t.plan.Name],
			State: t.publisher.State(),
		})
	}
	return all
}

// Journal implements health.Running.
func (l *life) Journal() journal.Stats { return l.journal.Stats() }
