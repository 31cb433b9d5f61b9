package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/objectcache"
)

// examples is how many shared names a warning shows.
const examples = 3

// SharedNames returns a warning for every two sites that have hosts of the same
// name. An entity's id in Canopsis has no connector in it, so they would share
// one alarm. It reads the object caches; a site without one is left out.
func (p *Plan) SharedNames(ctx context.Context) (warnings []string) {
	if len(p.Sites) < 2 {
		return nil
	}
	first := map[string]*Site{} // by the entity's id
	for _, s := range p.Sites {
		shared := map[*Site][]string{}
		var order []*Site
		for _, id := range s.entityIDs(ctx) {
			other := first[id]
			switch {
			case other == nil:
				first[id] = s
			case other != s:
				if shared[other] == nil {
					order = append(order, other)
				}
				shared[other] = append(shared[other], id)
			}
		}
		for _, other := range order {
			warnings = append(warnings, sharedWarning(other.Name, s.Name, shared[other]))
		}
	}
	return warnings
}

func sharedWarning(a, b string, names []string) string {
	shown := strings.Join(names[:min(len(names), examples)], ", ")
	if len(names) > examples {
		shown += ", …"
	}
	hosts := "the names of %d hosts"
	if len(names) == 1 {
		hosts = "the name of %d host"
	}
	return fmt.Sprintf("the sites %s and %s share "+hosts+" (%s): Canopsis shows one alarm for both. "+
		"Set mapping.component of one of the sites, such as 'lyon-$HOSTNAME$', if they are not the same host",
		a, b, len(names), shown)
}

// entityIDs returns the ids that the site's hosts have in Canopsis.
func (s *Site) entityIDs(ctx context.Context) (ids []string) {
	mapper, err := eventmap.New(s.mapping)
	if err != nil || s.Objects == "" {
		return nil
	}
	cache := objectcache.New(s.Objects, slog.New(slog.DiscardHandler))
	if cache.Load(ctx) != nil {
		return nil // the reader itself reports it
	}
	for host := range cache.Hosts() {
		if id := mapper.EntityID(supervision.Entity{Host: host}, cache); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
