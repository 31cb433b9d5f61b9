package nagios

import (
	"math"
	"strconv"
	"strings"
)

// cBlanks are the characters that C's isspace takes for blanks.
const cBlanks = " \t\n\v\f\r"

// atoi reads a number as atoi of the C library does, and so every core: blanks,
// a sign, and the digits up to the first other character. A number that is too
// large wraps around, as there. isNumber is false if there are no digits, which
// atoi takes for 0.
func atoi(text string) (n int, isNumber bool) {
	text, negative := cutSign(text)
	digits := leading(text, "0123456789")
	if digits == "" {
		return 0, false
	}
	magnitude, err := strconv.ParseInt(digits, 10, 64) // the largest number if it is too large
	if negative && err == nil {
		return int(int32(-magnitude)), true
	}
	if negative {
		magnitude = math.MinInt64
	}
	return int(int32(magnitude)), true
}

// strtoul reads a number as strtoul of the C library does with base 0, where a
// long has 64 bits: one that begins with 0x is hexadecimal, one that begins with
// 0 octal, and a negative one wraps around.
func strtoul(text string) (n uint64, isNumber bool) {
	text, negative := cutSign(text)
	base, digits := 10, leading(text, "0123456789")
	if strings.HasPrefix(text, "0") {
		base, digits = 8, leading(text, "01234567")
		if strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X") {
			if hex := leading(text[2:], "0123456789abcdefABCDEF"); hex != "" {
				base, digits = 16, hex
			}
		}
	}
	if digits == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if negative && err == nil {
		n = -n
	}
	return n, true
}

func cutSign(text string) (rest string, negative bool) {
	text = strings.TrimLeft(text, cBlanks)
	if text != "" && (text[0] == '-' || text[0] == '+') {
		return text[1:], text[0] == '-'
	}
	return text, false
}

// leading returns a text up to its first character that is not in a set.
func leading(text, set string) string {
	return text[:len(text)-len(strings.TrimLeft(text, set))]
}
