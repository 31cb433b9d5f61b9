package timeline

import (
	"hash/fnv"
	"math"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// reapDelay bounds the time between the end of a plugin and the processing of
// its result: Nagios 3 and Icinga 1 collect results every
// check_result_reaper_frequency (10 s by default), Nagios 4 at once.
const reapDelay = 12 // seconds

// ownDelay is how many seconds two reports of the moment at which one result was
// processed may be apart: they are written one after the other, around the end
// of a second.
const ownDelay = 2

// ahead is how far a stamp may be ahead of our clock, and still be one with
// which others are compared.
const ahead = 60 // seconds

// report identifies a check result across readers.
type report struct {
	start, end int64 // unix seconds: the check took place within
	// latest is the last moment at which it may have been processed: the end, if
	// that is the moment of processing, and later where only the check is known.
	latest    int64
	checked   int64 // the start of the check; 0: not reported
	state     supervision.State
	stateType supervision.StateType
	attempt   int16
	output    uint32 // hash; 0: not reported
	execution int64  // milliseconds; 0: not reported
	epoch     uint32 // of the supervisor's clock
	readers   readerSet
	set       bool
	present   bool // read as the present state, not as a result
	parts     parts
	// exact: the end is the moment of processing.
	exact bool
	// timeless: its stamp is not to be compared with.
	timeless bool
}

// parts are what a report has besides the state.
type parts struct {
	text, perfdata, long bool
	// carried: the text is that of an earlier result.
	carried bool
}

// reportOf describes a result that was reported by some readers.
func (w *work) reportOf(rec *supervision.Record, r *reader, by readerSet) report {
	c := rec.Check
	this := report{
		end: rec.Time.Unix(), state: c.State, stateType: c.StateType, attempt: int16(c.Attempt),
		execution: milliseconds(c.Took()), readers: by, set: true, epoch: w.epochOf(r),
		parts: parts{text: c.Output != "" || r.HasOutput, perfdata: c.Perfdata != "", long: c.LongOutput != ""},
	}
	if this.parts.text {
		this.output = outputHash(c.Output)
	}
	this.start = this.end
	if !c.Start.IsZero() {
		this.start, this.checked = min(c.Start.Unix(), this.end), c.Start.Unix()
	}
	this.exact = r.View == Changes || r.View == Complete && !r.StartOnly
	this.latest = latestEnd(rec, r.View)
	this.present = rec.Kind == supervision.PresentState
	this.timeless = this.end > w.now.Unix()+ahead
	return this
}

func milliseconds(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

// latestEnd returns the last moment at which a result may have been processed (unix
// seconds). The status file shows the end of the check, and nothing of what came
// after the file was written.
func latestEnd(rec *supervision.Record, view View) int64 {
	end := rec.Time.Unix()
	if f := rec.Check.Flags; view == Snapshot && f != nil && !f.At.IsZero() {
		return max(end, min(f.At.Unix(), end+reapDelay))
	}
	return end
}

// sameAs reports whether two reports are of one check: the same state and
// output, at times that one check can have. What one reader reports twice has
// happened twice. A present state in the log does not show when its result was.
func (s *report) sameAs(o report) bool {
	switch {
	case s.readers&o.readers != 0 && !s.isReadAgain(o), s.present && s.exact, s.state != o.state, s.contradicts(o),
		s.execution > 0 && o.execution > 0 && s.execution != o.execution:
		return false
	case s.saysText() && o.saysText():
		// Output and state agree, so the times may be those of different moments
		// of one check: of its start, its end, or of its processing.
		return s.output == o.output && near(*s, o, reapDelay)
	}
	return near(*s, o, ownDelay)
}

// isReadAgain reports whether two reports of one reader are of one check: a present
// state that is read again at a start.
func (s *report) isReadAgain(o report) bool {
	return o.present && s.checked != 0 && s.checked == o.checked && s.execution == o.execution && s.output == o.output
}

// contradicts reports whether state type or attempt differ.
func (s *report) contradicts(o report) bool {
	return s.otherType(o) || s.state != supervision.OK && s.attempt > 0 && o.attempt > 0 && s.attempt != o.attempt
}

// otherType reports whether the state types differ. Of a recovery the log has the
// type and attempt of the problem that is over, the status file those of an object
// that is well.
func (s *report) otherType(o report) bool {
	return s.state != supervision.OK && s.stateType >= 0 && o.stateType >= 0 && s.stateType != o.stateType
}

// saysText reports whether the text is that of this result.
func (s *report) saysText() bool { return s.parts.text && !s.parts.carried }

// near reports whether two reports can be of one check. Who reports no start of
// the check reports the moment of its processing, which is after the start and
// shortly after the end.
func near(a, b report, delay int64) bool {
	switch {
	case a.checked != 0 && b.checked != 0:
		return max(a.checked-b.checked, b.checked-a.checked) <= 1
	case a.exact && b.exact:
		return max(a.end-b.end, b.end-a.end) <= ownDelay
	case a.checked != 0:
		return a.mayEndAt(b.end, delay)
	case b.checked != 0:
		return b.mayEndAt(a.end, delay)
	}
	return max(a.end-b.end, b.end-a.end) <= ownDelay
}

// mayEndAt reports whether the result may have been processed at a moment. In the
// second in which the status file was written, it is taken for a later one.
func (s *report) mayEndAt(at, delay int64) bool {
	if s.latest == s.end {
		return at >= s.start && at <= s.end+delay
	}
	if delay == ownDelay { // no text shows which of two it is
		return at >= s.start && at < max(s.latest, s.end+2)
	}
	return at >= s.start && at <= s.latest
}

// olderThan reports whether a result is of a check before another one, as far
// as the readers' times can be compared.
func (s *report) olderThan(o report) bool {
	switch {
	case !o.set || o.timeless || s.timeless || s.epoch != o.epoch:
		return false
	case s.checked != 0 && o.checked != 0 && s.checked != o.checked:
		return s.checked < o.checked
	}
	return s.latest < o.start
}

// adds reports whether another report of the same check has something that this
// one lacks.
func (s *report) adds(o report) bool {
	return o.parts.perfdata && !s.parts.perfdata || o.parts.long && !s.parts.long ||
		o.saysText() && !s.saysText() && o.output != s.output
}

// join adds another report of the same check.
func (s *report) join(o report) {
	s.readers |= o.readers
	if o.saysText() && !s.saysText() {
		s.output, s.parts.text, s.parts.carried = o.output, true, false
	}
	s.parts.perfdata = s.parts.perfdata || o.parts.perfdata
	s.parts.long = s.parts.long || o.parts.long
	if s.checked == 0 {
		s.checked = o.checked
	}
	if s.stateType < 0 {
		s.stateType = o.stateType
	}
	if s.attempt == 0 {
		s.attempt = o.attempt
	}
	if s.execution == 0 {
		s.execution = o.execution
	}
}

// outputHash makes outputs comparable across readers: Nagios writes ';' as ':'
// into log and status file, and as it is into the perfdata file, and cuts each of
// them at another length. It is never 0.
func outputHash(s string) uint32 {
	const shortestCut = 1000 // bytes; Nagios' own are at 4096 and 8192
	h := fnv.New32a()
	s = strings.TrimSpace(s)
	s = s[:min(len(s), shortestCut)]
	var b [64]byte
	for len(s) > 0 {
		n := copy(b[:], s)
		for i, c := range b[:n] {
			if c == ';' {
				b[i] = ':'
			}
		}
		h.Write(b[:n])
		s = s[n:]
	}
	return max(h.Sum32(), 1)
}

func textHash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

func (s *report) encode(e *encoder) {
	e.bits(s.timeless, s.parts.text, s.parts.perfdata, s.parts.long, s.parts.carried, s.exact,
		s.present)
	e.int(s.end)
	e.int(s.end - s.start)
	e.int(s.latest - s.end)
	e.int(s.checked)
	*e = append(*e, byte(s.state), byte(s.stateType))
	e.int(int64(s.attempt))
	e.uint(uint64(s.output))
	e.int(s.execution)
	e.uint(uint64(s.epoch))
	e.uint(uint64(s.readers))
}

func (s *report) decode(d *decoder) {
	set := d.byte()
	s.set = true
	for i, b := range []*bool{
		&s.timeless, &s.parts.text, &s.parts.perfdata, &s.parts.long, &s.parts.carried, &s.exact, &s.present,
	} {
		*b = set&(1<<i) != 0
	}
	s.end = d.int()
	s.start = s.end - d.int()
	s.latest = s.end + d.int()
	s.checked = d.int()
	s.state, s.stateType = supervision.State(d.byte()), supervision.StateType(d.byte())
	s.attempt = int16(d.int())
	s.output = uint32(d.uint())
	s.execution = d.int()
	s.epoch = uint32(d.uint())
	s.readers = readerSet(d.uint())
}
