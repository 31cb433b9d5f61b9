package logfile

import (
	"fmt"
	"strconv"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// sourceName is the name of the source, and begins the Refs of its records.
const sourceName = "log"

// Line is one line of the log, and where it stands.
type Line struct {
	Text   []byte `json:"text"`
	File   string `json:"file"`    // a path, for people
	FileID string `json:"file_id"` // the same under whatever name the file has
	Offset int64  `json:"offset"`  // of the line's first byte
}

// Parser turns lines into records. It does no I/O and has no clock. The same
// lines become the same records, however they are divided into batches and
// wherever a Parser is replaced by a new one with the same Held and Program.
// Memory is bounded by the lines added since the last Take, by maxHeldLines and
// maxHeldBytes, and by the one longest line.
type Parser struct {
	program string
	ready   output
	held    *held // nil if nothing is held back
}

// NewParser makes a parser. program is what the supervisor calls itself
// ("Nagios 4.4.6"), empty if that is not known; it is also read from a
// "starting..." line.
func NewParser(program string) *Parser { return &Parser{program: program} }

// Program is what the supervisor that writes the log calls itself, as far as known.
func (p *Parser) Program() string { return p.program }

// output is what lines have become.
type output struct {
	records  []supervision.Record
	rejected []supervision.Rejected
	skipped  map[string]int
}

func (o *output) skip(reason string, n int) {
	if o.skipped == nil {
		o.skipped = map[string]int{}
	}
	o.skipped[reason] += n
}

func (o *output) merge(more output) {
	o.records = append(o.records, more.records...)
	o.rejected = append(o.rejected, more.rejected...)
	for reason, n := range more.skipped {
		o.skip(reason, n)
	}
}

// entry is one line, read by itself. Which of the fields after message is set
// depends on the kind of line.
type entry struct {
	message
	order   *passiveResult // a PROCESS_*_CHECK_RESULT command
	shown   *passiveResult // a PASSIVE ... CHECK line
	records []supervision.Record
	skip    string // a reason; besides records: for what they leave out
	err     error
}

// Add takes the next line. The text may be reused afterwards.
func (p *Parser) Add(l Line) {
	e := p.read(l)
	h := p.held
	switch {
	case e.shown != nil:
		p.addShown(l, e)
	case e.order != nil:
		p.release()
		p.held = &held{order: e.order, time: e.time}
		p.held.keep(l)
		p.held.output.skip(skipPassiveOrder, 1)
	case h != nil && h.result != nil && h.isAlert(e):
		h.output.records = h.output.records[1:]
		h.result.complete(e.records[0].Check)
		p.release()
		p.ready.add(l, e)
	case h != nil && h.result != nil && h.mayPrecedeAlert(e):
		h.keep(l)
		h.output.add(l, e)
	default:
		p.release()
		p.ready.add(l, e)
	}
}

// addShown takes a PASSIVE line, and joins it with the order in front of it.
func (p *Parser) addShown(l Line, e entry) {
	if h := p.held; h == nil || h.order == nil || !h.order.isOrderFor(e.shown) || !h.near(e.time) {
		p.release()
		p.held = &held{}
	}
	h := p.held
	order := h.order
	h.order, h.time = nil, e.time
	h.keep(l)

	current := passiveLinesAreCurrent(p.program)
	result := *e.shown
	switch {
	case order != nil && (!current || order.agrees(e.shown.entity, &e.shown.check)):
		state := order.check.State
		if current {
			state = e.shown.check.State
		}
		result.check = order.check
		result.check.State = state
	case !current:
		h.output.skip(skipNotReported, 1)
		p.release()
		return
	}
	h.result = &result
	check := result.check
	h.output.records = append(h.output.records, supervision.Record{
		Kind: supervision.CheckResult, Entity: result.entity, Time: e.time, Ref: ref(l, 0), Check: &check,
	})
}

// read reads one line without regard to the others.
func (p *Parser) read(l Line) (e entry) {
	var ok bool
	if e.message, ok, e.err = splitLine(l.Text); !ok {
		if e.err == nil {
			e.skip = skipContinuation
		}
		return e
	}
	unlevelled, levelled := fromShinken(e.text)
	if levelled {
		e.setText(unlevelled)
		if p.program == "" {
			p.learn(shinkenProgram)
		}
	}
	switch kind := string(e.kind); kind {
	case "EXTERNAL COMMAND":
		e.readCommand()
	case shownHostResult, shownServiceResult:
		e.shown, e.err = parseShownResult(kind == shownHostResult, e.rest, p.program)
	default:
		p.readKind(&e)
	}
	if levelled && e.skip == skipUnknown {
		e.skip = skipInformational
	}
	return e
}

// learn notes who writes the log. What is held back was read without knowing it,
// and is released.
func (p *Parser) learn(program string) {
	p.release()
	p.program = program
}

func (p *Parser) readKind(e *entry) {
	if parse, ok := kinds[string(e.kind)]; ok {
		rec, skip, err := parse(e.rest)
		if skip == skipNotChecked && rec.Check != nil && isShinken(p.program) {
			skip = ""
		}
		e.skip, e.err = skip, err
		if err == nil && skip == "" {
			e.records = []supervision.Record{rec}
		}
		return
	}
	if rec, ok := parseProcess(e.text); ok {
		if rec.Kind == supervision.SupervisorStarted {
			p.learn(rec.Process.Version)
		}
		e.records = []supervision.Record{rec}
		return
	}
	e.skip = silent(e.message)
}

func (e *entry) readCommand() {
	name, f := splitCommand(e.rest)
	if name == orderedHostResult || name == orderedServiceResult {
		e.order, e.err = parseOrderedResult(name, f)
		return
	}
	parse, ok := commands[name]
	if !ok {
		e.skip = skipCommand
		return
	}
	records, err := parse(f)
	if err != nil {
		e.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	e.records = records
	if name == "ACKNOWLEDGE_HOST_SVC_PROBLEM" {
		e.skip = skipHostServices
	}
}

// add counts or rejects a line, or adds its records with time and Ref.
func (o *output) add(l Line, e entry) {
	if e.err != nil {
		reason := e.err.Error()
		if len(e.kind) > 0 {
			reason = string(e.kind) + ": " + reason
		}
		o.rejected = append(o.rejected, supervision.Rejected{
			Source: sourceName,
			Where:  l.File + ":" + strconv.FormatInt(l.Offset, 10),
			Reason: reason,
			Raw:    append([]byte(nil), l.Text...),
		})
		return
	}
	if e.skip != "" {
		o.skip(e.skip, 1)
	}
	for i, rec := range e.records {
		rec.Time, rec.Ref = e.time, ref(l, i)
		o.records = append(o.records, rec)
	}
}

// ref names the nth record of a line.
func ref(l Line, n int) string {
	const idLength = 16
	s := sourceName + ":" + l.FileID[:min(len(l.FileID), idLength)] + ":" + strconv.FormatInt(l.Offset, 10)
	if n > 0 {
		s += "#" + strconv.Itoa(n+1)
	}
	return s
}

// release returns what is held back with the next Take.
func (p *Parser) release() {
	if p.held != nil {
		p.ready.merge(p.held.output)
		p.held = nil
	}
}

// Waiting names the result that is held back to see whether an ALERT follows, by
// its Ref; empty if none is.
func (p *Parser) Waiting() string {
	if p.held == nil || p.held.result == nil {
		return ""
	}
	return p.held.output.records[0].Ref
}

// Settle releases the result that is held back, because nothing more is coming. An
// order that waits for its PASSIVE line goes on waiting.
func (p *Parser) Settle() {
	if p.Waiting() != "" {
		p.release()
	}
}

// Held returns the lines that are held back, oldest first. A Parser that goes on
// from here has to be fed with them first.
func (p *Parser) Held() []Line {
	if p.held == nil {
		return nil
	}
	return p.held.lines
}

// Take returns what the lines have become since the last Take, without what is
// held back. Position and EndSeen are left to the caller.
func (p *Parser) Take() supervision.Batch {
	o := p.ready
	p.ready = output{}
	return supervision.Batch{Records: o.records, Rejected: o.rejected, Skipped: o.skipped}
}
