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
	reasonNoLF    = "the last line of the file has no line feed, so it may be cut"
	reasonGone    = "the file was removed before it was read to its end: its lines from here on are lost"
)

// place is where lines come from.
type place struct {
	ref  string // names the input, the same whenever it is read again
	file string // for people
}

func (p place) where(offset int64) string {
	return p.file + ":" + strconv.FormatInt(offset, 10)
}

// collector gathers lines into a batch.
type collector struct {
	source  string    // its name
	formats []*Format // longest prefix first
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
	return &collector{source: source, formats: sorted}
}

// reset begins a new batch in the memory of the last one.
func (c *collector) reset() {
	clear(c.batch.Records) // lets go of the strings
	clear(c.batch.Rejected)
	c.batch = supervision.Batch{Records: c.batch.Records[:0], Rejected: c.batch.Rejected[:0]}
	c.bytes = 0
}

func (c *collector) full() bool { return c.batch.Full(c.bytes) }

// add adds a line without its line feed. The batch keeps no reference to the
// line's memory.
func (c *collector) add(line []byte, from place, offset int64) {
	c.bytes += len(line)
	if len(line) == 0 {
		if c.batch.Skipped == nil {
			c.batch.Skipped = make(map[string]int)
		}
		c.batch.Skipped["empty line"]++
		return
	}
	text := string(line)
	if at, record, ok := c.glued(text); ok {
		c.reject(line[:at], from, offset, reasonCut)
		c.keep(record, from, offset+int64(at))
		return
	}
	record, err := c.parse(text)
	if err != nil {
		c.reject(line, from, offset, err.Error())
		return
	}
	c.keep(record, from, offset)
}

func (c *collector) keep(r supervision.Record, from place, offset int64) {
	ref := make([]byte, 0, len(from.ref)+20)
	ref = append(append(ref, from.ref...), '@')
	r.Ref = string(strconv.AppendInt(ref, offset, 10))
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
func (c *collector) parse(line string) (supervision.Record, error) {
	var first error
	for _, f := range c.formats {
		if !strings.HasPrefix(line, f.prefix) {
			continue
		}
		r, err := f.Parse(line)
		if err == nil {
			return r, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("starts with none of the prefixes of the templates, such as %s",
			pairs.Quote(c.formats[0].prefix))
	}
	return supervision.Record{}, first
}

// glued finds a whole record at the end of a line that began as another one:
// when a pipe or a file system was full, Nagios wrote the start of a record
// without its line feed, and went on with a later one.
func (c *collector) glued(line string) (at int, r supervision.Record, ok bool) {
	for _, f := range c.formats {
		if len(f.prefix) < shortestMark || !strings.Contains(line[1:], f.prefix) {
			continue
		}
		if i := strings.LastIndex(line, f.prefix); i > at {
			at = i
		}
	}
	if at == 0 {
		return 0, r, false
	}
	r, err := c.parse(line[at:])
	return at, r, err == nil
}
