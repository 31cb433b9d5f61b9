package supervision

import "time"

// ParseTime reads seconds since 1970, as a supervisor writes them, with up to
// six decimals; further ones are dropped. Zero and less is the zero time: never.
// It reports false for anything else than such a number, and beyond the year
// 9999.
func ParseTime[T ~string | ~[]byte](text T) (time.Time, bool) {
	whole, fraction := 0, len(text)
	for whole < len(text) && text[whole] != '.' {
		whole++
	}
	if whole < len(text) {
		fraction = whole + 1
	}
	sign := 0
	if whole > 0 && text[0] == '-' {
		sign = 1
	}
	if n := whole - sign; n == 0 || n > 18 {
		return time.Time{}, false
	}
	seconds, ok := digits(text[sign:whole], 0)
	if !ok || sign == 0 && seconds > LatestDate {
		return time.Time{}, false
	}
	microseconds, ok := digits(text[fraction:min(len(text), fraction+6)], 6)
	if !ok {
		return time.Time{}, false
	}
	if sign == 1 || seconds == 0 {
		return time.Time{}, true
	}
	return time.Unix(seconds, microseconds*1000), true
}

// digits reads decimal digits, as if zeros followed up to the width.
func digits[T ~string | ~[]byte](text T, width int) (n int64, ok bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(text[i]-'0')
	}
	for range width - len(text) {
		n *= 10
	}
	return n, true
}
