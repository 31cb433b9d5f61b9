package eventmap

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// plain marks the bytes that need no escape in a JSON string and no change in
// clean text: printable ASCII without the quote and the backslash.
var plain = func() (table [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// isPlain reports whether s has such bytes only.
func isPlain(s string) bool { return plainPrefix(s) == len(s) }

// plainPrefix counts the plain bytes at the start of s, eight at a time. Most text
// of an event has no other bytes.
func plainPrefix(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if !plainWord(word(s[i : i+8])) {
			break
		}
	}
	if n := len(s) - 8; n >= 0 && i > n && plainWord(word(s[n:])) { // the rest, with some bytes again
		return len(s)
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}

// word loads eight bytes.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// plainWord reports whether all eight bytes are plain: none has its high bit set,
// is below a blank, or is a quote, a backslash or DEL. A byte is zero where
// subtracting one borrows from its high bit, and DEL where adding one carries
// into it.
func plainWord(word uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := word^ones*'"', word^ones*'\\'
	found := word | (word + ones) | (word - ones*' ') | (quote - ones) | (backslash - ones)
	return found&highs == 0
}

// appendString appends clean text as a JSON string. It returns buf unchanged and
// false when s is not clean: not UTF-8, or with control characters other than
// newline and tab.
func appendString(buf []byte, s string) ([]byte, bool) {
	out := append(buf, '"')
	for {
		n := plainPrefix(s)
		out = append(out, s[:n]...)
		if n == len(s) {
			return append(out, '"'), true
		}
		s = s[n:]
		size := 1
		switch c := s[0]; {
		case c >= utf8.RuneSelf:
			r, length := utf8.DecodeRuneInString(s)
			if r == utf8.RuneError && length == 1 {
				return buf, false
			}
			out = append(out, s[:length]...)
			size = length
		case c == '"', c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\t':
			out = append(out, '\\', 't')
		default:
			return buf, false
		}
		s = s[size:]
	}
}

// appendFloat appends a number, or null when it is not finite: JSON has no such
// numbers.
func appendFloat(buf []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(buf, "null"...)
	}
	// Most numbers have at most six decimals and need no search for the shortest
	// digits: the division is exact to the last bit, as parsing is.
	if micros := math.Round(f * 1e6); micros >= 0 && micros < 1e15 && micros/1e6 == f {
		buf = strconv.AppendUint(buf, uint64(micros)/1e6, 10)
		return appendMicros(buf, uint64(micros)%1e6)
	}
	return strconv.AppendFloat(buf, f, 'f', -1, 64)
}

// appendMicros appends millionths as decimals, without trailing zeros.
func appendMicros(buf []byte, micros uint64) []byte {
	if micros == 0 {
		return buf
	}
	buf = append(buf, '.')
	for unit := uint64(1e5); micros > 0; unit /= 10 {
		buf = append(buf, '0'+byte(micros/unit))
		micros %= unit
	}
	return buf
}
