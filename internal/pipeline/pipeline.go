package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// Config is what the pipeline of a site is made of.
type Config struct {
	Site    string       // its name for people; empty for a single site
	Scope   outbox.Scope // of what is stored
	Feeds   []Feed
	Workers []Worker // that belong to the site
	Notes   []Note   // files that are not read while a broker module is the source
	// WrittenSince reports whether that module has written after a moment.
	WrittenSince func(time.Time) bool
	Outbox       Outbox
	Mapper       *eventmap.Mapper
	Inventory    supervision.Inventory
	Forget       Forget
	Quarantine   Quarantine
	Tally        *tally.Tally
	Timeline     timeline.Options // without the readers and their order
	// Serves reports whether a target takes a route. Events of other routes are
	// counted and not stored.
	Serves func(outbox.Route) bool
	Logger *slog.Logger
	Now    func() time.Time
}

// Pipeline runs the feeds of a site.
type Pipeline struct {
	cfg    Config
	feeds  []*feed
	intake *intake
	gate   *gate
}

// New builds a pipeline; nothing runs yet.
func New(cfg Config) (*Pipeline, error) {
	p := &Pipeline{cfg: cfg}
	options := cfg.Timeline
	mappers := map[string]*eventmap.Mapper{}
	for _, f := range cfg.Feeds {
		p.feeds = append(p.feeds, newFeed(f, cfg.Now))
		f.Reader.Name = f.Source.Name()
		if !f.Unjudged {
			options.Readers = append(options.Readers, f.Reader)
		}
		if f.Mapper != nil {
			mappers[f.Reader.Name] = f.Mapper
		}
	}
	options.Order = timeline.NewOrder(options.Readers)
	judge, err := timeline.New(options)
	if err != nil {
		return nil, fmt.Errorf("putting the readers together: %w", err)
	}
	p.gate = newGate(options.Order, cfg.Now, p.look)
	p.intake = &intake{
		site: cfg.Site, scope: cfg.Scope, outbox: cfg.Outbox, mapper: cfg.Mapper, mappers: mappers,
		inventory: cfg.Inventory, quarantine: cfg.Quarantine, tally: cfg.Tally, serves: cfg.Serves, now: cfg.Now,
		timeline: judge, due: make(chan time.Time, 1), look: p.look,
	}
	for _, f := range cfg.Feeds {
		if s, ok := f.Source.(asked); ok {
			s.Ask(p.intake.doubtful)
		}
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
		p.gate.begins(f.Source.Name())
	}
	var feeds sync.WaitGroup
	feeds.Go(func() { p.releaseHeld(ctx) })
	if p.cfg.Forget.After > 0 {
		feeds.Go(func() {
			KeepRunning(ctx, p.cfg.Logger, Worker{Kind: "worker", Name: "forget", Run: p.forgetGone}, nil)
		})
	}
	if len(p.cfg.Notes) > 0 {
		feeds.Go(func() {
			KeepRunning(ctx, p.cfg.Logger, Worker{Kind: "worker", Name: "notes", Run: p.keepNotes}, nil)
		})
	}
	for _, f := range p.feeds {
		feeds.Go(func() {
			run := func(ctx context.Context) error { return p.run(ctx, f) }
			KeepRunning(ctx, p.cfg.Logger, Worker{Kind: "reader", Name: f.Source.Name(), Run: run}, f.failed)
		})
	}
	feeds.Wait()
	return nil
}

// releaseHeld judges again what the timeline holds, when it is due.
func (p *Pipeline) releaseHeld(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case due := <-p.intake.due:
			timer.Reset(due.Sub(p.cfg.Now()))
		case <-timer.C:
			if err := p.intake.tick(ctx); err != nil && ctx.Err() == nil {
				p.cfg.Logger.Error("what waited for another report can't be stored", "err", err)
			}
		}
	}
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
