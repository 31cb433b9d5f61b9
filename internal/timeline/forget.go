package timeline

import (
	"maps"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Forget drops at most so many objects that are gone: the supervisor does not know
// them any more, and nothing was reported of them since a moment. The next Flush
// deletes what is stored of them. It returns their number.
func (t *Timeline) Forget(isGone func(supervision.Entity) bool, since time.Time, most int) (forgotten int) {
	for e, o := range t.objects {
		if forgotten == most {
			break
		}
		if len(o.held) > 0 || o.lastReport() >= since.Unix() || !isGone(e) {
			continue
		}
		delete(t.objects, e)
		delete(t.doubtful, e)
		t.dirty[e] = nil
		forgotten++
	}
	t.forgotten += forgotten
	if t.forgotten > len(t.objects) { // a map never gets smaller by itself
		t.forgotten = 0
		kept := make(map[supervision.Entity]*object, len(t.objects))
		maps.Copy(kept, t.objects)
		t.objects = kept
	}
	return forgotten
}

// lastReport is the last moment of which anything is remembered (unix seconds).
func (o *object) lastReport() int64 {
	return max(o.sent.start, o.sent.end, o.sent.latest, o.states.known.at, o.ack.at, o.flaps.at,
		o.downtimes.changedAt().at)
}
