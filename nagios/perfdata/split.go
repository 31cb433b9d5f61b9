package perfdata

import (
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
)

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// split cuts a line at the first place where each separator stands, and reports
// whether other cuts are possible. If this finds a separator missing then no
// other cut would find it.
func (f *Format) split(line string, values []string) (_ []string, ambiguous bool, err error) {
	rest, ok := strings.CutPrefix(line, f.prefix)
	if !ok {
		return nil, false, fmt.Errorf("does not start with %q", f.prefix)
	}
	last := len(f.fields) - 1
	for i := range f.fields[:last] {
		fd := &f.fields[i]
		value, after, found := strings.Cut(rest, fd.sep)
		if !found {
			return nil, false, fmt.Errorf("ends in field %d %s: %d of %d fields", i+1, fd.macro, i+1, len(f.fields))
		}
		ambiguous = ambiguous || fd.extends && strings.Count(after, fd.sep) > fd.later
		values = append(values, value)
		rest = after
	}
	value, ok := strings.CutSuffix(rest, f.fields[last].sep)
	if !ok {
		return nil, false, fmt.Errorf("field %d %s does not end in %q",
			last+1, f.fields[last].macro, f.fields[last].sep)
	}
	return append(values, value), ambiguous, nil
}

// maxTries bounds the cuts that search looks at.
const maxTries = 20000

// strictness is what search expects of the values.
type strictness uint8

const (
	anything    strictness = iota
	plainOthers            // macros without a meaning of their own hold no control characters
	perfdataLike
)

// searcher looks for the best of many possible cuts of one line.
type searcher struct {
	format *Format
	values []string
	want   strictness
	odd    bool // a latency and its like may be anything
	tries  int
}

// search looks for the cut of a line whose values contain separators. Numbers,
// states and names have to look like what they are; among the cuts that remain
// those win where the perfdata is empty or starts with label=number, then those
// where output is shortest: of "a<tab>b<tab>x=1<tab>y=2" the perfdata is
// "x=1<tab>y=2". If no cut is left, a latency and its like may be odd.
func (f *Format) search(line string) ([]string, bool) {
	s := searcher{format: f, values: make([]string, len(f.fields))}
	rest := line[len(f.prefix):]
	for _, s.odd = range []bool{false, true} {
		for _, s.want = range []strictness{perfdataLike, plainOthers, anything} {
			if s.from(0, rest) {
				return s.values, true
			}
		}
	}
	return nil, false
}

// from cuts fields i and up from rest, depth first, shortest values first.
func (s *searcher) from(i int, rest string) bool {
	fd := &s.format.fields[i]
	if i == len(s.format.fields)-1 {
		value, ok := strings.CutSuffix(rest, fd.sep)
		s.values[i] = value
		return ok && s.accepts(fd, value)
	}
	for end := 0; ; end += len(fd.sep) {
		n := strings.Index(rest[end:], fd.sep)
		if n < 0 || s.tries >= maxTries {
			return false
		}
		s.tries++
		end += n
		value := rest[:end]
		if s.accepts(fd, value) {
			s.values[i] = value
			if s.from(i+1, rest[end+len(fd.sep):]) {
				return true
			}
		}
		if !fd.extends || !s.mayGrow(fd, value) {
			return false
		}
	}
}

func (s *searcher) accepts(fd *field, value string) bool {
	switch {
	case fd.meaning == pairs.Perfdata:
		return s.want < perfdataLike || value == "" || startsLikePerfdata(value)
	case fd.meaning.IsText():
		return true
	case fd.meaning == pairs.Other:
		return s.mayGrow(fd, value)
	case fd.meaning == pairs.HostName || fd.meaning == pairs.ServiceName:
		return value != "" && s.mayGrow(fd, value)
	}
	scratch := pairs.NewBuilder(s.format.class)
	return scratch.Put(fd.meaning, fd.macro, value) == nil && (s.odd || !scratch.Odd())
}

// mayGrow reports whether a longer value could still be accepted.
func (s *searcher) mayGrow(fd *field, value string) bool {
	const longestName = 1024
	switch {
	case fd.meaning.IsText(), fd.meaning == pairs.Other && s.want == anything:
		return true
	case len(value) > longestName:
		return false
	}
	return !strings.ContainsFunc(value, isControl)
}

// startsLikePerfdata reports whether the first token of a text is label=number,
// the label quoted if it has blanks, the number U when unknown (Nagios plugin
// guidelines).
func startsLikePerfdata(s string) bool {
	s = strings.TrimLeft(s, " ")
	var end int
	if strings.HasPrefix(s, "'") {
		end = strings.Index(s, "'=") + 1
	} else {
		end = strings.IndexAny(s, "= \t")
	}
	if end <= 0 || end+1 >= len(s) || s[end] != '=' {
		return false
	}
	c := s[end+1]
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'U'
}
