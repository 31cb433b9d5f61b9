package perfstring

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number is a decimal number in plain notation: the digits before and after the
// point. One of both may be empty, not both.
type Number struct {
	Negative   bool
	Whole, Dec string
}

// maxDigits is below the 309 digits at which a float64 overflows.
const maxDigits = 300

// ReadNumber reads the number at the start of s and returns what follows it. ok is
// false when there is none, or one that people would read in different ways. Beyond
// the guidelines' "-", digits and point it knows a plus sign, a decimal comma, an
// exponent, and digits in groups of three.
func ReadNumber(s string) (n Number, rest string, ok bool) {
	rest = s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.Negative = rest[0] == '-'
		rest = rest[1:]
	}
	n.Whole, rest = cutDigits(rest)
	if rest != "" && n.Whole != "" && isGroupMark(rest[0]) {
		n.Whole, n.Dec, rest, ok = cutGroups(n.Whole, rest)
		if !ok {
			return Number{}, s, false
		}
	} else if rest != "" && (rest[0] == '.' || rest[0] == ',') {
		n.Dec, rest = cutDigits(rest[1:])
	}
	if n.Whole == "" && n.Dec == "" {
		return Number{}, s, false
	}
	if exponent, after := cutExponent(rest); exponent != "" {
		if n, ok = n.expand(exponent); !ok {
			return Number{}, s, false
		}
		rest = after
	}
	if n.Negative && strings.Trim(n.Whole+n.Dec, "0") == "" {
		n.Negative = false
	}
	return n, rest, len(n.Whole)+len(n.Dec) <= maxDigits
}

// cutDigits splits s after its leading digits.
func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isGroupMark reports whether c begins a mark that can stand between digits.
func isGroupMark(c byte) bool {
	return c == '.' || c == ',' || c == '\'' || c == '_' || c >= utf8.RuneSelf
}

// groupMarks stand between groups of three digits and nowhere else in a number:
// apostrophes (Switzerland), the underscore of programming languages, and the
// spaces of unbreakSpaces.
var groupMarks = [...]string{"'", "’", "_", unbreakSpaces[0], unbreakSpaces[1], unbreakSpaces[2], unbreakSpaces[3]}

// unbreakSpaces keep a number and its unit on one line: no-break space, its narrow
// form (France), thin space and figure space.
var unbreakSpaces = [...]string{"\u00a0", "\u202f", "\u2009", "\u2007"}

// cutGroup splits s after a mark and the digits behind it. The mark is empty when
// there is none.
func cutGroup(s string) (mark, digits, rest string) {
	if s == "" || !isGroupMark(s[0]) {
		return "", "", s
	}
	if s[0] == '.' || s[0] == ',' {
		mark = s[:1]
	}
	for i := 0; mark == "" && i < len(groupMarks); i++ {
		if strings.HasPrefix(s, groupMarks[i]) {
			mark = groupMarks[i]
		}
	}
	if digits, rest = cutDigits(s[len(mark):]); mark == "" || digits == "" {
		return "", "", s
	}
	return mark, digits, rest
}

// cutGroups reads the rest of a number of which first are the leading digits: a
// fraction behind a point or comma, groups of three digits, or both. One comma is a
// decimal comma, as printf writes it where the locale has one. Several points are
// those of a version or an address.
func cutGroups(first, s string) (whole, dec, rest string, ok bool) {
	grouping, digits, rest := cutGroup(s)
	switch {
	case grouping == "" && s[0] == '.': // "5."
		return first, "", s[1:], true
	case grouping == "":
		return first, "", s, true
	case grouping == "." || grouping == ",":
		if next, _, _ := cutGroup(rest); next == "" {
			return first, digits, rest, true
		}
	}
	if len(first) > 3 || first[0] == '0' {
		return "", "", s, false
	}
	whole, mark := first, grouping
	for ; mark == grouping; mark, digits, rest = cutGroup(s) {
		if len(digits) != 3 {
			return "", "", s, false
		}
		whole, s = whole+digits, rest
	}
	if mark == "" {
		return whole, "", s, grouping != "."
	}
	next, _, _ := cutGroup(rest)
	return whole, digits, rest, next == "" && (mark == "." || mark == ",")
}

// cutExponent splits s after an exponent: "e" or "E", a sign and digits. Without
// digits it is not an exponent but a unit.
func cutExponent(s string) (exponent, rest string) {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return "", s
	}
	i := 1
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits, rest := cutDigits(s[i:])
	if digits == "" {
		return "", s
	}
	return s[:i+len(digits)], rest
}

// expand returns the number times ten to the exponent in plain notation, and false
// when it is out of the range of a float64.
func (n Number) expand(exponent string) (Number, bool) {
	f, err := strconv.ParseFloat(n.Whole+"."+n.Dec+exponent, 64)
	if err != nil {
		return Number{}, false
	}
	whole, dec, _ := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
	return Number{n.Negative, whole, dec}, true
}

// Times1000 moves the point by three digits.
func (n Number) Times1000() Number {
	dec := n.Dec + "000"[min(3, len(n.Dec)):]
	whole := strings.TrimLeft(n.Whole+dec[:3], "0")
	if whole == "" {
		whole = "0"
	}
	return Number{n.Negative, whole, strings.TrimRight(dec[3:], "0")}
}

// Append appends the number with "." as its point.
func (n Number) Append(buf []byte) []byte {
	if n.Negative {
		buf = append(buf, '-')
	}
	buf = append(buf, n.Whole...)
	if n.Dec != "" {
		buf = append(buf, '.')
		buf = append(buf, n.Dec...)
	}
	return buf
}
