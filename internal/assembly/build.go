package assembly

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish/amqp"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish/stdout"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/objectcache"
)

// Parts are what a pipeline shares with the rest of the process.
type Parts struct {
	Outbox     pipeline.Outbox
	Quarantine pipeline.Quarantine
	Tally      *tally.Tally
	Logger     *slog.Logger
	// Publishers send what the outbox holds; none for a preview.
	Publishers []pipeline.Worker
	// ResyncAll sends the whole present state, whatever the configuration says:
	// the journal has lost what was sent before.
	ResyncAll bool
	// Preview leaves out the readers that take what they read away from others.
	Preview bool
}

// Build makes the pipeline of a plan. The object cache is read first, so that
// the first events have their groups and addresses.
func (p *Plan) Build(ctx context.Context, parts Parts) (*pipeline.Pipeline, error) {
	mapper, err := eventmap.New(p.mapping)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	cfg := pipeline.Config{
		Outbox: parts.Outbox, Mapper: mapper, Inventory: noObjects{}, Quarantine: parts.Quarantine,
		Tally: parts.Tally, Resync: p.resync(parts.ResyncAll), Logger: parts.Logger, Now: time.Now,
		Workers: parts.Publishers,
	}
	if p.Objects != "" {
		watcher := objectcache.New(p.Objects, parts.Logger.With("reader", "objects"))
		if err := watcher.Load(ctx); err != nil {
			parts.Logger.Warn("the object cache can't be read yet: events go out without groups, addresses and custom variables until it can", "err", err)
		}
		cfg.Inventory = watcher
		cfg.Workers = append(cfg.Workers, pipeline.Worker{Name: "objects", Run: watcher.Run})
	}
	for _, r := range p.Readers {
		if parts.Preview && r.consumes {
			parts.Logger.Warn("left out of a preview, because reading takes it away from others", "reader", r.Name, "path", r.Path)
			continue
		}
		build := r.build
		if parts.Preview && r.preview != nil {
			build = r.preview
		}
		feed, err := build(parts.Logger.With("reader", r.Name))
		if err != nil {
			return nil, fmt.Errorf("reader %s: %w", r.Name, err)
		}
		cfg.Feeds = append(cfg.Feeds, feed)
	}
	return pipeline.New(cfg)
}

func (p *Plan) resync(all bool) arbiter.Resync {
	switch policy := p.Config.Readers.Status.Resync; {
	case all || policy == "always":
		return arbiter.Always
	case policy == "never":
		return arbiter.Never
	}
	return arbiter.Changed
}

// Targets names the publishers of a plan, which are the journal's cursors.
func (p *Plan) Targets() (names []string) {
	if p.Config.Publish.AMQP.Enabled {
		names = append(names, "amqp")
	}
	if p.Config.Publish.Stdout.Enabled {
		names = append(names, "stdout")
	}
	return names
}

// Publishers makes the publishers of a plan. print is where the stdout
// publisher writes.
func (p *Plan) Publishers(j *journal.Journal, parts Parts, print io.Writer) ([]pipeline.Worker, error) {
	var workers []pipeline.Worker
	add := func(name string, publisher pipeline.Publisher) {
		workers = append(workers, pipeline.Publish(name, publisher, j, parts.Quarantine, parts.Tally))
	}
	if p.Config.Publish.AMQP.Enabled {
		publisher, err := amqp.New(p.amqpOptions(parts.Logger.With("publisher", "amqp")))
		if err != nil {
			return nil, p.Config.Fault("publish.amqp", err.Error())
		}
		add("amqp", publisher)
	}
	if p.Config.Publish.Stdout.Enabled {
		add("stdout", stdout.New(print))
	}
	return workers, nil
}

func (p *Plan) amqpOptions(log *slog.Logger) amqp.Options {
	a := &p.Config.Publish.AMQP
	o := amqp.DefaultOptions()
	o.User, o.Password, o.Mechanism = a.User, publish.SecretText(string(a.Password)), a.Mechanism
	o.PasswordFile, o.PasswordEnv, o.PasswordCredential = a.PasswordFile, a.PasswordEnv, a.Credential
	o.TLS = amqp.TLS{CAFile: a.TLS.CAFile, CertFile: a.TLS.CertFile, KeyFile: a.TLS.KeyFile, ServerName: a.TLS.ServerName}
	o.Exchange, o.DeclareExchange, o.Window = a.Exchange, a.DeclareExchange, a.Window
	o.Heartbeat, o.WriteTimeout, o.RetryMax, o.Log = a.Heartbeat, a.WriteTimeout, a.ReconnectMax, log
	for _, url := range a.URLs {
		o.URLs = append(o.URLs, string(url))
	}
	return o
}

// noObjects is the inventory where there is no object cache.
type noObjects struct{}

func (noObjects) Object(supervision.Entity) *supervision.Object { return nil }

func (noObjects) Members(supervision.DowntimeScope, supervision.Entity, string) []supervision.Entity {
	return nil
}

// Check tells whether everything that Build and Publishers would refuse is in
// order, without opening anything.
func (p *Plan) Check() error {
	var faults []error
	for _, r := range p.Readers {
		if _, err := r.build(slog.New(slog.DiscardHandler)); err != nil {
			faults = append(faults, fmt.Errorf("reader %s: %w", r.Name, err))
		}
	}
	if p.Config.Publish.AMQP.Enabled {
		if _, err := amqp.New(p.amqpOptions(slog.New(slog.DiscardHandler))); err != nil {
			faults = append(faults, p.Config.Fault("publish.amqp", err.Error()))
		}
	}
	return errors.Join(faults...)
}
