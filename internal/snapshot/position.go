package snapshot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// position is the form in which a Memory is stored: what has been reported, and
// has to be taken back some day.
type position struct {
	Version int   `json:"v"`
	Created int64 `json:"created"` // the moment of the last reading; microseconds since 1970, like all times here
	// DowntimesRead is that of the last complete table of downtimes, if it is
	// another one.
	DowntimesRead *int64 `json:"downtimesRead,omitempty"`

	Conditions []storedCondition `json:"conditions,omitempty"`
	Comments   []storedComment   `json:"comments,omitempty"`
	Downtimes  []storedDowntime  `json:"downtimes,omitempty"`
}

const positionVersion = 1

type storedEntity struct {
	Host    rawText `json:"h"`
	Service rawText `json:"s,omitempty"`
}

func (s storedEntity) compare(other storedEntity) int {
	return cmp.Or(cmp.Compare(s.Host, other.Host), cmp.Compare(s.Service, other.Service))
}

type storedCondition struct {
	storedEntity
	Ack      Acknowledgement `json:"ack,omitempty"`
	AckID    int64           `json:"ackId,omitempty"`
	AckEntry int64           `json:"ackEntry,omitempty"`
	Flapping bool            `json:"flapping,omitempty"`
}

type storedComment struct {
	storedEntity
	ID    int64 `json:"id"`
	Entry int64 `json:"entry"`
}

type storedDowntime struct {
	storedEntity
	ID          int64   `json:"id"`
	Author      rawText `json:"author,omitempty"`
	Comment     rawText `json:"comment,omitempty"`
	Entry       int64   `json:"entry"`
	Start       int64   `json:"start"`
	End         int64   `json:"end"`
	Trigger     int64   `json:"trigger,omitempty"`
	Fixed       bool    `json:"fixed,omitempty"`
	Duration    int64   `json:"duration,omitempty"` // in nanoseconds
	TriggeredBy int64   `json:"by,omitempty"`
	Phase       phase   `json:"phase"`
	As          int64   `json:"as,omitempty"`
}

// rawText is text in any charset. JSON holds Unicode only, so each byte is
// stored as the character of that number.
type rawText string

func (t rawText) MarshalText() ([]byte, error) {
	out := make([]byte, 0, len(t))
	for i := range len(t) {
		out = append(out, string(rune(t[i]))...)
	}
	return out, nil
}

func (t *rawText) UnmarshalText(text []byte) error {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r > 0xff {
			return fmt.Errorf("the character %q stands for no byte", r)
		}
		out = append(out, byte(r))
	}
	*t = rawText(out)
	return nil
}

// Position returns what is to be stored: what has been reported by the finished
// readings.
func (m *Memory) Position() ([]byte, error) {
	p := position{Version: positionVersion, Created: microseconds(m.last)}
	if !m.downtimesRead.Equal(m.last) {
		p.DowntimesRead = new(microseconds(m.downtimesRead))
	}
	for _, c := range m.conditions {
		if c.was.ack == NotAcknowledged && !c.was.flapping {
			continue
		}
		p.Conditions = append(p.Conditions, storedCondition{
			storedEntity: stored(c.entity), Ack: c.was.ack, Flapping: c.was.flapping,
			AckID: c.ackNote.ID, AckEntry: microseconds(c.ackNote.Entry),
		})
	}
	for _, c := range m.comments {
		if !c.ofAck && c.note == nil {
			p.Comments = append(p.Comments,
				storedComment{storedEntity: stored(c.entity), ID: c.ID, Entry: microseconds(c.Entry)})
		}
	}
	for _, d := range m.downtimes {
		if d.phase != phaseNew {
			p.Downtimes = append(p.Downtimes, storeDowntime(d))
		}
	}
	p.sort()
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("writing the position: %w", err)
	}
	return text, nil
}

func (p *position) sort() {
	slices.SortFunc(p.Conditions, func(a, b storedCondition) int { return a.compare(b.storedEntity) })
	slices.SortFunc(p.Comments, func(a, b storedComment) int {
		return cmp.Or(a.compare(b.storedEntity), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Entry, b.Entry))
	})
	slices.SortFunc(p.Downtimes, func(a, b storedDowntime) int {
		return cmp.Or(a.compare(b.storedEntity), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Entry, b.Entry))
	})
}

func storeDowntime(d *downtime) storedDowntime {
	return storedDowntime{
		storedEntity: stored(d.entity), ID: d.ID, Author: rawText(d.Author), Comment: rawText(d.Comment),
		Entry: microseconds(d.Entry), Start: microseconds(d.Start), End: microseconds(d.End),
		Trigger: microseconds(d.progress.Triggered),
		Fixed:   d.Fixed, Duration: int64(d.Duration), TriggeredBy: d.TriggeredBy, Phase: d.phase, As: d.as,
	}
}

func (s storedDowntime) restore() *downtime {
	return &downtime{
		entity: s.entity(), progress: DowntimeProgress{Triggered: moment(s.Trigger)}, phase: s.Phase, as: s.As,
		Downtime: supervision.Downtime{
			ID: s.ID, Author: string(s.Author), Comment: string(s.Comment),
			Entry: moment(s.Entry), Start: moment(s.Start), End: moment(s.End),
			Fixed: s.Fixed, Duration: time.Duration(s.Duration), TriggeredBy: s.TriggeredBy,
		},
	}
}

// Restore makes a memory from a stored position. Without a position it knows
// nothing.
func Restore(text []byte) (*Memory, error) {
	m := New()
	if len(text) == 0 {
		return m, nil
	}
	var p position
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("reading the stored position: %w", err)
	}
	if p.Version != positionVersion {
		return nil, fmt.Errorf("reading the stored position: version %d, want %d", p.Version, positionVersion)
	}
	m.last, m.downtimesRead = moment(p.Created), moment(*cmp.Or(p.DowntimesRead, &p.Created))
	for _, s := range p.Conditions {
		c := &condition{entity: s.entity(), was: marks{ack: s.Ack, flapping: s.Flapping},
			ackNote: Key{ID: s.AckID, Entry: moment(s.AckEntry)}}
		m.conditions[m.entityID(c.entity)] = c
	}
	for _, s := range p.Comments {
		c := &comment{Key: Key{ID: s.ID, Entry: moment(s.Entry)}, entity: s.entity()}
		c.entityID = m.entityID(c.entity)
		m.comments[memberID(c.entityID, c.Key)] = c
	}
	for _, s := range p.Downtimes {
		d := s.restore()
		d.entityID = m.entityID(d.entity)
		m.downtimes[memberID(d.entityID, Key{ID: d.ID, Entry: d.Entry})] = d
		if d.isAnonymous() {
			m.restoreDepth(d)
		}
	}
	return m, nil
}

// restoreDepth sets the depth from which an anonymous downtime was seen: it goes
// on until its object is read with another one.
func (m *Memory) restoreDepth(d *downtime) {
	c := m.conditions[d.entityID]
	if c == nil {
		c = &condition{entity: d.entity}
		m.conditions[d.entityID] = c
	}
	c.was.depth = 1
}

func stored(e supervision.Entity) storedEntity {
	return storedEntity{Host: rawText(e.Host), Service: rawText(e.Service)}
}

func (s storedEntity) entity() supervision.Entity {
	return supervision.Entity{Host: string(s.Host), Service: string(s.Service)}
}

// microseconds is 0 for the zero time, moment its inverse.
func microseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(microseconds int64) time.Time {
	if microseconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds)
}
