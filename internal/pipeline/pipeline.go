package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// Feed is a source and what the others are to it.
type Feed struct {
	Source supervision.Source
	Reader arbiter.Witness // its Name is the source's
	Waits  []Wait
}

// Worker is something that runs beside the feeds until the context ends: a
// publisher, the watcher of the object cache.
type Worker struct {
	Name string
	Run  func(context.Context) error
}

// Config is what a pipeline is made of.
type Config struct {
	Feeds      []Feed
	Workers    []Worker
	Outbox     Outbox
	Mapper     *eventmap.Mapper
	Inventory  supervision.Inventory
	Quarantine Quarantine
	Tally      *tally.Tally
	Resync     arbiter.Resync
	Logger     *slog.Logger
	Now        func() time.Time
}

// Pipeline runs feeds and workers.
type Pipeline struct {
	cfg     Config
	intake  *intake
	barrier *barrier
}

// New builds a pipeline; nothing runs yet.
func New(cfg Config) (*Pipeline, error) {
	readers := make([]arbiter.Witness, len(cfg.Feeds))
	for i, f := range cfg.Feeds {
		readers[i] = f.Reader
		readers[i].Name = f.Source.Name()
	}
	judge, err := arbiter.New(arbiter.Options{Resync: cfg.Resync, Readers: readers})
	if err != nil {
		return nil, fmt.Errorf("putting the readers together: %w", err)
	}
	return &Pipeline{
		cfg: cfg, barrier: newBarrier(),
		intake: &intake{
			outbox: cfg.Outbox, mapper: cfg.Mapper, inventory: cfg.Inventory,
			quarantine: cfg.Quarantine, tally: cfg.Tally, now: cfg.Now, arbiter: judge,
		},
	}, nil
}

// Run works until the context ends, and returns when everything that it
// started has stopped. An error means that it could not begin.
func (p *Pipeline) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range p.cfg.Workers {
		g.Go(func() error {
			p.keepRunning(ctx, "worker", w.Name, w.Run)
			return nil
		})
	}
	g.Go(func() error { return p.runFeeds(ctx) })
	return g.Wait()
}

// runFeeds runs the feeds from where they had come to. A pipeline before this
// one may have left commits on their way to a disk that is full or slow, so the
// feeds begin when those are durable; otherwise they would read the same again.
// The publishers run meanwhile: they are what empties a full disk.
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
	for _, f := range p.cfg.Feeds {
		p.barrier.runs(f.Source.Name(), true)
	}
	var feeds sync.WaitGroup
	for _, f := range p.cfg.Feeds {
		feeds.Go(func() {
			p.keepRunning(ctx, "reader", f.Source.Name(), func(ctx context.Context) error { return p.feed(ctx, f) })
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

// feed runs one source from its stored position.
func (p *Pipeline) feed(ctx context.Context, f Feed) error {
	name := f.Source.Name()
	p.barrier.runs(name, true)
	defer p.barrier.runs(name, false)
	from, err := p.cfg.Outbox.Position(name)
	if err != nil {
		return fmt.Errorf("stored position of %s: %w", name, err)
	}
	return f.Source.Run(ctx, from, func(ctx context.Context, b supervision.Batch) error {
		if len(b.Records) > 0 {
			if err := p.barrier.pass(ctx, name, f.Waits, p.cfg.Now()); err != nil {
				return err
			}
		}
		if err := p.intake.take(ctx, name, b); err != nil {
			return err
		}
		p.barrier.reached(name, b.EndSeen)
		return nil
	})
}

const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// keepRunning starts something again whenever it fails. It logs the first
// failure, each new kind of failure and the recovery.
func (p *Pipeline) keepRunning(ctx context.Context, kind, name string, run func(context.Context) error) {
	log := p.cfg.Logger.With(kind, name)
	pause, last := firstPause, ""
	for {
		began := p.cfg.Now()
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		if p.cfg.Now().Sub(began) > lastPause {
			pause, last = firstPause, ""
		}
		if err == nil {
			err = fmt.Errorf("it ended by itself")
		}
		if err.Error() != last {
			last = err.Error()
			log.Error(kind+" failed, starting it again", "err", err, "pause", pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}
