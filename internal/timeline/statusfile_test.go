package timeline_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func (m *supervisor) writeStatus() {
	if m.wroteLast != 0 {
		saved := *m
		saved.objects, saved.comments = slices.Clone(m.objects), slices.Clone(m.comments)
		saved.downtimes = slices.Clone(m.downtimes)
		m.saved = &saved
	}
	m.wroteLast = m.now
	m.history.written = append(m.history.written, m.now)
	m.files = append(m.files, statusFile{
		at: m.now, objects: slices.Clone(m.objects), comments: slices.Clone(m.comments),
		downtimes: slices.Clone(m.downtimes),
	})
}

// playedStatus is the reader of the status files of a history that was played.
type playedStatus struct {
	*history
	memory *snapshot.Memory
}

func (h *history) openPlayed(position []byte) shown {
	memory, err := snapshot.Restore(position)
	must(err)
	return playedStatus{h, memory}
}

func (s playedStatus) read(file int) []supervision.Record { return s.files[file].read(s.memory) }

func (s playedStatus) position() []byte {
	position, err := s.memory.Position()
	must(err)
	return position
}

func (s playedStatus) close() {}

// read returns what a status file shows to a reader with a memory.
func (f *statusFile) read(memory *snapshot.Memory) []supervision.Record {
	reading := memory.Begin(f.at.stamp(), fmt.Sprintf("status/%d", f.at))
	var records []supervision.Record
	for i := range f.objects {
		if rec, isNew := f.readObject(reading, i); isNew {
			records = append(records, rec)
		}
	}
	for _, n := range f.comments {
		of, key := nameOf(n.object), snapshot.Key{ID: n.id, Entry: n.entry.stamp()}
		if !reading.Comment(of, key) {
			author := "ann"
			if n.ofAck {
				author = "bob"
			}
			reading.AddComment(of, key.Entry, supervision.Note{ID: n.id, Author: author, Text: n.text}, n.ofAck)
		}
	}
	for _, d := range f.downtimes {
		of, key := nameOf(d.object), snapshot.Key{ID: d.id, Entry: d.entry.stamp()}
		progress := snapshot.DowntimeProgress{Effect: snapshot.NotInEffect}
		if d.running {
			progress.Effect = snapshot.InEffect
		}
		if !reading.Downtime(of, key, progress) {
			reading.AddDowntime(of, supervision.Downtime{
				ID: d.id, Author: "eve", Comment: d.text, Entry: key.Entry, Start: d.begin.time(), End: d.end.time(),
				Fixed: true,
			}, progress)
		}
	}
	return append(records, reading.Finish(snapshot.AllTables)...)
}

func nameOf(object int) snapshot.Name {
	e := objectNames[object]
	return snapshot.Name{Host: []byte(e.Host), Service: []byte(e.Service)}
}

func (f *statusFile) readObject(reading *snapshot.Reading, i int) (rec supervision.Record, isNew bool) {
	o := &f.objects[i]
	row := reading.Object(nameOf(i))
	row.Conditions(snapshot.Conditions{Acknowledged: o.acked, Flapping: o.flapping, DowntimeDepth: o.depth})
	if o.last == nil {
		return rec, false
	}
	r := o.last
	if !row.IsNewResult(fmt.Append(nil, r.id), fmt.Append(nil, o.kind), fmt.Append(nil, o.attempt)) {
		return rec, false
	}
	took := time.Duration(r.step.took) * time.Millisecond
	return row.Result(supervision.Check{
		State: o.state, StateType: o.kind, Attempt: o.attempt, MaxAttempts: maxAttempts[i],
		Output: r.step.output, LongOutput: r.step.long, Perfdata: r.step.perfdata, CheckType: supervision.Active,
		Execution: took.Seconds(), Start: r.started(),
		Flags: &supervision.Flags{
			Acknowledged: o.acked != snapshot.NotAcknowledged, Flapping: o.flapping, DowntimeDepth: o.depth,
		},
	}, r.started().Add(took), fmt.Sprintf("/r%d", r.id)), true
}
