package perfdata

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// shortestMark is the length in bytes from which a format's prefix is taken for
// the start of a record wherever it stands.
const shortestMark = 8

const (
	reasonTooLong = "the line is longer than 1 MiB"
	reasonCut     = "the record is cut: another one follows it in the same line"
	reasonNUL     = "zero bytes in front of a line: left out"
	reasonNoLF    = "the last line of the file has no line feed, so it may be cut"
	reasonGone    = "the file was removed before it was read to its end: its lines from here on are lost"
)

// place is where lines come from.
type place struct {
	ref  string // names the input, the same whenever it is read again
	file string // for people
	late bool   // what follows it was read before
}

func (p place) where(offset int64) string {
	return p.file + ":" + strconv.FormatInt(offset, 10)
}

// collector gathers lines into a batch.
type collector struct {
	source  string    // its name
	formats []*Format // longest prefix first
	marked  bool      // each format's prefix marks where a record begins
	open    *group    // the last record, if further lines of it may come; else nil
	group   group     // its memory
	several bool      // records of several lines were seen
	batch   supervision.Batch
	bytes   int
}

// checkFormats refuses options that nothing could be read with.
func checkFormats(source string, formats []*Format) error {
	if source == "" {
		return option.Faultf("name", "a perfdata reader needs a name")
	}
	if len(formats) == 0 {
		return option.Faultf("template", "perfdata reader %s has no template", source)
	}
	return nil
}

func newCollector(source string, formats []*Format) *collector {
	sorted := slices.Clone(formats)
	slices.SortStableFunc(sorted, func(a, b *Format) int { return len(b.prefix) - len(a.prefix) })
	marked := len(sorted[len(sorted)-1].prefix) >= shortestMark
	return &collector{source: source, formats: sorted, marked: marked}
}

// reset begins a new batch in the memory of the last one.
func (c *collector) reset() {
	clear(c.batch.Records) // lets go of the strings
	clear(c.batch.Rejected)
	clear(c.batch.Odd)
	c.batch = supervision.Batch{
		Records: c.batch.Records[:0], Rejected: c.batch.Rejected[:0], Odd: c.batch.Odd[:0],
	}
	c.bytes = 0
}

func (c *collector) full() bool { return c.batch.Full(c.bytes) }

// add adds a line without its line feed. The batch keeps no reference to the
// line's memory. The record of the line comes with the first line of the next one, or
// with settle.
func (c *collector) add(line []byte, from place, offset int64) {
	c.bytes += len(line)
	if text := bytes.TrimLeft(line, "\x00"); len(text) < len(line) {
		offset += int64(len(line) - len(text))
		line = text
		c.odd(supervision.Oddity{Reason: reasonNUL, Where: from.where(offset)})
	}
	if c.join(line, from) {
		return
	}
	c.settle()
	switch {
	case len(line) == 0:
		c.skip(skipEmpty, 1)
	case c.marked && c.begins(line):
		c.group = group{
			Text: append(c.group.Text[:0], line...), File: from.file, Ref: from.ref, Late: from.late,
			Offset: offset, lines: 1,
		}
		c.open = &c.group
	default:
		c.take(line, from, offset)
	}
}

const (
	skipEmpty   = "empty line"
	skipFurther = "further line of a record"
)

func (c *collector) skip(why string, lines int) {
	if lines == 0 {
		return
	}
	if c.batch.Skipped == nil {
		c.batch.Skipped = make(map[string]int)
	}
	c.batch.Skipped[why] += lines
}

func (c *collector) odd(o supervision.Oddity) { c.batch.Odd = append(c.batch.Odd, o) }

// take takes a record of one line.
func (c *collector) take(line []byte, from place, offset int64) {
	text := string(line)
	if c.takeGlued(text, from, offset) {
		return
	}
	record, odd, err := c.parse(text)
	if err != nil {
		c.reject(line, from, offset, err.Error())
		return
	}
	c.keep(record, odd, from, offset)
}

// takeGlued takes the whole record at the end of a text that began as another one,
// and reports whether there is one.
func (c *collector) takeGlued(text string, from place, offset int64) bool {
	at, record, odd := c.glued(text)
	if at == 0 {
		return false
	}
	c.reject([]byte(text[:at]), from, offset, reasonCut)
	c.keep(record, odd, from, offset+int64(at))
	return true
}

func (c *collector) keep(r supervision.Record, odd []supervision.Strange, from place, offset int64) {
	for _, o := range odd {
		c.odd(o.Oddity(from.where(offset) + ": " + r.Entity.String()))
	}
	ref := make([]byte, 0, len(from.ref)+20)
	ref = append(append(ref, from.ref...), '@')
	r.Ref = string(strconv.AppendInt(ref, offset, 10))
	r.Late = from.late
	c.batch.Records = append(c.batch.Records, r)
}

func (c *collector) reject(raw []byte, from place, offset int64, reason string) {
	c.batch.Rejected = append(c.batch.Rejected, supervision.Rejected{
		Source: c.source,
		Where:  from.where(offset),
		Reason: reason,
		Raw:    bytes.Clone(raw),
	})
}

// parse tries the formats whose prefix the line has, one after the other. If none
// fits, the first one's error is returned.
func (c *collector) parse(line string) (supervision.Record, []supervision.Strange, error) {
	var first error
	for _, f := range c.formats {
		if !strings.HasPrefix(line, f.prefix) {
			continue
		}
		r, odd, err := f.Parse(line)
		if err == nil {
			return r, odd, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("starts with none of the prefixes of the templates, such as %s",
			pairs.Quote(c.formats[0].prefix))
	}
	return supervision.Record{}, nil, first
}

// glued finds a whole record at the end of a line that began as another one:
// when a pipe or a file system was full, Nagios wrote the start of a record
// without its line feed, and went on with a later one. At is 0 if there is none.
func (c *collector) glued(line string) (at int, r supervision.Record, odd []supervision.Strange) {
	for _, f := range c.formats {
		if len(f.prefix) < shortestMark || !strings.Contains(line[1:], f.prefix) {
			continue
		}
		if i := strings.LastIndex(line, f.prefix); i > at {
			at = i
		}
	}
	if at == 0 {
		return 0, r, nil
	}
	r, odd, err := c.parse(line[at:])
	if err != nil {
		return 0, r, nil
	}
	return at, r, odd
}
