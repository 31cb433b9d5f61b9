package daemon

import (
	"context"
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
	// unfinished is a generation whose targets the journal did not take; nil:
	// none.
	unfinished *generation

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

// endWithin is how long what is replaced may take to end.
const endWithin = 10 * time.Second

// end stops an activity and waits until it has ended, or hangs: one that writes
// to a terminal that nobody reads must not hold up the rest.
func (l *life) end(name string, a *activity) {
	if a == nil {
		return
	}
	a.stop()
	late := time.NewTimer(endWithin)
	defer late.Stop()
	select {
	case <-a.done:
	case <-late.C:
		l.Logger.Warn("what is replaced does not end: going on without waiting", "part", name, "after", endWithin)
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
	return l.change(ctx, next)
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
		l.Logger.Error("what was stored of the site before can't be taken over: its readers begin anew",
			"site", s.plan.Name, "err", err)
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
		l.Logger.Info("taken over what was stored of the site before",
			"site", s.Name, "from", string(from), "to", string(s.Scope))
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
			if l.unfinished != nil {
				l.finish(ctx)
			} else if l.plan.Outdated(at) {
				l.chooseAgain(ctx)
				look.Reset(tryEvery)
			} else {
				look.Reset(lookEvery)
			}
		}
	}
}

// finish goes on with what the journal has refused, mostly because the disk is
// full.
func (l *life) finish(ctx context.Context) {
	if err := l.change(ctx, l.unfinished); err != nil {
		l.Logger.Debug("the new plan can't be run yet", "err", err)
		return
	}
	l.Logger.Info("the new plan runs")
}

// replace makes a plan run. If it can't be built, the old one goes on; if the
// journal refuses it, that is tried again.
func (l *life) replace(ctx context.Context, plan *assembly.Plan, resync bool) bool {
	next, err := l.prepare(ctx, plan, resync)
	if err != nil {
		l.Logger.Error("the new plan can't be built, the old one goes on", "err", err)
		return false
	}
	if err := l.change(ctx, next); err != nil {
		l.Logger.Error("the new plan can't be run yet, trying again", "err", err)
		return false
	}
	return true
}

// chooseAgain makes the plan of the same configuration anew.
func (l *life) chooseAgain(ctx context.Context) {
	plan, err := l.plan.Again()
	if err != nil {
		l.Logger.Error("choosing the readers anew", "err", err)
		return
	}
	if l.replace(ctx, plan, false) {
		l.Logger.Info("a broker module has begun to write or has fallen silent, or a supervisor has begun to run: " +
			"the readers are chosen anew")
		l.announce(plan)
	}
}
