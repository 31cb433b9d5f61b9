package pairs

import (
	"errors"
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Prefix is the beginning of a line that begins with its DATATYPE.
const Prefix = "DATATYPE::"

// dataType is what a DATATYPE means for the rest of its line.
type dataType struct {
	class Class
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

// ParseLine reads the check result of a line, without its line feed, whose
// DATATYPE is HOSTPERFDATA, SERVICEPERFDATA, HOSTCHECK or SERVICECHECK; of the
// last two the escapes are undone. Aliases are the macros behind keys that a
// template has invented. Keys that are no property of a check are kept in
// Check.Extra. A line that has a key twice is refused: one of the two is part
// of a plugin's output. The record's strings share the line's memory. Values that
// make no sense are returned too: the record does without them.
func ParseLine(line string, aliases map[string]string) (supervision.Record, []supervision.Strange, error) {
	var array [64]Pair
	cut, err := Cut(line, array[:0])
	if err != nil {
		return supervision.Record{}, nil, err
	}
	value, ok := Find(cut, "DATATYPE")
	if !ok {
		return supervision.Record{}, nil, errors.New("no DATATYPE")
	}
	kind, ok := dataTypes[value]
	if !ok {
		return supervision.Record{}, nil, fmt.Errorf("unknown DATATYPE %s", Quote(value))
	}
	return kind.parse(cut, aliases)
}

// ParseEscaped reads the pairs of a check result that one of our broker modules
// wrote, and undoes their escapes; see ParseLine.
func ParseEscaped(class Class, cut []Pair) (supervision.Record, []supervision.Strange, error) {
	return dataType{class, true}.parse(cut, nil)
}

func (d dataType) parse(
	cut []Pair, aliases map[string]string,
) (supervision.Record, []supervision.Strange, error) {
	b := NewBuilder(d.class)
	b.exact = d.escaped
	for i := range cut {
		if err := d.put(&b, cut[i], aliases); err != nil {
			return supervision.Record{}, nil, fmt.Errorf("field %d %s: %w", i+1, cut[i].Key, err)
		}
	}
	if key := Twice(cut); key != "" {
		return supervision.Record{}, nil, fmt.Errorf("field %s: is there twice", key)
	}
	return b.Record()
}

func (d dataType) put(b *Builder, p Pair, aliases map[string]string) error {
	macro, value := p.Key, p.Value
	if known, ok := aliases[macro]; ok {
		macro = known
	}
	m := d.class.MeaningOf(macro)
	switch {
	case d.escaped:
		value = Unescape(value)
	case m == LongOutput:
		value = UnescapeLong(value)
	}
	return b.Put(m, macro, value)
}
