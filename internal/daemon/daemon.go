// Package daemon is the life of the connector: it opens the journal, runs the
// pipeline of a configuration, and builds it anew when the configuration is
// read again or the journal has lost something. Signals are its caller's.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/quarantine"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

const (
	// summaryEvery is the time between two summaries of what was counted.
	summaryEvery = 10 * time.Minute
	// lookEvery is the time between two looks whether the plan still holds, and
	// tryEvery the one after a look that led to nothing.
	lookEvery = 5 * time.Second
	tryEvery  = time.Minute
)

// Daemon runs the connector.
type Daemon struct {
	// Load reads the configuration and resolves it: at the start, and at each
	// reload.
	Load func() (*assembly.Plan, error)
	// Print is where the stdout publisher writes.
	Print  io.Writer
	Logger *slog.Logger
}

// Run works until the context ends. A value from reload makes it read the
// configuration again; one that is refused is reported, and the old one goes
// on. An error means that it could not begin.
func (d *Daemon) Run(ctx context.Context, reload <-chan struct{}) (err error) {
	plan, err := d.Load()
	if err != nil {
		return err
	}
	settings := plan.Config.Journal
	j, err := journal.Open(ctx, journal.Options{
		Path: settings.Path, MaxBytes: int64(settings.MaxSize), Reserve: int64(settings.Reserve),
		MaxAge: settings.MaxAge, Logger: d.Logger.With("room", "journal"),
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal.path: %w: create the directory, owned by the user that runs the connector", err)
	}
	if err != nil {
		return fmt.Errorf("journal.path: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	q := quarantine.New(plan.Config.Quarantine.Path, int64(plan.Config.Quarantine.MaxSize), time.Now)
	defer func() { err = errors.Join(err, q.Close()) }()

	counts := tally.New(d.Logger)
	counting, stopCounting := context.WithCancel(ctx)
	counted := make(chan struct{})
	go func() { defer close(counted); counts.Run(counting, summaryEvery) }()
	defer func() { stopCounting(); <-counted }()

	life := life{Daemon: d, journal: j, settings: settings, parts: assembly.Parts{
		Outbox: pipeline.Journal{Journal: j}, Quarantine: q, Tally: counts, Logger: d.Logger,
	}}
	d.announce(plan)
	next, err := life.build(ctx, plan)
	if err != nil {
		return err
	}
	for next != nil && ctx.Err() == nil {
		if next, err = life.run(ctx, next, reload); err != nil {
			return err
		}
	}
	d.Logger.Info("stopped", "unsent", j.Stats().Events)
	return nil
}

// life is what lasts from one pipeline to the next.
type life struct {
	*Daemon
	journal  *journal.Journal
	settings config.Journal
	parts    assembly.Parts
}

// ready is a pipeline and the plan that it was built from.
type ready struct {
	plan     *assembly.Plan
	pipeline *pipeline.Pipeline
}

func (l *life) build(ctx context.Context, plan *assembly.Plan) (*ready, error) {
	parts := l.parts
	select {
	case <-l.journal.Recovered():
		parts.ResyncAll = true
	default:
	}
	var err error
	if parts.Publishers, err = plan.Publishers(l.journal, parts, l.Print); err != nil {
		return nil, err
	}
	p, err := plan.Build(ctx, parts)
	if err != nil {
		return nil, err
	}
	return &ready{plan, p}, nil
}

// run runs one pipeline until something is to be built anew, and gives that;
// nil when the context has ended.
func (l *life) run(ctx context.Context, now *ready, reload <-chan struct{}) (*ready, error) {
	var targets []journal.Target
	for _, name := range now.plan.Targets() {
		targets = append(targets, journal.Target{Name: name, Routes: []outbox.Route{outbox.Bus}})
	}
	if err := l.journal.SetTargets(ctx, targets...); err != nil {
		return nil, fmt.Errorf("setting the journal's targets: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- now.pipeline.Run(running) }()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		var next *ready
		select {
		case err := <-ended:
			if ctx.Err() != nil {
				return nil, nil
			}
			return nil, fmt.Errorf("the pipeline ended by itself: %w", err)
		case <-l.journal.Recovered():
			next = l.resync(ctx, now.plan)
		case <-reload:
			next = l.reload(ctx, "configuration read again")
		case at := <-look.C:
			if now.plan.Outdated(at) {
				next = l.reload(ctx, "the broker module has begun to write, or has ceased: the readers are chosen anew")
				look.Reset(tryEvery)
			}
		}
		if next != nil {
			stop()
			return next, <-ended
		}
	}
}

// resync builds the pipeline again, to send everything once more.
func (l *life) resync(ctx context.Context, plan *assembly.Plan) *ready {
	l.Logger.Warn("the journal has lost something: the whole present state is sent again")
	l.parts.ResyncAll = true
	next, err := l.build(ctx, plan)
	l.parts.ResyncAll = false
	if err != nil {
		l.Logger.Error("building the pipeline anew", "err", err)
	}
	return next
}

// reload builds the pipeline of the configuration as it is now; nil if that is
// refused.
func (l *life) reload(ctx context.Context, why string) *ready {
	plan, err := l.Load()
	if err == nil {
		var next *ready
		if next, err = l.build(ctx, plan); err == nil {
			if plan.Config.Journal != l.settings {
				l.Logger.Warn("changes of section journal take effect at the next restart")
			}
			l.Logger.Info(why)
			l.announce(plan)
			return next
		}
	}
	l.Logger.Error("the new configuration is refused, the old one goes on", "err", err)
	return nil
}

// announce says in a few lines what runs.
func (d *Daemon) announce(plan *assembly.Plan) {
	if s := plan.Supervisor; s != nil {
		d.Logger.Info("supervisor", "kind", string(s.Flavour), "version", s.Version, "config", s.Path, "why", plan.Why)
	}
	for _, other := range plan.Others {
		d.Logger.Info("another supervisor's configuration is left alone", "config", other)
	}
	d.Logger.Info(plan.Choice())
	for _, r := range plan.Readers {
		d.Logger.Info("reading", "reader", r.Name, "path", r.Path, "brings", r.Note)
	}
	for _, n := range plan.Notices {
		d.Logger.Warn(n)
	}
	for _, t := range plan.Troubles {
		d.Logger.Error("can't be read now, trying again", "err", t)
	}
	d.Logger.Info("sending", "connector", plan.Connector, "connector_name", plan.ConnectorName, "to", plan.Targets())
}
