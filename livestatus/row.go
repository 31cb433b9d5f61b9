package livestatus

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Fault is something wrong in the JSON of an answer that costs one value at most.
type Fault uint8

// The faults that are known from the field.
const (
	// FaultSurrogate: half of a pair, as Naemon writes for characters of four bytes.
	FaultSurrogate Fault = iota
	// FaultNumber: nan, inf or another word in the place of a value.
	FaultNumber
	// FaultComma: a comma is missing (old mk-livestatus), or is one too many.
	FaultComma
	// FaultEscape: a backslash with something behind it that JSON doesn't know.
	FaultEscape
	// FaultEnd: the last bracket is missing.
	FaultEnd
	// FaultRow: something that is no row stands between the rows.
	FaultRow
	faultCount
)

// String names the fault for people, as a reason under which it is counted.
func (f Fault) String() string {
	return [faultCount]string{
		"half of a character in a text of the answer", "no number in the place of one in the answer",
		"comma missing or too many in the answer", "unknown escape in a text of the answer",
		"answer without its last bracket", "no row in the place of one in the answer",
	}[f]
}

// faults counts the faults of an answer.
type faults [faultCount]int

func (f *faults) add(more *faults) {
	for i := range f {
		f[i] += more[i]
	}
}

// row is one array of an answer.
type row struct {
	values []Value
	faults faults
}

// parse reads the array at the beginning of data, without resolving escapes, and
// returns its length; 0 if data ends before the array does.
func (r *row) parse(data []byte) int {
	r.values, r.faults = r.values[:0], faults{}
	separated := true // by a comma from the value before
	for i := 1; i < len(data); {
		switch c := data[i]; {
		case isBlank(c):
			i++
		case c == ']':
			if separated && len(r.values) > 0 {
				r.faults[FaultComma]++
			}
			return i + 1
		case c == ',':
			if separated {
				r.faults[FaultComma]++
				r.values = append(r.values, Value{})
			}
			separated = true
			i++
		default:
			if !separated {
				r.faults[FaultComma]++
			}
			v, n := r.value(data[i:])
			if n == 0 {
				return 0
			}
			r.values = append(r.values, v)
			separated = false
			i += n
		}
	}
	return 0
}

// value reads the value at the beginning of data, and returns its length; 0 if data
// ends before the value does.
func (r *row) value(data []byte) (Value, int) {
	switch data[0] {
	case '"':
		end, escaped := textEnd(data)
		if end == 0 {
			return Value{}, 0
		}
		return Value{Kind: Text, raw: data[1 : end-1], escaped: escaped}, end
	case '[', '{':
		n := nestedEnd(data)
		return Value{Kind: List, raw: data[:n]}, n
	}
	isNumber := (data[0] >= '0' && data[0] <= '9' || data[0] == '-') && len(data) > 1
	for n := 1; n < len(data); n++ {
		switch class[data[n]] {
		case endsWord:
			return r.word(data[:n], isNumber), n
		case inWord:
			isNumber = false
		}
	}
	return Value{}, 0
}

// What a byte is in a number or another word.
const (
	inWord = iota
	inNumber
	endsWord
)

var class = func() (class [256]uint8) {
	for _, c := range "0123456789.eE+-" {
		class[c] = inNumber
	}
	for _, c := range " \t\r\n,]}:" {
		class[c] = endsWord
	}
	return class
}()

var zero, one = []byte("0"), []byte("1")

// word reads a number or constant.
func (r *row) word(text []byte, isNumber bool) Value {
	if isNumber && text[len(text)-1] != '-' {
		return Value{Kind: Number, raw: text}
	}
	switch string(text) {
	case "null":
		return Value{}
	case "true":
		return Value{Kind: Number, raw: one}
	case "false":
		return Value{Kind: Number, raw: zero}
	}
	r.faults[FaultNumber]++
	return Value{}
}

// textEnd returns the length of the text at the beginning of data with its quotes,
// and whether it has escapes; 0 if data ends before the text does.
func textEnd(data []byte) (n int, escaped bool) {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++ // the byte behind it ends nothing
		}
	}
	return 0, false
}

// nestedEnd returns the length of the array or object at the beginning of data; 0 if
// data ends before it does.
func nestedEnd(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			n, _ := textEnd(data[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		}
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// resolve resolves the escapes of all values, in the place where they stand.
func (r *row) resolve() {
	for i := range r.values {
		if v := &r.values[i]; v.escaped {
			v.raw, v.escaped = r.unescape(v.raw), false
		}
	}
}

// unescape resolves the escapes of a text in its own place: no escape is shorter
// than what it stands for.
func (r *row) unescape(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			i++
			continue
		}
		c := text[i+1]
		if char, n := r.unicode(text[i:]); n > 0 {
			out = utf8.AppendRune(out, char)
			i += n
			continue
		}
		if at := bytes.IndexByte([]byte(`"\/bfnrt`), c); at >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[at])
		} else {
			r.faults[FaultEscape]++
			out = append(out, '\\', c)
		}
		i += 2
	}
	return out
}

// unicode reads the escape \uXXXX, or a pair of them, and returns its length; 0 if it is
// none.
func (r *row) unicode(text []byte) (rune, int) {
	first, ok := hex4(text)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if second, ok := hex4(text[6:]); ok {
		if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
			return char, 12
		}
	}
	r.faults[FaultSurrogate]++
	return utf8.RuneError, 6
}

// hex4 reads \uXXXX.
func hex4(text []byte) (n rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | rune(c)
	}
	return n, true
}
