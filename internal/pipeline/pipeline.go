package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// Config is what the pipeline of a site is made of.
type Config struct {
	Site       string       // its name for people; empty for a single site
	Scope      outbox.Scope // of what is stored
	Feeds      []Feed
	Workers    []Worker // that belong to the site
	Outbox     Outbox
	Mapper     *eventmap.Mapper
	Inventory  supervision.Inventory
	Quarantine Quarantine
	Tally      *tally.Tally
	Resync     arbiter.Resync
	// Serves reports whether a target takes a route. Events of other routes are
	// counted and not stored.
	Serves func(outbox.Route) bool
	Logger *slog.Logger
	Now    func() time.Time
}

// Pipeline runs the feeds of a site.
type Pipeline struct {
	cfg     Config
	feeds   []*feed
	intake  *intake
	barrier *barrier
}

// New builds a pipeline; nothing runs yet.
func New(cfg Config) (*Pipeline, error) {
	p := &Pipeline{cfg: cfg, barrier: newBarrier()}
	var witnesses []arbiter.Witness
	for _, f := range cfg.Feeds {
		p.feeds = append(p.feeds, newFeed(f, cfg.Now))
		if !f.Unjudged {
			f.Witness.Name = f.Source.Name()
			witnesses = append(witnesses, f.Witness)
		}
	}
	judge, err := arbiter.New(arbiter.Options{Resync: cfg.Resync, Readers: witnesses})
	if err != nil {
		return nil, fmt.Errorf("putting the readers together: %w", err)
	}
	p.intake = &intake{
		site: cfg.Site, scope: cfg.Scope, outbox: cfg.Outbox, mapper: cfg.Mapper, inventory: cfg.Inventory,
		quarantine: cfg.Quarantine, tally: cfg.Tally, serves: cfg.Serves, now: cfg.Now, arbiter: judge,
	}
	return p, nil
}

// Feeds returns how the feeds do, in the order of the configuration.
func (p *Pipeline) Feeds() []FeedStatus {
	all := make([]FeedStatus, len(p.feeds))
	for i, f := range p.feeds {
		all[i] = f.report()
	}
	return all
}

// Run works until the context ends, and returns when everything that it
// started has stopped. An error means that it could not begin.
func (p *Pipeline) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range p.cfg.Workers {
		g.Go(func() error {
			KeepRunning(ctx, p.cfg.Logger, w, nil)
			return nil
		})
	}
	g.Go(func() error { return p.runFeeds(ctx) })
	return g.Wait()
}

// runFeeds runs the feeds from where they had come to. A pipeline before this
// one may have left commits on their way to a disk that is full or slow. The
// feeds begin when those are durable; otherwise they would read the same again.
func (p *Pipeline) runFeeds(ctx context.Context) error {
	if err := p.settle(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("waiting for what was stored before: %w", err)
	}
	if err := p.intake.restore(); err != nil {
		return fmt.Errorf("reading what was sent last: %w", err)
	}
	for _, f := range p.feeds {
		p.barrier.runs(f.Source.Name(), true)
	}
	var feeds sync.WaitGroup
	for _, f := range p.feeds {
		feeds.Go(func() {
			run := func(ctx context.Context) error { return p.run(ctx, f) }
			KeepRunning(ctx, p.cfg.Logger, Worker{Kind: "reader", Name: f.Source.Name(), Run: run}, f.failed)
		})
	}
	feeds.Wait()
	return nil
}

// settle returns when everything that was stored before is durable: commits
// become so in their order, and this one is empty.
func (p *Pipeline) settle(ctx context.Context) error {
	wait, err := p.cfg.Outbox.Store(ctx, outbox.Commit{})
	if err != nil {
		return err
	}
	return wait(ctx)
}
