package eventmap

import (
	"iter"
	"math/bits"
)

// Outcome tells what became of a record.
type Outcome struct {
	Reason  Reason
	Detail  string  // of Unmappable: a constant sentence for the quarantine
	Repairs Repairs // what had to be changed in the events that are sent
}

// Reason says why a record gave no event.
type Reason uint8

// The reasons. Sent means that there is at least one event.
const (
	Sent             Reason = iota
	Excluded                // by the include and exclude rules
	SoftState               // a problem in a soft state, and soft states are off
	TypeOff                 // this kind of event is switched off
	NoEventType             // the target Canopsis has no event for it
	StateNotReported        // the reader can't see the state of the check
	Unmappable              // for the quarantine; Detail says why
)

var reasonNames = [...]string{
	Sent:             "sent",
	Excluded:         "excluded",
	SoftState:        "soft state",
	TypeOff:          "type off",
	NoEventType:      "no event type",
	StateNotReported: "state not reported",
	Unmappable:       "unmappable",
}

// String gives the name under which the reason is counted.
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
	NameReplaced                           // a naming template gave nothing
	FieldRenamed                           // a custom variable under a reserved name
	FieldDropped                           // an extra field beyond the bound, or given twice
	PerfdataNormalised                     // rewritten for Canopsis' grammar
	MetricDropped                          // a metric that Canopsis can't hold
	TimestampMoved                         // over 24 hours away, or not reported
)

var repairNames = [...]string{
	"charset converted", "control characters removed", "text cut", "routing key cut", "name replaced",
	"field renamed", "field dropped", "perfdata normalised", "metric dropped", "timestamp moved",
}

// Names yields the names of the repairs in the set, under which they are
// counted.
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
