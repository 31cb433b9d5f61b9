package perfdata

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const pairsPrefix = "DATATYPE::"

// dataType is what a DATATYPE says of the rest of its line.
type dataType struct {
	object Object
	// escaped: values write backslash, tab, line feed, carriage return and NUL
	// as \\ \t \n \r \0.
	escaped bool
}

// dataTypes are PNP4Nagios' own (process_perfdata.pl), whose values are as
// Nagios expands its macros, and the escaped ones of our broker modules.
var dataTypes = map[string]dataType{
	"HOSTPERFDATA":    {Host, false},
	"SERVICEPERFDATA": {Service, false},
	"HOSTCHECK":       {Host, true},
	"SERVICECHECK":    {Service, true},
}

// Pairs is the format of self-describing lines: tab-separated KEY::VALUE
// pairs, keys being macro names in any order, of hosts and services alike, as
// PNP4Nagios' templates, Icinga 2's PerfdataWriter, Shinken's NPCD module and
// our broker modules write them.
func Pairs() *Format {
	return &Format{prefix: pairsPrefix, pairs: true, tellsState: true}
}

// compilePairs gives nil for templates that don't make KEY::VALUE lines.
func compilePairs(template string, object Object) (*Format, error) {
	if !strings.HasPrefix(template, pairsPrefix) {
		return nil, nil
	}
	f := &Format{object: object, prefix: pairsPrefix, pairs: true}
	told := make(map[meaning]bool)
	for segment := range strings.SplitSeq(template, "\t") {
		key, value, ok := cutKey(segment)
		if !ok {
			return nil, nil
		}
		m := object.meaningOf(key)
		if m == datatype {
			if kind, known := dataTypes[value]; !known || kind.object != object || kind.escaped {
				return nil, fmt.Errorf("DATATYPE::%s is not DATATYPE::%sPERFDATA", value, strings.ToUpper(object.String()))
			}
		}
		if macro := strings.Trim(value, "$"); m == other && object.meaningOf(macro) != other {
			if f.aliases == nil {
				f.aliases = make(map[string]string)
			}
			f.aliases[key] = macro
			m = object.meaningOf(macro)
		}
		told[m] = true
	}
	return f, f.checkComplete(func(m meaning) bool { return told[m] })
}

// cutKey cuts "KEY::VALUE". A key is a macro name: capitals, digits and
// underscores.
func cutKey(segment string) (key, value string, ok bool) {
	for i := 0; i < len(segment); i++ {
		switch c := segment[i]; {
		case c >= 'A' && c <= 'Z', c == '_', c >= '0' && c <= '9' && i > 0:
		case c == ':' && i > 0 && strings.HasPrefix(segment[i:], "::"):
			return segment[:i], segment[i+2:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

type pair struct {
	key, value string
	start      int // of the value, in the line
}

// cutPairs cuts a line into its pairs. A tab inside a value makes a segment
// that does not start with KEY::; it belongs to the value before it.
func cutPairs(line string, pairs []pair) ([]pair, error) {
	for start := 0; start <= len(line); {
		end := strings.IndexByte(line[start:], '\t')
		if end < 0 {
			end = len(line)
		} else {
			end += start
		}
		key, value, ok := cutKey(line[start:end])
		switch {
		case ok && len(pairs) == maxMacros:
			return nil, fmt.Errorf("more than %d pairs", maxMacros)
		case ok:
			pairs = append(pairs, pair{key, value, end - len(value)})
		case len(pairs) == 0:
			return nil, fmt.Errorf("%s is not KEY::VALUE", quote(line[start:end]))
		default:
			last := &pairs[len(pairs)-1]
			last.value = line[last.start:end]
		}
		start = end + 1
	}
	return pairs, nil
}

// ParsePairs reads a KEY::VALUE line, without its line feed, whose DATATYPE is
// HOSTPERFDATA, SERVICEPERFDATA, HOSTCHECK or SERVICECHECK; of the last two the
// escapes are undone. Keys that say nothing about a check are kept in
// Check.Extra. A line that has a key twice is refused: one of the two is part
// of a plugin's output. The record's strings share the line's memory.
func ParsePairs(line string) (supervision.Record, error) { return parsePairs(line, nil) }

func parsePairs(line string, aliases map[string]string) (supervision.Record, error) {
	var array [24]pair
	pairs, err := cutPairs(line, array[:0])
	if err != nil {
		return supervision.Record{}, err
	}
	kind, err := findDataType(pairs)
	if err != nil {
		return supervision.Record{}, err
	}
	r := newResult(kind.object)
	for i := range pairs {
		p := &pairs[i]
		if err := r.putPair(p, kind, aliases); err != nil {
			return supervision.Record{}, fmt.Errorf("field %d %s: %w", i+1, p.key, err)
		}
		for _, earlier := range pairs[:i] {
			if earlier.key == p.key {
				return supervision.Record{}, fmt.Errorf("field %d %s: is there twice", i+1, p.key)
			}
		}
	}
	return r.finish()
}

func (r *result) putPair(p *pair, kind dataType, aliases map[string]string) error {
	macro, value := p.key, p.value
	if known, ok := aliases[macro]; ok {
		macro = known
	}
	m := r.object.meaningOf(macro)
	switch {
	case kind.escaped:
		value = unescape(value)
	case m == longOutput:
		value = unescapeLong(value)
	}
	return r.put(m, macro, value)
}

func findDataType(pairs []pair) (dataType, error) {
	for _, p := range pairs {
		if p.key != "DATATYPE" {
			continue
		}
		if kind, ok := dataTypes[p.value]; ok {
			return kind, nil
		}
		return dataType{}, fmt.Errorf("unknown DATATYPE %s", quote(p.value))
	}
	return dataType{}, errors.New("no DATATYPE")
}

// unescape undoes the escapes of our broker modules. A backslash before
// anything else stands for itself.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if plain, ok := unescapedByte(s[i+1]); ok {
				c = plain
				i++
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unescapedByte(c byte) (plain byte, ok bool) {
	switch c {
	case '\\':
		return '\\', true
	case 't':
		return '\t', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case '0':
		return 0, true
	}
	return 0, false
}
