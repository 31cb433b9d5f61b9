package timeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// siteMemory is what is remembered of the supervisor as a whole.
type siteMemory struct {
	started int64  // its last start from older states or from none (unix seconds)
	begun   int64  // its last start, from whatever states (unix seconds)
	saved   bool   // it has ended orderly, and saved its states
	epoch   uint32 // how often its clock has gone back
	// modules are the times in which a broker module was the source, the newest
	// last: it has reported all of them.
	modules []span
	// entered is how much has entered of batches which have not entered completely,
	// by the reader's name.
	entered map[string]mark
}

// mark is how far a reader's records after its stored position have entered.
type mark struct {
	records int
	ref     string // of the last one
}

// span is a time of the supervisor, in unix seconds. It is open while the module
// is the source.
type span struct {
	from, to int64
	epoch    uint32 // of the supervisor's clock
	open     bool
}

// maxSpans bounds how often a site's module may come and go within what another
// reader still has to read.
const maxSpans = 32

// turnBack is how far a stamp must go back in one reader's own order to be taken
// for a change of the clock: the lines of several processes may be a little out
// of order.
const turnBack = 60 // seconds

// clock is how a reader saw the supervisor's clock.
type clock struct {
	latest int64 // unix seconds; 0: no stamp yet
	epoch  uint32
}

// stamp is a moment of the supervisor, by its clock.
type stamp struct {
	at    int64 // unix seconds
	epoch uint32
}

// stampIn returns the moment of a record.
func (t *Timeline) stampIn(rec *supervision.Record, r *reader) stamp {
	return stamp{rec.Time.Unix(), t.epochOf(r)}
}

// isAfter reports whether a moment was after another one, as far as the clock shows it.
func (s stamp) isAfter(o stamp) bool { return s.epoch == o.epoch && s.at > o.at }

// isBefore reports whether a moment was before what is reported now. One of another
// epoch was.
func (s stamp) isBefore(now stamp) bool { return s.epoch != now.epoch || s.at < now.at }

// less returns the moment some seconds before.
func (s stamp) less(seconds int64) stamp { return stamp{s.at - seconds, s.epoch} }

func (s stamp) encode(e *encoder) {
	e.int(s.at)
	e.uint(uint64(s.epoch))
}

func (s *stamp) decode(d *decoder) { s.at, s.epoch = d.int(), uint32(d.uint()) }

// decodeDated reads a stamp that had no epoch before version 4.
func (s *stamp) decodeDated(d *decoder) {
	if s.at = d.int(); d.version >= 4 {
		s.epoch = uint32(d.uint())
	}
}

// epochOf returns the epoch in which a reader's present records are.
func (t *Timeline) epochOf(r *reader) uint32 {
	if r.View == Snapshot {
		return t.site.epoch
	}
	return r.clock.epoch
}

// endsOrderly reports whether a supervisor that reloads or stops saves its states:
// not when it crashes or can't start.
func endsOrderly(p *supervision.ProcessState) bool {
	return p == nil || !strings.Contains(p.Text, "SIGSEGV") && !strings.HasPrefix(p.Text, "Bailing out")
}

// readClock notes the stamp of a record. A stamp that goes back begins a new
// epoch: what is older by the clock is the newer thing.
func (t *Timeline) readClock(rec *supervision.Record, r *reader) {
	if rec.Late {
		return // the file was behind its time, and not the clock
	}
	at := rec.Time.Unix()
	if r.clock.epoch < t.site.epoch && t.opts.Order.isLive(r.Name) {
		// Others have seen the clock go back while this one had nothing to report.
		r.clock = clock{latest: at, epoch: t.site.epoch}
	}
	switch {
	case r.View == Snapshot || r.StartOnly || rec.Kind == supervision.PresentState || at > t.now.Unix()+ahead:
		// Not the moment at which it was written, or not to be trusted.
	case r.clock.latest != 0 && at < r.clock.latest-turnBack:
		r.clock = clock{latest: at, epoch: r.clock.epoch + 1}
		if r.clock.epoch > t.site.epoch {
			t.site.epoch, t.siteChanged = r.clock.epoch, true
			// The last start was before, whatever its stamp is.
			t.site.started, t.site.begun = min(t.site.started, at), min(t.site.begun, at)
		}
	default:
		r.clock.latest = max(r.clock.latest, at)
	}
}

