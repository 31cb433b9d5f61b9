package journal

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Targets returns the targets whose cursors are kept, in the order of their names.
func (j *Journal) Targets() []Target {
	j.mu.Lock()
	cursors := j.cursors
	j.mu.Unlock()
	var all []Target
	for _, name := range slices.Sorted(maps.Keys(cursors.released())) {
		all = append(all, Target{Name: name, Routes: slices.Sorted(maps.Keys(cursors.routes(name)))})
	}
	return all
}

// pageCounted is how many events are counted at once, while commits wait.
const pageCounted = 10_000

// Backlog returns how many events a target has not released.
func (j *Journal) Backlog(target string) (events int64, err error) {
	j.mu.Lock()
	routes := j.cursors.routes(target)
	j.mu.Unlock()
	if len(routes) == 0 {
		return 0, unknownTarget(target)
	}
	for route, released := range routes {
		for more := true; more; {
			var n int64
			if n, released, more, err = j.countPage(route, released); err != nil {
				return events, fmt.Errorf("counting the events of %s in the journal %s: %w", target, j.opts.Path, err)
			}
			events += n
		}
	}
	return events, nil
}

// countPage counts the events of a route among some after an id, and returns the last
// id that it has looked at.
func (j *Journal) countPage(route outbox.Route, after int64) (n, last int64, more bool, err error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	var seen int64
	err = j.store.countPage.QueryRow(string(route), after, pageCounted).Scan(&seen, &last, &n)
	return n, last, seen == pageCounted, err
}
