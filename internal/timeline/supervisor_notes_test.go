package timeline_test

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// isHasty reports whether an object that is well is acknowledged so shortly before
// its problem that nothing shows that this was refused, or has problems that never
// show that it was well. Or a standing acknowledgement is replaced so shortly before
// a result that could end it that the perfdata file may be read before that line of
// the log: then its end and the new one are sent, instead of the new one alone.
func (m *supervisor) isHasty(s step, later []step) bool {
	if m.objects[s.object].acked != snapshot.NotAcknowledged && slices.ContainsFunc(later, func(l step) bool {
		return l.kind == check && l.object == s.object && l.at < s.at+1000
	}) {
		return true
	}
	return m.objects[s.object].state == supervision.OK && (maxAttempts[s.object] == 1 ||
		slices.ContainsFunc(later, func(l step) bool {
			return l.kind == check && l.object == s.object && l.at < s.at+4000
		}))
}

func (m *supervisor) acknowledge(s step) {
	o := &m.objects[s.object]
	m.write(supervision.Record{Kind: supervision.Acknowledged, Entity: objectNames[s.object],
		Note: &supervision.Note{Author: "bob", Text: s.text, Sticky: s.sticky}}, "order")
	if o.state == supervision.OK {
		return // refused, without a word
	}
	o.acked = snapshot.AcknowledgedNormal
	if s.sticky {
		o.acked = snapshot.AcknowledgedSticky
	}
	m.ids++
	m.comments = append(m.comments, note{object: s.object, id: m.ids, entry: m.now, text: s.text, ofAck: true})
	m.acks = append(m.acks, ackEvent{object: s.object, at: m.now, after: o.last.id, given: true, text: s.text})
}

func (m *supervisor) endAck(i int) {
	o := &m.objects[i]
	if o.acked == snapshot.NotAcknowledged {
		return
	}
	o.acked = snapshot.NotAcknowledged
	m.comments = slices.DeleteFunc(m.comments, func(n note) bool { return n.object == i && n.ofAck })
	m.acks = append(m.acks, ackEvent{object: i, at: m.now, after: o.last.id})
}

func (m *supervisor) flapAlert(i int) {
	rec := supervision.Record{Kind: supervision.FlappingStopped, Entity: objectNames[i],
		Flapping: &supervision.Flapping{Text: "it stopped"}}
	if m.objects[i].flapping {
		rec.Kind, rec.Flapping.Text = supervision.FlappingStarted, "it started"
	}
	m.write(rec, "flapping")
}

func (m *supervisor) downtimeAlert(i int, kind supervision.Kind) {
	m.write(supervision.Record{Kind: kind, Entity: objectNames[i],
		Downtime: &supervision.Downtime{Text: "it says so"}}, "downtime")
}

func (m *supervisor) schedule(s step) {
	m.ids++
	d := downtime{
		object: s.object, id: m.ids, entry: m.now, begin: (m.now + s.begin) / 1000 * 1000, text: s.text,
	}
	d.end = d.begin + s.length
	if d.end <= m.now {
		d.end += 5000
	}
	m.write(supervision.Record{Kind: supervision.DowntimeScheduled, Entity: objectNames[s.object],
		Downtime: &supervision.Downtime{
			Author: "eve", Comment: s.text, Start: d.begin.time(), End: d.end.time(), Fixed: true,
		}}, "order")
	m.downtimes = append(m.downtimes, d)
	m.runDowntimes()
}

// runDowntimes begins and ends the downtimes whose time has come.
func (m *supervisor) runDowntimes() {
	for i := range m.downtimes {
		d := &m.downtimes[i]
		if d.running || d.begin > m.now {
			continue
		}
		d.running = true
		m.objects[d.object].depth++
		if m.objects[d.object].depth == 1 {
			m.downtimeAlert(d.object, supervision.DowntimeStarted)
		}
	}
	m.downtimes = slices.DeleteFunc(m.downtimes, func(d downtime) bool {
		if d.running && d.end <= m.now {
			m.leaveDowntime(d, supervision.DowntimeEnded)
			return true
		}
		return false
	})
}

func (m *supervisor) leaveDowntime(d downtime, kind supervision.Kind) {
	m.objects[d.object].depth--
	if m.objects[d.object].depth == 0 {
		m.downtimeAlert(d.object, kind)
	}
}

func (m *supervisor) cancel(s step) {
	i := slices.IndexFunc(m.downtimes, func(d downtime) bool { return d.object == s.object })
	if i < 0 {
		return
	}
	d := m.downtimes[i]
	m.write(supervision.Record{Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: d.id}}, "order")
	m.downtimes = slices.Delete(m.downtimes, i, i+1)
	if d.running {
		m.leaveDowntime(d, supervision.DowntimeCancelled)
	}
}
