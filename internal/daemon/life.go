package daemon

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
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

	started *config.Loaded // the configuration that the process was started with
	plan    *assembly.Plan
	// unfinished is a generation whose targets the journal did not take; nil:
	// none.
	unfinished *generation
	kept       []string  // targets that are not configured, for which events are kept
	drop       []string  // targets of which nothing is to be kept; nil once that is done
	resync     bool      // the whole present state is still to be sent
	warning    *activity // that looks for names that sites share; nil: none

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

// endWithin is how long a target that is replaced may take to end: one that
// writes to a terminal that nobody reads must not hold up the rest.
const endWithin = 10 * time.Second

// endTarget stops a target and waits until it has ended, or hangs, or everything is
// to stop.
func (l *life) endTarget(ctx context.Context, t *target) {
	if t.activity == nil {
		return
	}
	t.stop()
	late := time.NewTimer(endWithin)
	defer late.Stop()
	select {
	case <-t.done:
	case <-ctx.Done():
	case <-late.C:
		l.Logger.Warn("the target does not end: going on without waiting", "target", t.plan.Name, "after", endWithin)
	}
}

// endSite stops a site and waits until it has ended: two pipelines must not read
// the same. An error means that the process is to end.
func (l *life) endSite(ctx context.Context, s *site) error {
	if s.activity == nil {
		return nil
	}
	s.stop()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	if err := l.checkDrops(next.targets); err != nil {
		return err
	}
	l.noteStrangers(plan)
	return l.change(ctx, next)
}

// noteStrangers logs the scopes under which something is stored and that no site
// has: it was renamed or removed, and what is stored of it is kept.
func (l *life) noteStrangers(plan *assembly.Plan) {
	stored, err := l.journal.Scopes()
	if err != nil || len(plan.Sites) == 1 && len(stored) == 1 {
		return // it is taken over
	}
	for _, scope := range stored {
		known := slices.ContainsFunc(plan.Sites, func(s *assembly.Site) bool {
			return s.Scope == scope || slices.Contains(s.Formerly, scope)
		})
		if !known {
			l.Logger.Info("positions are kept of a site that is not configured: a site of that name goes on there",
				"site", string(scope))
		}
	}
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

// startSite starts a site. It goes on from what was stored of it under an earlier
// scope, if nothing is stored under its own.
func (l *life) startSite(s *site, all []*site) {
	name := s.plan.Name
	if name == "" {
		name = "only"
	}
	run := func(ctx context.Context) error {
		if err := l.adopt(ctx, s.plan, all); err != nil {
			return fmt.Errorf("taking over what was stored of the site before: %w", err)
		}
		return s.pipeline.Run(ctx)
	}
	w := pipeline.Worker{Kind: "site", Name: name, Run: run}
	s.activity = start(func(ctx context.Context) { pipeline.KeepRunning(ctx, l.Logger, w, nil) })
}

// adopt takes over what is stored under an earlier scope, if nothing is stored
// under the site's own. The only site takes over what the only site before has
// left, whatever its scope was: its configuration may have been moved.
func (l *life) adopt(ctx context.Context, s *assembly.Site, all []*site) error {
	// The commits of a pipeline before this one may still be on their way.
	settled, err := l.journal.Append(ctx, outbox.Commit{})
	if err == nil {
		err = settled.Wait(ctx)
	}
	if err != nil {
		return err
	}
	stored, err := l.journal.Scopes()
	if err != nil || slices.Contains(stored, s.Scope) {
		return err
	}
	var earlier []outbox.Scope
	for _, scope := range s.Formerly {
		if l.belongs(scope, s, all) {
			earlier = append(earlier, scope)
		}
	}
	for _, scope := range stored {
		if !hasScope(all, scope) && l.wrote(scope, s) {
			earlier = append(earlier, scope) // renamed, or its configuration was moved
		}
	}
	if len(all) == 1 && len(stored) == 1 {
		earlier = append(earlier, stored[0])
	}
	from, adopted, err := l.journal.Adopt(ctx, s.Scope, earlier...)
	if adopted {
		l.Logger.Info("the site goes on where another name of it has ended",
			"site", string(s.Scope), "before", cmp.Or(string(from), "a single site"))
	}
	return err
}

// belongs reports whether what is stored under an earlier scope is a site's. If
// several sites may have had that scope, it is the one whose files the stored
// positions are of.
func (l *life) belongs(scope outbox.Scope, s *assembly.Site, all []*site) bool {
	candidates := 0
	for _, other := range all {
		if slices.Contains(other.plan.Formerly, scope) {
			candidates++
		}
	}
	return candidates == 1 || l.wrote(scope, s)
}

func hasScope(all []*site, scope outbox.Scope) bool {
	return slices.ContainsFunc(all, func(s *site) bool { return s.plan.Scope == scope })
}

// wrote reports whether the positions that are stored under a scope are of the
// files of a site.
func (l *life) wrote(scope outbox.Scope, s *assembly.Site) bool {
	return slices.ContainsFunc(s.Readers, func(c assembly.Choice) bool {
		position, err := l.journal.Position(scope.Key(c.Name))
		return err == nil && c.IsOf(position)
	})
}

// warnOfSharedNames warns of hosts that two sites have. It reads object caches,
// and must not hold up what runs.
func (l *life) warnOfSharedNames(plan *assembly.Plan) {
	if l.warning != nil {
		l.warning.stop()
	}
	if len(plan.Sites) < 2 {
		return
	}
	l.warning = start(func(ctx context.Context) {
		for _, w := range plan.SharedNames(ctx) {
			if ctx.Err() == nil {
				l.Logger.Warn(w)
			}
		}
	})
}

// live waits for what changes, until the context ends.
func (l *life) live(ctx context.Context, reload <-chan os.Signal) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.journal.Recovered():
			l.Logger.Warn("the journal has lost something: the whole present state is sent again")
			l.resync = true
			l.sendAll(ctx)
		case <-reload:
			l.reload(ctx)
		case at := <-look.C:
			l.boundLeft(ctx)
			if l.unfinished != nil {
				l.finish(ctx)
			} else if l.resync {
				l.sendAll(ctx)
			} else if l.plan.Outdated(at) && !l.chooseAgain(ctx) {
				look.Reset(tryEvery)
			} else {
				look.Reset(lookEvery)
			}
		}
	}
}

