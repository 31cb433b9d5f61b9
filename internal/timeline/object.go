package timeline

import "github.com/nagios2canopsis/nagios2canopsis/internal/supervision"

// object is what is remembered of one host or service, a struct for each story.
type object struct {
	checks
	states    states
	ack       ack
	flaps     flaps
	downtimes downtimes
	notes     notes
	held      []heldRecord
}

func (o *object) flags() supervision.Flags {
	return supervision.Flags{
		Acknowledged: o.ack.given, Flapping: o.flaps.now,
		DowntimeDepth: o.downtimes.depth(), PerfdataOff: o.perfdataOff,
	}
}
