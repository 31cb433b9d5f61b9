package eventmap

import (
	"strconv"
	"strings"
)

// number is a decimal number in plain notation: the digits before and after the
// point. One of both may be empty.
type number struct {
	negative   bool
	whole, dec string
}

// maxDigits is below the 309 digits at which a float64 overflows: Canopsis would
// drop the whole perf_data for such a number.
const maxDigits = 300

// parseNumber reads the number at the start of a metric's value and returns what
// follows it. Plugins write signs, decimal commas and exponents; Canopsis reads
// none of them.
func parseNumber(s string) (n number, rest string, ok bool) {
	rest = s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.negative = rest[0] == '-'
		rest = rest[1:]
	}
	n.whole, rest = cutDigits(rest)
	if rest != "" && (rest[0] == '.' || rest[0] == ',') {
		n.dec, rest = cutDigits(rest[1:])
	}
	if n.whole == "" && n.dec == "" {
		return number{}, s, false
	}
	if exponent, after := cutExponent(rest); exponent != "" {
		if n, ok = n.expand(exponent); !ok {
			return number{}, s, false
		}
		rest = after
	}
	if n.negative && strings.Trim(n.whole+n.dec, "0") == "" {
		n.negative = false
	}
	return n, rest, len(n.whole)+len(n.dec) <= maxDigits
}

// cutDigits splits s after its leading digits.
func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
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
func (n number) expand(exponent string) (number, bool) {
	f, err := strconv.ParseFloat(n.whole+"."+n.dec+exponent, 64)
	if err != nil {
		return number{}, false
	}
	whole, dec, _ := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
	return number{n.negative, whole, dec}, true
}

// times1000 moves the point by three digits.
func (n number) times1000() number {
	dec := n.dec + "000"[min(3, len(n.dec)):]
	whole := strings.TrimLeft(n.whole+dec[:3], "0")
	if whole == "" {
		whole = "0"
	}
	return number{n.negative, whole, strings.TrimRight(dec[3:], "0")}
}

// append appends the number with "." as its point.
func (n number) append(buf []byte) []byte {
	if n.negative {
		buf = append(buf, '-')
	}
	buf = append(buf, n.whole...)
	if n.dec != "" {
		buf = append(buf, '.')
		buf = append(buf, n.dec...)
	}
	return buf
}

// rangesTimes1000 scales the thresholds, minimum and maximum that follow a value
// (";10:20;~:5;0;100"). It drops all of them when one is not a plain number, so
// that none has another unit than the value.
func rangesTimes1000(ranges string) string {
	var out []byte
	for i := 0; i < len(ranges); {
		switch c := ranges[i]; {
		case strings.IndexByte(";:@~-", c) >= 0:
			out = append(out, c)
			i++
		case c == '.' || c >= '0' && c <= '9':
			n, rest, ok := parseNumber(ranges[i:])
			if !ok {
				return ""
			}
			out = n.times1000().append(out)
			i = len(ranges) - len(rest)
		default:
			return ""
		}
	}
	return string(out)
}
