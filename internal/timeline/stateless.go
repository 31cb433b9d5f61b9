package timeline

import "github.com/nagios2canopsis/nagios2canopsis/internal/supervision"

// holdStateless holds a result until a reader reports its state. Of too many of one
// object the oldest goes: a status file shows the last.
func (w *work) holdStateless(rec *supervision.Record, r *reader) {
	waiting := 0
	for i := range w.object.held {
		if w.object.held[i].need == forState {
			waiting++
		}
	}
	if waiting >= maxStatelessOfObject {
		w.giveUp(w.holds(forState))
	}
	if !w.hold(rec, r, forState, w.now.Add(stateWait)) {
		w.drop(rec, r, TooManyWaited)
	}
}

// fillState sets the state of a stateless result from what the log and the
// status file reported.
func (w *work) fillState(rec *supervision.Record) bool {
	k, ok := w.states.of(rec, w.logIsCompleteSince(classOf(rec.Entity)))
	if !ok {
		return false
	}
	c := rec.Check
	c.State, c.StateType = k.state, k.stateType
	if c.Attempt == 0 {
		c.Attempt = int(k.attempt)
	}
	return true
}

// never is a moment that doesn't come.
const never = 1 << 62

// logIsCompleteSince returns since when the log shows each change of state of a
// class: since the supervisor's last start, if the log can be read and shows
// soft states.
func (t *Timeline) logIsCompleteSince(class int) int64 {
	if !t.opts.SoftChanges[class] || !t.opts.Order.readsChanges() {
		return never
	}
	return t.site.started
}

// retryStateless judges the results without a state whose state is known now, up
// to a second.
func (w *work) retryStateless(until int64) {
	for i := 0; i < len(w.object.held); i++ {
		h := &w.object.held[i]
		if h.need != forState || h.rec.Time.Unix() > until || !w.fillState(&h.rec) {
			continue
		}
		i = w.missStateless(i)
		known := w.release(i)
		w.result(&known.rec, w.readerOf(known.reader))
		i = -1 // others may have been released by it
	}
}

// missStateless drops the results without a state in front of one whose state is
// known: nobody reports theirs any more. It returns the new index of that one.
func (w *work) missStateless(before int) int {
	for i := 0; i < before; {
		if w.object.held[i].need != forState {
			i++
			continue
		}
		h := w.release(i)
		w.drop(&h.rec, w.readerOf(h.reader), StateUnknown)
		before--
	}
	return before
}

// dropStateless drops the results without a state from before a second: who could
// know their state has reported what came later.
func (w *work) dropStateless(until int64) {
	for i := w.holds(forState); i >= 0 && w.object.held[i].rec.Time.Unix() < until; i = w.holds(forState) {
		w.giveUp(i)
	}
}
