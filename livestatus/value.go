package livestatus

import (
	"math"
	"strconv"
	"strings"
)

// Kind is what a value of an answer is.
type Kind uint8

// The kinds. Icinga 2's true and false are the numbers 1 and 0, as elsewhere.
const (
	Null Kind = iota // null, or a value that can't be read
	Number
	Text
	List // an array or object, as JSON
)

// Value is one value of a row. It is valid until the next row.
type Value struct {
	Kind Kind
	raw  []byte
	// escaped: the raw text has escapes that are not resolved yet.
	escaped bool
}

// Bytes returns a text without its quotes and escapes, else the value as it came;
// nil for null.
func (v Value) Bytes() []byte { return v.raw }

// String returns a copy of Bytes.
func (v Value) String() string { return string(v.raw) }

// Integer returns a number without its decimals. It reports false for anything
// else than a number.
func (v Value) Integer() (int64, bool) {
	if v.Kind != Number {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(v.raw), 10, 64); err == nil {
		return n, true
	}
	f, ok := v.Float()
	if !ok || math.Abs(f) >= 1<<62 {
		return 0, false
	}
	return int64(f), true
}

// Float returns a number. It reports false for anything else than a number.
func (v Value) Float() (float64, bool) {
	if v.Kind != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v.raw), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// Texts returns the items of a list of texts or numbers; a list within it is left
// out. It returns nil for anything else than a list.
func (v Value) Texts() []string {
	if v.Kind != List || len(v.raw) == 0 || v.raw[0] != '[' {
		return nil
	}
	var r row
	if r.parse(append([]byte(nil), v.raw...)) == 0 {
		return nil
	}
	r.resolve()
	var texts []string
	for _, item := range r.values {
		if item.Kind == Text || item.Kind == Number {
			texts = append(texts, strings.Clone(item.String()))
		}
	}
	return texts
}
