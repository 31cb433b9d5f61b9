package eventmap

import (
	"iter"
	"math/bits"
)

// Outcome is the result of mapping one record.
type Outcome struct {
	Reason  Reason
	Detail  string  // the cause of Unmappable: a constant text for the quarantine
	Repairs Repairs // what was changed in the events
}

// Reason is why a record became no event.
type Reason uint8

// The reasons. Sent means that there is at least one event.
const (
	Sent              Reason = iota
	Excluded                 // by the include and exclude rules
	SoftState                // a problem in a soft state, and soft states are off
	TypeOff                  // this kind of event is switched off
	NoEventType              // Canopsis has no event for it
	StateNotReported         // the reader can't see the state of the check
	PeriodNotReported        // the reader can't see when the downtime begins and ends
	Unmappable               // incomplete or contradictory, for the quarantine; see Detail
)

var reasonNames = [...]string{
	Sent:              "sent",
	Excluded:          "excluded",
	SoftState:         "soft state",
	TypeOff:           "type off",
	NoEventType:       "no event type",
	StateNotReported:  "state not reported",
	PeriodNotReported: "period of the downtime not reported",
	Unmappable:        "unmappable",
}

// String returns the name under which the reason is counted.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown reason"
}

// Repairs is a set of changes that were needed to make an event acceptable.
type Repairs uint16

// The repairs.
const (
	CharsetConverted   Repairs = 1 << iota // text that was not UTF-8
	ControlsRemoved                        // control characters or terminal sequences
	TextCut                                // over the configured size
	RoutingKeyCut                          // over 255 bytes
	NameReplaced                           // a naming template expanded to nothing
	FieldRenamed                           // a custom variable under a reserved name
	FieldDropped                           // an extra field beyond the limit, or a duplicate
	PerfdataNormalised                     // rewritten for Canopsis' grammar
	MetricDropped                          // a metric that Canopsis can't store
	TimestampMoved                         // over 24 hours away, or not reported
)

var repairNames = [...]string{
	"charset converted", "control characters removed", "text cut", "routing key cut", "name replaced",
	"field renamed", "field dropped", "perfdata normalised", "metric dropped", "timestamp moved",
}

// Names yields the names under which the repairs in the set are counted.
func (r Repairs) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := uint(r); rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros(rest)
			if i >= len(repairNames) || !yield(repairNames[i]) {
				return
			}
		}
	}
}