// fromModule reports whether a record is of a time that a broker module has
// reported. It notes how far the module has come. A module that has missed a
// result of the object is not believed to report all of it.
func (t *Timeline) fromModule(rec *supervision.Record, r *reader, o *object) bool {
	at := rec.Time.Unix()
	if r.View == Everything {
		t.extendModule(rec, r)
		return false
	}
	if o.missing != 0 || r.View == Snapshot && rec.Check != nil {
		return false // a present state is compared with what the module reported last
	}
	return slices.ContainsFunc(t.site.modules, func(s span) bool {
		return at >= s.from && at < s.to && s.epoch == r.clock.epoch
	})
}

func (t *Timeline) extendModule(rec *supervision.Record, r *reader) {
	if rec.Kind == supervision.PresentState || rec.Note != nil && rec.Note.Loaded ||
		rec.Downtime != nil && rec.Downtime.Loaded {
		return // of before the module was there
	}
	at, last := rec.Time.Unix(), len(t.site.modules)-1
	switch {
	case last < 0 || !t.site.modules[last].open || t.site.modules[last].epoch != r.clock.epoch:
		t.site.modules = append(t.site.modules, span{from: at, to: at, epoch: r.clock.epoch, open: true})
		t.site.modules = slices.Delete(t.site.modules, 0, max(len(t.site.modules)-maxSpans, 0))
	case at > t.site.modules[last].to:
		t.site.modules[last].to = at
	default:
		return
	}
	t.siteChanged = true
}

// closeModule ends the time of a module that is not the source any more.
func (t *Timeline) closeModule() {
	last := len(t.site.modules) - 1
	if last < 0 || !t.site.modules[last].open {
		return
	}
	for _, r := range t.readers {
		if r.View == Everything && (r.Hosts || r.Services) {
			return
		}
	}
	t.site.modules[last].open, t.siteChanged = false, true
}

// Entered notes that so many more records of a batch have entered, but not all:
// a reader that begins anew from its stored position reads the batch again.
func (t *Timeline) Entered(source string, records []supervision.Record) {
	if t.site.entered == nil {
		t.site.entered = map[string]mark{}
	}
	t.site.entered[source] = mark{
		records: t.site.entered[source].records + len(records), ref: records[len(records)-1].Ref,
	}
	t.siteChanged = true
}

// Completed notes that a batch has entered to its end, with its position.
func (t *Timeline) Completed(source string) {
	if _, partly := t.site.entered[source]; partly {
		delete(t.site.entered, source)
		t.siteChanged = true
	}
}

// Again returns how many records a reader that begins from its stored position
// reads again although they have entered, and the Ref of the last of them.
func (t *Timeline) Again(source string) (records int, last string) {
	m := t.site.entered[source]
	return m.records, m.ref
}

func (t *Timeline) encodeSite() []byte {
	e := encoder{memoryVersion}
	e.int(t.site.started)
	e.int(t.site.begun)
	e.bits(t.site.saved)
	e.uint(uint64(t.site.epoch))
	e.uint(uint64(len(t.names)))
	for _, name := range t.names {
		e.text(name)
	}
	e.uint(uint64(len(t.site.modules)))
	for _, s := range t.site.modules {
		e.int(s.from)
		e.int(s.to)
		e.uint(uint64(s.epoch))
		e.bits(s.open)
	}
	e.uint(uint64(len(t.site.entered)))
	for _, name := range slices.Sorted(maps.Keys(t.site.entered)) {
		e.text(name)
		e.int(int64(t.site.entered[name].records))
		e.text(t.site.entered[name].ref)
	}
	return e
}

func (t *Timeline) rememberSite(value []byte) error {
	d := decoder{b: value}
	if d.version = d.byte(); d.version != memoryVersion && d.version != olderVersion {
		return errMemory
	}
	site := siteMemory{started: d.int(), begun: d.int(), saved: d.byte()&1 != 0, epoch: uint32(d.uint())}
	var known names
	for range d.count() {
		known = append(known, d.text())
	}
	for range d.count() {
		s := span{from: d.int(), to: d.int(), epoch: uint32(d.uint())}
		s.open = d.byte()&1 != 0
		site.modules = append(site.modules, s)
	}
	site.entered = map[string]mark{}
	for range d.count() {
		name := d.text()
		site.entered[name] = mark{records: int(d.int()), ref: d.text()}
	}
	if d.bad || len(d.b) != 0 {
		return fmt.Errorf("memory of the site: %w", errMemory)
	}
	t.site, t.names = site, known
	return nil
}
