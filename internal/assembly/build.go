package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// Parts are what the pipelines share with the rest of the process.
type Parts struct {
	Outbox     pipeline.Outbox
	Quarantine pipeline.Quarantine
	Tally      *tally.Tally
	Logger     *slog.Logger
	// Serves reports whether a target takes a route.
	Serves func(outbox.Route) bool
	// ResyncAll sends the whole present state, whatever the configuration says:
	// the journal has lost what was sent before.
	ResyncAll bool
	// Preview leaves out the readers that take what they read away from others.
	Preview bool
}

// Build makes the pipeline of a site. The object cache is read first, so that
// the first events have their groups and addresses.
func (s *Site) Build(ctx context.Context, parts Parts) (*pipeline.Pipeline, error) {
	mapper, err := eventmap.New(s.mapping)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	log := parts.Logger
	if s.Name != "" {
		log = log.With("site", s.Name)
	}
	cfg := pipeline.Config{
		Site: s.Name, Scope: s.Scope, Outbox: parts.Outbox, Mapper: mapper, Quarantine: parts.Quarantine,
		Tally: parts.Tally, Timeline: s.timeline(parts.ResyncAll), Serves: parts.Serves, Logger: log, Now: time.Now,
	}
	inventory, watcher := s.inventory(ctx, log)
	cfg.Inventory = inventory
	if cache, whole := inventory.(interface{ Lacks(supervision.Entity) bool }); whole {
		cfg.Forget = pipeline.Forget{After: s.config.Readers.Objects.ForgetAfter, Lacks: cache.Lacks}
	}
	if watcher != nil {
		cfg.Workers = append(cfg.Workers, *watcher)
	}
	for _, c := range s.Readers {
		if parts.Preview && c.consumes {
			log.Warn("left out of a preview, because reading takes it away from others",
				"reader", c.Name, "path", c.Path)
			continue
		}
		build := c.build
		if parts.Preview && c.preview != nil {
			build = c.preview
		}
		feed, err := build(log.With("reader", c.Name))
		if err != nil {
			return nil, fmt.Errorf("reader %s: %w", c.Name, err)
		}
		cfg.Feeds = append(cfg.Feeds, feed)
	}
	for _, c := range s.noted {
		if !parts.Preview {
			cfg.Notes = append(cfg.Notes, pipeline.Note{Reader: c.Name, End: c.end})
		}
	}
	spool := s.module.spool
	cfg.WrittenSince = func(at time.Time) bool { return handover.WrittenSince(spool, at) }
	return pipeline.New(cfg)
}
