package arbiter

import (
	"math"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// reapDelay bounds the time between the end of a plugin and the processing of
// its result: Nagios 3 and Icinga 1 collect results every
// check_result_reaper_frequency (10 s by default), Nagios 4 at once.
const reapDelay = 12 // seconds

// liveWithin is how old a line of the log may be that is read as it is written.
const liveWithin = 30 * time.Second

// check judges a check result or a present state.
func (a *Arbiter) check(f *facts, rec *supervision.Record, r witness, now time.Time) Reason {
	c := rec.Check
	if c.Flags != nil && r.View == Snapshot {
		f.perfdataOff = c.Flags.PerfdataOff
	}
	owner := a.owner[class(rec.Entity)]
	if r.View == Everything {
		a.told = max(a.told, rec.Time.Unix())
	}
	if r.View >= Complete {
		f.ownerUntil, f.unserved, f.perfdataOff = max(f.ownerUntil, rec.Time.Unix()), 0, false
		if why := f.fillState(rec); why != News {
			return why
		}
	} else if c.State != supervision.StateNotReported {
		f.noteState(rec, r.View, a.keepHistory[class(rec.Entity)])
	}
	this := sentOf(rec, r)
	switch {
	case r.View >= Complete:
	case rec.Kind == supervision.PresentState && r.View == Snapshot && a.opts.Resync == Always:
		// Everything is told again, whoever told it before.
	case owner != nil && f.wronglyFilled(this, r, owner):
		this.sources |= f.sent.sources
		f.sent = this
		return News
	case owner != nil && (owner.View == Everything || !f.perfdataOff) && !f.stepIn(rec, r, owner, now):
		return OwnerBringsIt
	}
	if rec.Kind == supervision.PresentState {
		if why := a.presentState(f, this, r); why != News {
			return why
		}
	} else if f.sent.set && f.sent.sameResult(this) {
		f.sent.sources |= r.bit
		return SeenAlready
	}
	if f.sent.set && f.sent.sources&r.bit == 0 && this.end < f.sent.start && !f.sent.sameResult(this) {
		return Outdated
	}
	f.sent = this
	return News
}

// fillState gives a result of a reader that can't see states the state in
// which the log and the status file say that the object was.
func (f *facts) fillState(rec *supervision.Record) Reason {
	c := rec.Check
	if c.State != supervision.StateNotReported {
		f.known = knownOf(rec)
		return News
	}
	k, ok := f.stateOf(rec)
	if !ok {
		return StateUnknown
	}
	c.State, c.StateType = k.state, k.stateType
	if c.Attempt == 0 {
		c.Attempt = int(k.attempt)
	}
	return News
}

// stepIn decides whether another reader sends a result that belongs to the
// owner: when the status file shows, for longer than the owner may take, a
// result that the owner didn't bring. From then on, until the owner is heard
// of this object again, the others are listened to.
func (f *facts) stepIn(rec *supervision.Record, r witness, owner *Witness, now time.Time) bool {
	if r.View == Changes {
		// A log that is caught up with after a stop runs ahead of the owner.
		live := now.Sub(rec.Time) < liveWithin
		return live && rec.Kind == supervision.CheckResult && f.unserved != 0 && now.Unix()-f.unserved >= seconds(owner.Delay)
	}
	if !f.sent.set && (rec.Kind == supervision.PresentState || !owner.HasState) {
		return true // nothing was ever sent: Canopsis must learn of it now
	}
	checked := rec.Check.Start
	if checked.IsZero() {
		checked = rec.Time
	}
	if f.ownerUntil >= checked.Unix() {
		f.unserved = 0
		return false
	}
	if f.unserved == 0 {
		f.unserved = now.Unix()
	}
	return now.Unix()-f.unserved >= seconds(owner.Delay)
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// presentState decides whether the repetition of a state is worth sending.
func (a *Arbiter) presentState(f *facts, this sentCheck, r witness) Reason {
	switch {
	case a.opts.Resync == Never:
		return ResyncOff
	case !f.sent.set:
		return News
	case a.opts.Resync == Always && r.View == Snapshot:
		return News
	case f.sent.sources&r.bit == 0 && this.end < f.sent.start:
		return Outdated
	case f.sent.state != this.state,
		this.stateType != supervision.StateTypeNotReported && f.sent.stateType != this.stateType,
		f.sent.output != this.output:
		return News
	case r.View == Snapshot && this.start > f.sent.end:
		return News // the same state, but checked again since
	}
	return NoChange
}

func sentOf(rec *supervision.Record, r witness) sentCheck {
	s := sentCheck{
		end: rec.Time.Unix(), state: rec.Check.State, stateType: rec.Check.StateType,
		attempt: int16(rec.Check.Attempt), output: outputHash(rec.Check.Output), sources: r.bit, set: true,
	}
	s.execution = int64(math.Round(rec.Check.Execution * 1000))
	s.start = s.end
	if !rec.Check.Start.IsZero() {
		s.start = rec.Check.Start.Unix()
	}
	return s
}

// sameResult tells whether another reader's report is of the same check: the
// same state and output, at times that one check can have.
func (s *sentCheck) sameResult(o sentCheck) bool {
	if s.sources&o.sources != 0 || s.state != o.state || s.output != o.output {
		return false
	}
	if s.stateType >= 0 && o.stateType >= 0 && s.stateType != o.stateType {
		return false
	}
	if s.attempt > 0 && o.attempt > 0 && s.attempt != o.attempt {
		return false
	}
	if s.execution > 0 && o.execution > 0 && s.execution != o.execution {
		return false
	}
	// A log line tells the end of processing only: it lies between the start
	// of the check and the end that the other reader gives, plus the time
	// until the result is collected.
	return o.end >= s.start && o.end <= s.end+reapDelay || s.end >= o.start && s.end <= o.end+reapDelay
}
