package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/health"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/quarantine"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// life is what runs, and what lasts while parts of it are replaced.
type life struct {
	*Daemon
	*health.Health
	journal    *journal.Journal
	quarantine *quarantine.File
	counts     *tally.Tally
	summaries  *activity
	routes     atomic.Pointer[[]outbox.Route] // that the targets serve

	plan *assembly.Plan

	mu      sync.Mutex // guards the two lists; only one goroutine changes them
	sites   []*site
	targets []*target
}

// site is a site that runs.
type site struct {
	*activity
	plan     *assembly.Site
	pipeline *pipeline.Pipeline
	since    time.Time
}

// target is a target that runs.
type target struct {
	*activity
	plan      *assembly.Target
	publisher pipeline.Publisher
}

// activity is something that runs until it is stopped.
type activity struct {
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
}

// start runs something. It ends when it is stopped, not with anybody's context:
// the order in which things end is kept by life.
func start(run func(context.Context)) *activity {
	ctx, stop := context.WithCancel(context.Background())
	a := &activity{stop: stop, done: make(chan struct{})}
	go func() { defer close(a.done); run(ctx) }()
	return a
}

// end stops an activity and waits until it has ended.
func (a *activity) end() {
	a.stop()
	<-a.done
}

// begin starts everything for the first time.
func (l *life) begin(ctx context.Context, plan *assembly.Plan) error {
	resync := false
	select {
	case <-l.journal.Recovered():
		resync = true
	default:
	}
	next, err := l.prepare(ctx, plan, resync)
	if err != nil {
		return err
	}
	return l.change(ctx, next)
}

// generation is what is to run from now on: parts that run already, and new
// ones that don't run yet.
type generation struct {
	plan    *assembly.Plan
	sites   []*site
	targets []*target
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

// change makes the next generation run. Nothing of the old one runs beside what
// replaces it. An error means that the journal does not take the targets.
func (l *life) change(ctx context.Context, next *generation) error {
	for _, s := range l.sites {
		if !slices.Contains(next.sites, s) {
			s.end()
		}
	}
	for _, t := range l.targets {
		if !slices.Contains(next.targets, t) {
			t.end()
		}
	}
	routes := next.plan.Routes()
	l.routes.Store(&routes)
	if err := l.journal.SetTargets(ctx, cursors(next.targets)...); err != nil {
		return fmt.Errorf("registering the targets in the journal: %w", err)
	}
	for _, t := range next.targets {
		if t.activity == nil {
			l.startTarget(t)
		}
	}
	for _, s := range next.sites {
		if s.activity == nil {
			l.startSite(ctx, s, len(next.sites) == 1)
		}
	}
	l.mu.Lock()
	l.plan, l.sites, l.targets = next.plan, next.sites, next.targets
	l.mu.Unlock()
	l.warnOfSharedNames(next.plan)
	return nil
}

// cursors describes targets to the journal.
func cursors(targets []*target) (all []journal.Target) {
	for _, t := range targets {
		all = append(all, journal.Target{Name: t.plan.Name, Routes: t.plan.Routes})
	}
	return all
}

func (l *life) startTarget(t *target) {
	w := pipeline.Send(t.plan.Name, t.publisher, l.journal, l.quarantine, l.counts)
	t.activity = start(func(ctx context.Context) { pipeline.KeepRunning(ctx, l.Logger, w, nil) })
}

// startSite starts a site, from what was stored of it under an earlier scope if
// nothing is stored under its own.
func (l *life) startSite(ctx context.Context, s *site, only bool) {
	if err := l.adopt(ctx, s.plan, only); err != nil {
		l.Logger.Error("what was stored of the site before can't be taken over: its readers begin anew", "site", s.plan.Name, "err", err)
	}
	name := s.plan.Name
	if name == "" {
		name = "only"
	}
	w := pipeline.Worker{Kind: "site", Name: name, Run: s.pipeline.Run}
	s.activity = start(func(ctx context.Context) { pipeline.KeepRunning(ctx, l.Logger, w, nil) })
}

// adopt takes over what is stored under an earlier scope, if nothing is stored
// under the site's own. The only site takes over what the only site before has
// left, whatever its scope was: its configuration may have been moved.
func (l *life) adopt(ctx context.Context, s *assembly.Site, only bool) error {
	stored, err := l.journal.Scopes()
	if err != nil || slices.Contains(stored, s.Scope) {
		return err
	}
	earlier := s.Formerly
	if only && len(stored) == 1 {
		earlier = append(slices.Clone(earlier), stored[0])
	}
	from, adopted, err := l.journal.Adopt(ctx, s.Scope, earlier...)
	if adopted {
		l.Logger.Info("taken over what was stored of the site before", "site", s.Name, "from", string(from), "to", string(s.Scope))
	}
	return err
}

// warnOfSharedNames warns of hosts that two sites have. It reads object caches,
// and must not hold up what runs.
func (l *life) warnOfSharedNames(plan *assembly.Plan) {
	if len(plan.Sites) < 2 {
		return
	}
	start(func(ctx context.Context) {
		for _, w := range plan.SharedNames(ctx) {
			l.Logger.Warn(w)
		}
	})
}

// live waits for what changes, until the context ends.
func (l *life) live(ctx context.Context, reload <-chan struct{}) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.journal.Recovered():
			l.Logger.Warn("the journal has lost something: the whole present state is sent again")
			l.replace(ctx, l.plan, true)
		case <-reload:
			l.reload(ctx)
		case at := <-look.C:
			if l.plan.Outdated(at) {
				l.chooseAgain(ctx)
				look.Reset(tryEvery)
			} else {
				look.Reset(lookEvery)
			}
		}
	}
}

// replace makes a plan run; an error is logged, and the old one goes on.
func (l *life) replace(ctx context.Context, plan *assembly.Plan, resync bool) bool {
	next, err := l.prepare(ctx, plan, resync)
	if err == nil {
		err = l.change(ctx, next)
	}
	if err != nil && ctx.Err() == nil {
		l.Logger.Error("the new plan can't be run", "err", err)
	}
	return err == nil
}

// chooseAgain makes the plan of the same configuration anew.
func (l *life) chooseAgain(ctx context.Context) {
	plan, err := l.plan.Again()
	if err != nil {
		l.Logger.Error("choosing the readers anew", "err", err)
		return
	}
	if l.replace(ctx, plan, false) {
		l.Logger.Info("a broker module has begun to write or has fallen silent, or a supervisor has begun to run: the readers are chosen anew")
		l.announce(plan)
	}
}

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
			Name: t.plan.Name, Type: t.plan.Type, Where: t.plan.Where, Routes: t.plan.Routes, Released: cursors[t.plan.Name],
		})
	}
	return all
}

// Journal implements health.Running.
func (l *life) Journal() journal.Stats { return l.journal.Stats() }
