package perfdata

import (
	"bytes"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The bounds of a record of several lines. Those behind them are rejected.
const (
	maxGroupBytes = supervision.BatchBytes
	maxGroupLines = supervision.BatchLines
)

// group is a record of which further lines may come. Icinga 2 and Shinken write an
// output of several lines as it is, so the record goes on up to the next one's prefix.
type group struct {
	Text   []byte `json:"text"` // without the last line feed
	File   string `json:"file"` // a path, for people
	Ref    string `json:"ref"`  // the file, the same under whatever name it has
	Offset int64  `json:"offset"`
	Late   bool   `json:"late,omitempty"`
	lines  int
}

func (g *group) place() place { return place{ref: g.Ref, file: g.File, late: g.Late} }

// takes reports whether a line can belong to the record.
func (g *group) takes(line []byte, from place) bool {
	return g.Ref == from.ref && g.lines < maxGroupLines && len(g.Text)+len(line) < maxGroupBytes
}

// begins reports whether a line is the first one of a record, which the prefixes of
// all formats have to show.
func (c *collector) begins(line []byte) bool {
	if !c.marked {
		return true
	}
	for _, f := range c.formats {
		if len(line) >= len(f.prefix) && string(line[:len(f.prefix)]) == f.prefix {
			return true
		}
	}
	return false
}

// join adds a line to the record in front of it, and reports whether it belongs
// there.
func (c *collector) join(line []byte, from place) bool {
	g := c.open
	if g == nil || c.begins(line) || !g.takes(line, from) {
		return false
	}
	g.Text = append(append(g.Text, '\n'), line...)
	g.lines++
	return true
}

// settle ends the record that may have further lines: nothing belongs to it any more.
// If its lines are no record together, each is taken by itself.
func (c *collector) settle() {
	g := c.open
	if g == nil {
		return
	}
	c.open = nil
	whole := bytes.TrimRight(g.Text, "\n")
	c.skip(skipEmpty, len(g.Text)-len(whole))
	if bytes.IndexByte(whole, '\n') < 0 {
		c.take(whole, g.place(), g.Offset)
		return
	}
	further := bytes.Count(whole, []byte("\n"))
	if c.takeGlued(string(whole), g.place(), g.Offset) {
		c.skip(skipFurther, further)
		return
	}
	if record, odd, err := c.parse(string(whole)); err == nil {
		c.several = true
		c.skip(skipFurther, further)
		c.keep(record, odd, g.place(), g.Offset)
		return
	}
	offset := g.Offset
	for line := range strings.SplitSeq(string(whole), "\n") {
		if line == "" {
			c.skip(skipEmpty, 1)
		} else {
			c.take([]byte(line), g.place(), offset)
		}
		offset += int64(len(line)) + 1
	}
}

// mayGoOn reports whether the last record may go on although nothing follows it now.
// Nagios and its kin write a record at once, so only what was seen to write several
// lines is waited for.
func (c *collector) mayGoOn() bool { return c.open != nil && c.several }

// restore goes on with a record whose first lines are stored.
func (c *collector) restore(g *group) {
	if g != nil {
		c.open, c.several = g, true
		g.lines = 1 + bytes.Count(g.Text, []byte("\n"))
	}
}
