package perfdata

import (
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
)

// Pairs is the format of self-describing lines: tab-separated KEY::VALUE
// pairs, keys being macro names in any order, of hosts and services alike, as
// PNP4Nagios' templates, Icinga 2's PerfdataWriter, Shinken's NPCD module and
// our broker modules write them.
func Pairs() *Format {
	return &Format{prefix: pairs.Prefix, pairs: true, present: everything}
}

// compilePairs returns nil for templates that don't make KEY::VALUE lines.
func compilePairs(template string, class Class) (*Format, error) {
	if !strings.HasPrefix(template, pairs.Prefix) {
		return nil, nil
	}
	f := &Format{class: class, prefix: pairs.Prefix, pairs: true}
	for segment := range strings.SplitSeq(template, "\t") {
		key, value, ok := pairs.CutKey(segment)
		if !ok {
			return nil, nil
		}
		m := class.MeaningOf(key)
		if m == pairs.DataType {
			if want := strings.ToUpper(class.String()) + "PERFDATA"; value != want {
				return nil, fmt.Errorf("DATATYPE::%s is not DATATYPE::%s", value, want)
			}
		}
		if macro := strings.Trim(value, "$"); m == pairs.Other && class.MeaningOf(macro) != pairs.Other {
			if f.aliases == nil {
				f.aliases = make(map[string]string)
			}
			f.aliases[key] = macro
			m = class.MeaningOf(macro)
		}
		f.present.add(m)
	}
	return f, f.checkComplete()
}
