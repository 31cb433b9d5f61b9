package timeline_test

import (
	"slices"
	"strconv"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// look reads what can be read.
func (p *player) look(s *source) {
	s.read, s.endSeen, s.position = p.now, -1, nil
	if s.status != nil {
		p.lookAtStatus(s)
	} else {
		p.lookAtLines(s)
	}
	s.pending, s.recheck = true, p.now
}

func (p *player) lookAtLines(s *source) {
	from := s.next
	for s.next < len(s.lines) && s.lines[s.next].at <= p.now && s.next-from < s.most {
		s.batch = append(s.batch, s.lines[s.next].rec)
		s.next++
	}
	atEnd := s.next == len(s.lines) || s.lines[s.next].at > p.now
	s.due = p.now + s.poll
	switch {
	case s.next == from:
		s.endSeen = p.now
	case atEnd && p.random.IntN(2) == 0:
		s.endSeen = p.now
	default:
		s.due = p.now + s.pause // lines were there, so it looks again
	}
	if s.next != from {
		s.position = []byte(strconv.Itoa(s.next))
	}
	if s.batch = s.skipped(s.batch); s.skip > 0 {
		s.position = nil
	}
}

// skipped leaves out what has entered before a restart.
func (s *source) skipped(records []supervision.Record) []supervision.Record {
	for s.skip > 0 && len(records) > 0 {
		s.skip--
		if records[0].Ref == s.skipLast {
			s.skip = 0
		}
		records = records[1:]
	}
	return records
}

// lookAtStatus reads a file, which comes in batches that share the moment of its
// opening. The last one has the position.
func (p *player) lookAtStatus(s *source) {
	s.due = p.now + s.poll
	if len(s.unread) > 0 {
		p.cutStatus(s)
		return
	}
	file := -1
	for i, at := range p.history.written {
		if at <= p.now {
			file = i
		}
	}
	if file == s.file {
		s.endSeen = p.now
		return
	}
	s.file = file
	s.unread, s.opened = s.status.read(file), p.now
	p.cutStatus(s)
}

// cutStatus makes the next batch of a file.
func (p *player) cutStatus(s *source) {
	n := len(s.unread)
	// What is no check result comes behind all those, and is seldom more than a batch.
	results := slices.IndexFunc(s.unread, func(rec supervision.Record) bool { return rec.Check == nil })
	if results < 0 {
		results = n
	}
	if results > 0 && p.random.IntN(2) == 0 {
		n = 1 + p.random.IntN(results)
	}
	s.batch, s.unread, s.read = s.unread[:n], s.unread[n:], s.opened
	if len(s.unread) == 0 {
		s.position = s.status.position()
		return
	}
	s.due = p.now + moment(p.random.IntN(2))
}

// askToLook lets the files be looked at in which a record may be that another one
// waits for. Nobody looks into a spool directory when asked.
func (p *player) askToLook() {
	for _, s := range p.sources {
		if !s.pending && s.lines != nil && !(p.set.spool && s.View == timeline.Complete) {
			s.due = p.now
		}
	}
}
