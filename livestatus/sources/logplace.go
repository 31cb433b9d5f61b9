package sources

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
)

// overlap is how many seconds of the log each query asks for again: a thread of the
// supervisor may write a line behind a younger one.
const overlap = 10

// logPosition is the stored position of a Log.
type logPosition struct {
	Version int   `json:"v"`
	From    int64 `json:"from"` // the second up to which the log was read
	// Seen are the lines of the last seconds that were taken.
	Seen    []seenLine     `json:"seen,omitempty"`
	Held    []logfile.Line `json:"held,omitempty"`
	Program string         `json:"program,omitempty"`
}

// seenLine is a line that was taken, by its second and the checksum of its text. The
// same line can be there several times: Icinga 2 writes one for each of two downtimes.
type seenLine struct {
	At  int64  `json:"at"`
	Sum uint64 `json:"sum"`
	N   int    `json:"n"`
}

const logPositionVersion = 1

func (p logPosition) encode() ([]byte, error) {
	p.Version = logPositionVersion
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("writing the position in the table log: %w", err)
	}
	return text, nil
}

func decodeLogPosition(text []byte) (p logPosition, err error) {
	if len(text) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return logPosition{}, fmt.Errorf("reading the stored position in the table log: %w", err)
	}
	if p.Version != logPositionVersion {
		return logPosition{}, fmt.Errorf("reading the stored position in the table log: version %d, want %d",
			p.Version, logPositionVersion)
	}
	return p, nil
}

// logPlace is how far the log was read. Lines are known by second and text, since a row
// of the table has no place in a file.
type logPlace struct {
	reached int64           // the greatest second that was read
	seen    map[lineKey]int // how many of the lines of the last seconds were taken
	round   map[lineKey]int // how many there were in this answer
}

type lineKey struct {
	at  int64
	sum uint64
}

func newLogPlace(p logPosition) logPlace {
	place := logPlace{reached: p.From, seen: map[lineKey]int{}, round: map[lineKey]int{}}
	for _, s := range p.Seen {
		place.seen[lineKey{s.At, s.Sum}] = s.N
	}
	return place
}

// from is the second from which on to ask.
func (p *logPlace) from() int64 { return p.reached - overlap }

// take notes a line of an answer, and reports whether it is new, and the how manieth of
// its kind.
func (p *logPlace) take(l line) (nth int, isNew bool) {
	key := lineKey{l.time, sumOf(l.text)}
	p.round[key]++
	nth = p.round[key]
	if nth <= p.seen[key] {
		return nth, false
	}
	p.seen[key] = nth
	p.reached = max(p.reached, l.time)
	return nth, true
}

// endRound ends an answer.
func (p *logPlace) endRound() {
	clear(p.round)
	for key := range p.seen {
		if key.at < p.from() {
			delete(p.seen, key)
		}
	}
}

// reach notes that the log was read up to a second.
func (p *logPlace) reach(second int64) { p.reached = max(p.reached, second) }

// position returns what is to be stored, without what the parser holds.
func (p *logPlace) position() logPosition {
	stored := logPosition{From: p.reached}
	for key, n := range p.seen {
		if key.at >= p.from() {
			stored.Seen = append(stored.Seen, seenLine{key.at, key.sum, n})
		}
	}
	slices.SortFunc(stored.Seen, func(a, b seenLine) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Sum, b.Sum))
	})
	return stored
}

var polynomial = crc64.MakeTable(crc64.ECMA)

func sumOf(text []byte) uint64 { return crc64.Checksum(text, polynomial) }