// run makes the next generation run. If the journal refuses it, mostly because the
// disk is full, that is tried again.
func (l *life) run(ctx context.Context, next *generation) {
	if err := l.change(ctx, next); err != nil && ctx.Err() == nil {
		l.Logger.Error("the new plan can't be run yet, trying again", "err", err)
	}
}

// finish goes on with what the journal has refused.
func (l *life) finish(ctx context.Context) {
	if err := l.change(ctx, l.unfinished); err != nil {
		l.Logger.Debug("the new plan can't be run yet", "err", err)
		return
	}
	l.Logger.Info("the new plan runs")
}

// sendAll builds every site anew, to send the whole present state.
func (l *life) sendAll(ctx context.Context) {
	next, err := l.prepare(ctx, l.plan, true)
	if err != nil {
		l.Logger.Error("the present state can't be sent again yet, trying again", "err", err)
		return
	}
	l.resync = false
	l.run(ctx, next)
}

// chooseAgain makes the plan of the same configuration anew, and reports whether
// it could.
func (l *life) chooseAgain(ctx context.Context) bool {
	plan, err := l.plan.Again()
	if err != nil {
		l.Logger.Error("the readers can't be chosen anew, trying again in a minute; the old ones go on", "err", err)
		return false
	}
	next, err := l.prepare(ctx, plan, false)
	if err != nil {
		l.Logger.Error("the new plan can't be built, trying again in a minute; the old one goes on", "err", err)
		return false
	}
	l.run(ctx, next)
	l.Logger.Info("a broker module has begun to write or has fallen silent, or a supervisor has begun to run: " +
		"the readers are chosen anew")
	l.announceNew(next)
	return true
}
