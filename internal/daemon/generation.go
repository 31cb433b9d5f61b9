package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
)

// generation is what is to run from now on: parts that run already, and new
// ones that don't run yet.
type generation struct {
	plan    *assembly.Plan
	sites   []*site
	targets []*target
	fresh   []*site // those of the sites that are new
}

// prepare builds what is new in a plan, and starts nothing. resync builds every
// site anew, to send the whole present state.
func (l *life) prepare(ctx context.Context, plan *assembly.Plan, resync bool) (*generation, error) {
	next := &generation{plan: plan}
	for i := range plan.Targets {
		t, err := l.prepareTarget(&plan.Targets[i])
		if err != nil {
			return nil, err
		}
		next.targets = append(next.targets, t)
	}
	for _, planned := range plan.Sites {
		s, err := l.prepareSite(ctx, planned, resync)
		if err != nil {
			return nil, err
		}
		if s.activity == nil {
			next.fresh = append(next.fresh, s)
		}
		next.sites = append(next.sites, s)
	}
	return next, nil
}

func (l *life) prepareTarget(planned *assembly.Target) (*target, error) {
	for _, t := range l.targets {
		if t.plan.Same(planned) {
			return t, nil
		}
	}
	publisher, err := planned.Build(l.Logger, l.Print)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", planned.Name, err)
	}
	return &target{plan: planned, publisher: publisher}, nil
}

func (l *life) prepareSite(ctx context.Context, planned *assembly.Site, resync bool) (*site, error) {
	for _, s := range l.sites {
		if !resync && s.plan.Same(planned) {
			return s, nil
		}
	}
	p, err := planned.Build(ctx, assembly.Parts{
		Outbox: pipeline.Journal{Journal: l.journal}, Quarantine: l.quarantine, Tally: l.counts, Logger: l.Logger,
		Serves: l.serves, ResyncAll: resync,
	})
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", planned.Name, err)
	}
	return &site{plan: planned, pipeline: p, since: time.Now()}, nil
}

func (l *life) serves(r outbox.Route) bool {
	routes := l.routes.Load()
	return routes != nil && slices.Contains(*routes, r)
}

// change makes the next generation run. No site of the old one runs beside what
// replaces it. An error means that the process is to end, or that the journal
// does not take the targets: then what is the same goes on, and the rest waits
// until change is called again.
func (l *life) change(ctx context.Context, next *generation) error {
	for _, s := range l.sites {
		if !slices.Contains(next.sites, s) {
			if err := l.endSite(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, t := range l.targets {
		if !slices.Contains(next.targets, t) {
			l.endTarget(ctx, t)
		}
	}
	l.mu.Lock()
	l.plan, l.sites, l.targets = next.plan, next.sites, next.targets
	l.mu.Unlock()
	routes := next.plan.Routes()
	l.routes.Store(&routes)
	l.unfinished = next
	if err := l.register(ctx, next.targets, l.toDrop); err != nil {
		return err
	}
	l.unfinished = nil
	for _, t := range next.targets {
		if t.activity == nil {
			l.startTarget(t)
		}
	}
	for _, s := range next.sites {
		if s.activity == nil {
			l.startSite(s, next.sites)
		}
	}
	l.warnOfSharedNames(next.plan)
	return nil
}

// isNew reports whether a site of the generation does not run yet.
func (g *generation) isNew(planned *assembly.Site) bool {
	return slices.ContainsFunc(g.fresh, func(s *site) bool { return s.plan == planned })
}
