package arbiter

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// knownState is the newest state that any reader told.
type knownState struct {
	state     supervision.State
	stateType supervision.StateType
	attempt   int16
	at        int64 // unix seconds
	set       bool
}

// pastState is a state that the log or the status file told, for an owner that
// can't see states.
type pastState struct {
	knownState
	output   uint32 // hash, of the result that told it
	used     bool   // the owner has brought that result
	repeated bool   // it was told once more, and no result of the owner's is to come for it
}

// ownDelay is how many seconds the owner's line about a result may be later
// than the log's: they are written one after the other, around the end of a
// second.
const ownDelay = 2

func knownOf(rec *supervision.Record) knownState {
	c := rec.Check
	return knownState{state: c.State, stateType: c.StateType, attempt: int16(c.Attempt), at: rec.Time.Unix(), set: true}
}

// noteState remembers a state that a record tells.
func (f *facts) noteState(rec *supervision.Record, view View, keepHistory bool) {
	k := knownOf(rec)
	if view == Snapshot && f.known.set && k.at <= f.known.at {
		return // the log, which is read first, is ahead of a file that is written every few seconds
	}
	if k.stateType == supervision.StateTypeNotReported && (k.state == supervision.OK || f.known.set && f.known.state == k.state) {
		// A passive result that the log tells without an alert.
		k.stateType, k.attempt = f.known.stateType, f.known.attempt
		k = k.lasting()
	}
	f.known = k
	if !keepHistory {
		return
	}
	if len(f.history) == maxHistory {
		f.history = slices.Delete(f.history, 0, 1)
	}
	f.history = append(f.history, pastState{
		knownState: k, output: outputHash(rec.Check.Output),
		repeated: view == Snapshot || rec.Kind == supervision.PresentState,
	})
}

// lasting gives the state of a result that changed nothing: an object that is
// still well is so for sure, and at its first attempt.
func (k knownState) lasting() knownState {
	if k.state == supervision.OK {
		k.stateType, k.attempt = supervision.Hard, 1
	}
	return k
}

// stateOf gives the state in which the object was by an owner's result, and
// forgets what lies before it. A result that changed the state was told by the
// log as well, with the same output; several may fall into one second. What the
// log tells of that second and the owner has not brought yet is still to come.
func (f *facts) stateOf(rec *supervision.Record) (k knownState, ok bool) {
	if len(f.history) == 0 {
		return f.known.lasting(), f.known.set
	}
	at, output := rec.Time.Unix(), outputHash(rec.Check.Output)
	own := slices.IndexFunc(f.history, func(h pastState) bool {
		return !h.used && !h.repeated && h.output == output && h.at <= at && h.at >= at-ownDelay
	})
	if own >= 0 {
		f.history = slices.Delete(f.history, 0, own)
		f.history[0].used = true
		return f.history[0].knownState, true
	}
	last := -1
	for i, h := range f.history {
		if i == 0 && h.used || h.at < at || h.at == at && (h.repeated || rec.Check.Output == "") {
			last = i
		}
	}
	if last < 0 {
		return knownState{}, false // the state before the first change was never told
	}
	f.history = slices.Delete(f.history, 0, last)
	return f.history[0].lasting(), true
}

// wronglyFilled tells whether the status file shows the owner's last result in
// another state than it was given: the log did not tell of the change, because
// the supervisor was killed and went on from what it had saved before.
func (f *facts) wronglyFilled(this sentCheck, r witness, owner *Witness) bool {
	return r.View == Snapshot && !owner.HasState && f.sent.set && f.sent.sources&r.bit == 0 &&
		f.sent.output == this.output && f.sent.state != this.state && this.end >= f.sent.end-1
}
