package logfile

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// sourceName is the name of the source, and begins the Refs of its records.
const sourceName = "log"

// Line is one line of the log, and where it stands.
type Line struct {
	Text   []byte `json:"text"`
	File   string `json:"file,omitempty"`    // a path, for people
	FileID string `json:"file_id,omitempty"` // the same under whatever name the file has
	Offset int64  `json:"offset"`            // of the line's first byte
	// Late: lines behind it were read before it.
	Late bool `json:"late,omitempty"`
}

// Parser turns lines into records. It does no I/O and has no clock. The same
// lines become the same records, however they are divided into batches and
// wherever a Parser is replaced by a new one with the same Held and Program.
// Memory is bounded by the lines added since the last Take, by maxHeldLines and
// maxHeldBytes, by maxOrders and maxOrderBytes, and by the one longest line.
type Parser struct {
	program string
	// longOutput: the ALERTs of Icinga 1 have the long output behind a literal \n.
	longOutput bool
	formed     bool // a line of the log's form was seen
	ready      output
	orders     waitingOrders
	held       *held // nil if nothing else is held back
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
	odd      []supervision.Oddity
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
	o.odd = append(o.odd, more.odd...)
	for reason, n := range more.skipped {
		o.skip(reason, n)
	}
}

// entry is one line, read by itself. Which of the fields after message is set
// depends on the kind of line.
type entry struct {
	message
	order     *passiveResult // a PROCESS_*_CHECK_RESULT command
	shown     *passiveResult // a PASSIVE ... CHECK line
	records   []supervision.Record
	skip      string // a reason; besides records: for what they leave out
	err       error
	refusable []byte              // "NAME;arguments" of an order that the next line may refuse
	missing   *supervision.Entity // what a daemon of Shinken does not know
	odd       []supervision.Strange
}

// Add takes the next line. The text may be reused afterwards.
func (p *Parser) Add(l Line) {
	e := p.read(l)
	p.forgetOrders(e)
	switch {
	case e.shown != nil:
		p.release()
		p.addShown(l, e)
	case e.order != nil:
		p.release()
		p.addOrder(l, e)
	case !p.addBehind(l, e):
		p.release()
		p.addFirst(l, e)
	}
}

// read reads one line without regard to the others.
func (p *Parser) read(l Line) (e entry) {
	var ok bool
	line := bytes.TrimLeft(l.Text, "\x00") // a crash of the machine leaves them
	if len(line) < len(l.Text) {
		e.strange("line", nil, "zero bytes in front of it: left out")
	}
	if e.message, ok, e.err = splitLine(line); !ok {
		if e.err == nil {
			e.skip = skipContinuation
			if hasKnownKind(line) {
				e.strange("line", line, reasonFormless)
			}
		}
		return e
	}
	p.formed = true
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
		f := newFields(e.rest)
		e.shown, e.err = parseShownResult(kind == shownHostResult, f, p.program)
		e.odd = append(e.odd, f.odd...)
	default:
		p.readKind(&e)
	}
	if levelled && e.skip == skipUnknown {
		e.skip, e.missing = skipInformational, missingObject(e.text)
	}
	if e.skip == skipUnknown && hasKnownKind(e.text) {
		e.strange("line", line, reasonFormless)
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
		f := newFields(e.rest)
		rec, skip, err := parse(f)
		if skip == skipNotChecked && rec.Check != nil && isShinken(p.program) {
			skip = ""
		}
		e.skip, e.err = skip, err
		if err == nil && skip == "" {
			if p.longOutput && rec.Kind == supervision.CheckResult {
				cutLongOutput(rec.Check)
			}
			e.records, e.odd = []supervision.Record{rec}, append(e.odd, f.odd...)
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
	if !unsureRefusal[name] {
		e.refusable = e.rest
	}
	records, err := parse(f)
	if err != nil {
		e.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	if isOver(records, e.time) {
		e.skip, e.refusable = skipRefused, nil
		return
	}
	e.records, e.odd = records, append(e.odd, f.odd...)
}

func (e *entry) strange(field string, value []byte, reason string) {
	e.odd = append(e.odd, supervision.Strange{Field: field, Value: string(value), Reason: reason})
}

// add counts or rejects a line, or adds its records with time and Ref.
func (o *output) add(l Line, e entry) {
	o.oddities(l, e)
	if e.err != nil {
		reason := e.err.Error()
		if len(e.kind) > 0 {
			reason = string(e.kind) + ": " + reason
		}
		o.rejected = append(o.rejected, supervision.Rejected{
			Source: sourceName,
			Where:  l.where(),
			Reason: reason,
			Raw:    append([]byte(nil), l.Text...),
		})
		return
	}
	if e.skip != "" {
		o.skip(e.skip, 1)
	}
	for i, rec := range e.records {
		rec.Time, rec.Ref, rec.Late = e.time, ref(l, i), l.Late
		o.records = append(o.records, rec)
	}
}

// oddities adds what makes no sense in a line.
func (o *output) oddities(l Line, e entry) {
	for _, odd := range e.odd {
		where := l.where()
		if len(e.kind) > 0 {
			where += ": " + string(e.kind)
		}
		o.odd = append(o.odd, odd.Oddity(where))
	}
}

func (l Line) where() string { return l.File + ":" + strconv.FormatInt(l.Offset, 10) }

// ref names the nth record of a line.
func ref(l Line, n int) string {
	const idLength = 16
	s := sourceName + ":" + l.FileID[:min(len(l.FileID), idLength)] + ":" + strconv.FormatInt(l.Offset, 10)
	if n > 0 {
		s += "#" + strconv.Itoa(n+1)
	}
	return s
}

// Take returns what the lines have become since the last Take, without what is
// held back. Position and EndSeen are left to the caller.
func (p *Parser) Take() supervision.Batch {
	o := p.ready
	p.ready = output{}
	return supervision.Batch{Records: o.records, Rejected: o.rejected, Skipped: o.skipped, Odd: o.odd}
}
