package timeline

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// object is what is remembered of one host or service, a struct for each story.
type object struct {
	checks
	states    states
	ack       ack
	flaps     flaps
	downtimes *downtimes // nil: it had none
	notes     notes
	// doubtful: the log has reported a condition that no status file has shown or
	// denied since.
	doubtful bool
	held     []heldRecord
}

// ofDowntimes returns the story of the downtimes, which few objects have.
func (o *object) ofDowntimes() *downtimes {
	if o.downtimes == nil {
		o.downtimes = &downtimes{}
	}
	return o.downtimes
}

// forgetReaders forgets who has reported what is remembered.
func (o *object) forgetReaders() {
	o.sent.readers, o.ack.by = 0, 0
	for i := range o.earlier {
		o.earlier[i].readers = 0
	}
	for i := range o.notes.said {
		o.notes.said[i].readers = 0
	}
	for i := range o.held {
		o.held[i].reader = 0
	}
}

func (o *object) flags() supervision.Flags {
	return supervision.Flags{
		Acknowledged: o.ack.given, Flapping: o.flaps.now,
		DowntimeDepth: o.downtimes.depth(), PerfdataOff: o.perfdataOff,
	}
}

// ServicesOf returns the services of a host whose state a reader has reported, by name.
func (t *Timeline) ServicesOf(host string) (services []supervision.Entity) {
	for e := range t.objects {
		if e.Host == host && !e.IsHost() && t.Knows(e) {
			services = append(services, e)
		}
	}
	slices.SortFunc(services, supervision.Entity.Compare)
	return services
}
