package assembly

import (
	"context"
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/objectcache"
)

// chooseObjects decides where hosts and services are known from.
func (s *selection) chooseObjects() {
	r := s.readers.Objects
	s.Objects = s.path("readers.objects", r.Enabled, r.Path, s.supervisor.ObjectCacheFile, "object_cache_file")
}

// ObjectsFrom says where hosts and services are known from; empty: from nowhere.
func (s *Site) ObjectsFrom() string {
	if s.Objects == "" {
		return s.livestatus.Address
	}
	return s.Objects
}

// inventory makes what knows the hosts and services, and the worker that keeps
// it up to date; nil if there is no object cache.
func (s *Site) inventory(ctx context.Context, log *slog.Logger) (supervision.Inventory, *pipeline.Worker) {
	if s.Objects == "" {
		return s.inventoryOfLivestatus(ctx, log)
	}
	watcher := objectcache.New(s.Objects, log.With("reader", "objects"))
	if err := watcher.Load(ctx); err != nil {
		log.Warn("the object cache can't be read yet: "+
			"events go out without groups, addresses and custom variables until it can", "path", s.Objects, "err", err)
	}
	return watcher, &pipeline.Worker{Kind: "reader", Name: "objects", Run: watcher.Run}
}

// noObjects is the inventory where there is no object cache.
type noObjects struct{}

func (noObjects) Object(supervision.Entity) *supervision.Object { return nil }

func (noObjects) Members(supervision.DowntimeScope, supervision.Entity, string) []supervision.Entity {
	return nil
}
