package arbiter

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// consequences derives from a check result or present state what no supervisor
// announces. before is what had been sent, why the judgement of the record.
func (f *facts) consequences(rec *supervision.Record, r witness, before sentCheck, why Reason) []supervision.Record {
	if r.View == Everything && rec.Check.Flags != nil {
		if why == Outdated {
			return nil
		}
		return f.agree(rec, before)
	}
	if why != News || rec.Kind != supervision.CheckResult || !f.acknowledged {
		return nil
	}
	return f.endAcknowledgement(rec, before)
}

// endAcknowledgement derives the end of an acknowledgement from a check result
// as Nagios does (base/checks.c): a recovery ends every acknowledgement, any
// other change of state one that is not sticky.
func (f *facts) endAcknowledgement(rec *supervision.Record, before sentCheck) []supervision.Record {
	why := ackEnd(rec, before)
	if why == "" || f.sticky && why == endedByChange {
		return nil
	}
	f.acknowledged = false
	return []supervision.Record{acknowledgementRemoved(rec, why)}
}

// How an acknowledgement may end by a check result.
const (
	endedByRecovery = "acknowledgement cleared by recovery"
	endedByChange   = "acknowledgement cleared by a change of state"
)

func ackEnd(rec *supervision.Record, before sentCheck) string {
	switch {
	case rec.Check.State == supervision.OK:
		return endedByRecovery
	case before.set && before.state != rec.Check.State:
		return endedByChange
	}
	return ""
}

func acknowledgementRemoved(rec *supervision.Record, why string) supervision.Record {
	return supervision.Record{
		Kind: supervision.AcknowledgementRemoved, Entity: rec.Entity, Time: rec.Time,
		Ref: rec.Ref + "#ackremove", Note: &supervision.Note{Text: why},
	}
}

// agree brings what is remembered of an object in line with the conditions that
// a broker module tells with a result: what ended while nobody looked, in a
// supervisor that was killed or while its retention file was edited, is told
// now. A result that is checked now only ends acknowledgements: everything else
// has its own record, before or after it.
func (f *facts) agree(rec *supervision.Record, before sentCheck) (derived []supervision.Record) {
	flags := rec.Check.Flags
	if f.acknowledged && !flags.Acknowledged {
		f.acknowledged = false
		derived = append(derived, acknowledgementRemoved(rec, ackEnd(rec, before)))
	}
	if rec.Kind != supervision.PresentState {
		return derived
	}
	add := func(r supervision.Record) {
		r.Entity, r.Time, r.Ref = rec.Entity, rec.Time, rec.Ref+"#"+r.Kind.String()
		derived = append(derived, r)
	}
	if flags.Acknowledged && !f.acknowledged { // its comment was deleted, so nobody told who it was
		f.acknowledged, f.sticky = true, false
		add(supervision.Record{Kind: supervision.Acknowledged, Note: &supervision.Note{}})
	}
	// A supervisor that starts begins its downtimes anew, a moment later, so their
	// depth says nothing yet.
	running := f.downtimes
	f.downtimes = slices.DeleteFunc(slices.Clone(running), func(id int64) bool { return !slices.Contains(f.loaded, id) })
	for _, id := range running {
		if !slices.Contains(f.loaded, id) {
			f.endTold(id)
			add(supervision.Record{Kind: supervision.DowntimeEnded, Downtime: &supervision.Downtime{ID: id}})
		}
	}
	f.loaded, f.downtimeSaid = nil, len(f.downtimes) > 0
	if flags.Flapping != f.flapping {
		f.flapping = flags.Flapping
		kind := supervision.FlappingStopped
		if f.flapping {
			kind = supervision.FlappingStarted
		}
		add(supervision.Record{Kind: kind, Flapping: &supervision.Flapping{}})
	}
	return derived
}
