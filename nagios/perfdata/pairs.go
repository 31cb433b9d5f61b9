package perfdata

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
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
		key, value, ok := pairs.CutKey(segment)
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

// ParsePairs reads a KEY::VALUE line, without its line feed, whose DATATYPE is
// HOSTPERFDATA, SERVICEPERFDATA, HOSTCHECK or SERVICECHECK; of the last two the
// escapes are undone. Keys that say nothing about a check are kept in
// Check.Extra. A line that has a key twice is refused: one of the two is part
// of a plugin's output. The record's strings share the line's memory.
func ParsePairs(line string) (supervision.Record, error) { return parsePairs(line, nil) }

func parsePairs(line string, aliases map[string]string) (supervision.Record, error) {
	var array [64]pairs.Pair
	cut, err := pairs.Cut(line, array[:0])
	if err != nil {
		return supervision.Record{}, err
	}
	value, ok := pairs.Find(cut, "DATATYPE")
	if !ok {
		return supervision.Record{}, errors.New("no DATATYPE")
	}
	kind, ok := dataTypes[value]
	if !ok {
		return supervision.Record{}, fmt.Errorf("unknown DATATYPE %s", quote(value))
	}
	return kind.parse(cut, aliases)
}

// ParseCheck reads the pairs of a check result that one of our broker modules
// wrote, and undoes their escapes; see ParsePairs.
func ParseCheck(object Object, cut []pairs.Pair) (supervision.Record, error) {
	return dataType{object, true}.parse(cut, nil)
}

func (kind dataType) parse(cut []pairs.Pair, aliases map[string]string) (supervision.Record, error) {
	r := newResult(kind.object)
	for i := range cut {
		if err := r.putPair(cut[i], kind, aliases); err != nil {
			return supervision.Record{}, fmt.Errorf("field %d %s: %w", i+1, cut[i].Key, err)
		}
	}
	if key := pairs.Twice(cut); key != "" {
		return supervision.Record{}, fmt.Errorf("field %s: is there twice", key)
	}
	return r.finish()
}

func (r *result) putPair(p pairs.Pair, kind dataType, aliases map[string]string) error {
	macro, value := p.Key, p.Value
	if known, ok := aliases[macro]; ok {
		macro = known
	}
	m := r.object.meaningOf(macro)
	switch {
	case kind.escaped:
		value = pairs.Unescape(value)
	case m == longOutput:
		value = unescapeLong(value)
	}
	return r.put(m, macro, value)
}
