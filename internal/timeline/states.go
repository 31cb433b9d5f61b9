package timeline

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// maxHistory is how many changes of one object's state a perfdata file without
// states may lag behind the log.
const maxHistory = 256

// states is what the readers reported of an object's state, for results that
// come without one.
type states struct {
	known   knownState  // the newest
	history []pastState // since the last result without a state
}

// knownState is a state that a reader reported.
type knownState struct {
	state     supervision.State
	stateType supervision.StateType
	attempt   int16
	at        int64 // unix seconds
	set       bool
}

// pastState is a state in the history.
type pastState struct {
	knownState
	output uint32 // hash, of the result that reported it
	// latest is the last moment at which that was processed, execution how long its
	// check took (milliseconds; 0: not reported).
	latest    int64
	execution int64
	used      bool // its own result has come
	repeated  bool // no change: a state that was reported once more
}

func knownOf(rec *supervision.Record) knownState {
	c := rec.Check
	return knownState{state: c.State, stateType: c.StateType, attempt: int16(c.Attempt), at: rec.Time.Unix(), set: true}
}

// note remembers a state that a record reports.
func (s *states) note(rec *supervision.Record, view View, keepHistory bool) {
	k := knownOf(rec)
	if view == Snapshot && s.known.set && k.at <= s.known.at {
		return // the log, which is read first, is ahead of a file that is written every few seconds
	}
	if k.stateType == supervision.StateTypeNotReported &&
		(k.state == supervision.OK || s.known.set && s.known.state == k.state) {
		// A passive result that the log shows without an ALERT.
		k.stateType, k.attempt = s.known.stateType, s.known.attempt
		k = k.lasting()
	}
	s.known = k
	if !keepHistory {
		return
	}
	if len(s.history) == maxHistory {
		s.history = slices.Delete(s.history, 0, 1)
	}
	s.history = append(s.history, pastState{
		knownState: k, output: outputHash(rec.Check.Output), latest: latestEnd(rec, view),
		execution: milliseconds(rec.Check.Took()),
		repeated:  view == Snapshot || rec.Kind == supervision.PresentState,
	})
}

// lasting returns the state of a result that changed nothing: an object that is
// still well is so for sure, and at its first attempt.
func (k knownState) lasting() knownState {
	if k.state == supervision.OK {
		k.stateType, k.attempt = supervision.Hard, 1
	}
	return k
}

// isChangeBefore reports whether the log has shown another state right before.
func (h *pastState) isChangeBefore(next pastState) bool {
	return !h.repeated && h.at == next.at && h.state != next.state
}

// isSoft reports whether the log has shown an attempt of a soft problem.
func (h *pastState) isSoft() bool {
	return !h.repeated && h.state != supervision.OK && h.stateType == supervision.Soft
}

// of returns the state in which the object was by a result without a state, and
// forgets what lies before it. A result that changed the state is in the log as
// well, with the same output; several may fall into one second. since is the
// moment from which on the log is known to show each change.
func (s *states) of(rec *supervision.Record, since int64) (k knownState, ok bool) {
	at := rec.Time.Unix()
	if own := s.own(rec, since); own >= 0 {
		s.history = slices.Delete(s.history, 0, own)
		s.history[0].used = true
		return s.history[0].knownState, true
	}
	if at < since {
		return knownState{}, false
	}
	if len(s.history) == 0 {
		return s.known.lasting(), s.known.set && s.known.at >= since && s.known.at <= at
	}
	before := -1
	for i, h := range s.history {
		// Each result of a soft state is in the log, so this one is not of that state.
		soft := before >= 0 && s.history[before].isSoft()
		if h.at < at || h.at == at && (h.used || h.repeated || soft || rec.Check.Output == "") {
			before = i
		}
	}
	s.history = slices.Delete(s.history, 0, max(before, 0))
	if before >= 0 && s.history[0].at >= since {
		return s.history[0].lasting(), true
	}
	if next := min(before+1, 1); next < len(s.history) {
		return s.history[next].before()
	}
	return knownState{}, false
}

// before returns the state before a report, if that shows it: a state that was
// only repeated was there before, as there was no change in between; the first
// attempt of a soft problem follows a state in which all was well.
func (h *pastState) before() (k knownState, ok bool) {
	switch {
	case h.repeated:
		return h.lasting(), true
	case h.isSoft() && h.attempt == 1:
		return knownState{state: supervision.OK, set: true}.lasting(), true
	}
	return knownState{}, false
}

// own returns the index of the report of the same result, -1 if there is none.
// Where the log is not known to show each change, the status file's is the only
// one.
func (s *states) own(rec *supervision.Record, since int64) int {
	at, output, execution := rec.Time.Unix(), outputHash(rec.Check.Output), milliseconds(rec.Check.Took())
	own := slices.IndexFunc(s.history, func(h pastState) bool {
		return !h.used && !h.repeated && h.output == output && h.at <= at && h.at >= at-ownDelay
	})
	if own > 1 && s.history[0].used && s.history[0].state == s.history[own].state &&
		s.history[own-1].isChangeBefore(s.history[own]) {
		return -1 // it repeats what was reported before another change of that second
	}
	if own >= 0 || since <= at {
		return own
	}
	return slices.IndexFunc(s.history, func(h pastState) bool {
		return !h.used && h.repeated && h.output == output && h.at <= at+ownDelay &&
			at <= max(h.latest, h.at+ownDelay) &&
			(h.execution == 0 || execution == 0 || h.execution == execution)
	})
}

func (k *knownState) encode(e *encoder) {
	*e = append(*e, byte(k.state), byte(k.stateType))
	e.int(int64(k.attempt))
	e.int(k.at)
}

func (k *knownState) decode(d *decoder) {
	k.state, k.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	k.attempt = int16(d.int())
	k.at = d.int()
}

func (s *states) encode(e *encoder) {
	e.bits(s.known.set)
	s.known.encode(e)
	e.uint(uint64(len(s.history)))
	for _, h := range s.history {
		h.knownState.encode(e)
		e.uint(uint64(h.output))
		e.int(h.latest - h.at)
		e.int(h.execution)
		e.bits(h.used, h.repeated)
	}
}

func (s *states) decode(d *decoder) {
	set := d.byte()&1 != 0
	s.known.decode(d)
	s.known.set = set
	for range d.count() {
		h := pastState{}
		h.decode(d)
		h.output, h.set = uint32(d.uint()), true
		h.latest = h.at + d.int()
		h.execution = d.int()
		bits := d.byte()
		h.used, h.repeated = bits&1 != 0, bits&2 != 0
		s.history = append(s.history, h)
	}
}
