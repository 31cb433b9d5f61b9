// Package pairs is the grammar of self-describing lines, and what Nagios' macro
// names mean in them: tab-separated KEY::VALUE pairs, keys being macro names, as
// PNP4Nagios' templates, Icinga 2's PerfdataWriter, Shinken's NPCD module and
// our broker modules write them.
package pairs

import (
	"fmt"
	"strings"
)

// Most is how many pairs a line may have: more than the custom variables of a service
// and its host that our broker modules write.
const Most = 4096

// Pair is one KEY::VALUE of a line. Both share the line's memory.
type Pair struct{ Key, Value string }

// Cut appends the pairs of a line. A tab inside a value makes a segment that
// does not start with KEY::; it belongs to the value before it.
func Cut(line string, pairs []Pair) ([]Pair, error) {
	begin := 0 // of the last pair's value, in the line
	for start := 0; start <= len(line); {
		end := strings.IndexByte(line[start:], '\t')
		if end < 0 {
			end = len(line)
		} else {
			end += start
		}
		key, value, ok := CutKey(line[start:end])
		switch {
		case ok && len(pairs) == Most:
			return nil, fmt.Errorf("more than %d pairs", Most)
		case ok:
			pairs = append(pairs, Pair{key, value})
			begin = end - len(value)
		case len(pairs) == 0:
			return nil, fmt.Errorf("%.40q is not KEY::VALUE", line[start:end])
		default:
			pairs[len(pairs)-1].Value = line[begin:end]
		}
		start = end + 1
	}
	return pairs, nil
}

// CutEscaped appends the pairs of a line of our broker modules, in whose values
// no tab stands for itself. So a key may have any character: custom variables do.
func CutEscaped(line string, pairs []Pair) ([]Pair, error) {
	for segment := range strings.SplitSeq(line, "\t") {
		key, value, ok := strings.Cut(segment, "::")
		switch {
		case !ok || key == "":
			return nil, fmt.Errorf("%.40q is not KEY::VALUE", segment)
		case len(pairs) == Most:
			return nil, fmt.Errorf("more than %d pairs", Most)
		}
		pairs = append(pairs, Pair{key, value})
	}
	return pairs, nil
}

// CutKey cuts "KEY::VALUE". A key is a macro name: capitals, digits and
// underscores.
func CutKey(segment string) (key, value string, ok bool) {
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

// Find returns the value of a key, and whether it is there.
func Find(pairs []Pair, key string) (string, bool) {
	for i := range pairs {
		if pairs[i].Key == key {
			return pairs[i].Value, true
		}
	}
	return "", false
}

// Twice returns a key that a line has more than once; empty if there is none. One
// of the two is part of a plugin's output.
func Twice(pairs []Pair) string {
	if len(pairs) > 64 { // too many to compare each with each
		return twiceOfMany(pairs)
	}
	for i := range pairs {
		for j := range pairs[:i] {
			if pairs[j].Key == pairs[i].Key {
				return pairs[i].Key
			}
		}
	}
	return ""
}

func twiceOfMany(pairs []Pair) string {
	seen := make(map[string]struct{}, len(pairs))
	for _, p := range pairs {
		if _, twice := seen[p.Key]; twice {
			return p.Key
		}
		seen[p.Key] = struct{}{}
	}
	return ""
}
