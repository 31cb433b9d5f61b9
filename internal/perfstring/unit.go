package perfstring

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUnit limits a unit in bytes.
const maxUnit = 16

// cutUnit splits s after a unit of measurement. The unit is empty when s doesn't
// begin with one.
func cutUnit(s string) (unit, rest string) {
	for _, space := range unbreakSpaces {
		s = strings.TrimPrefix(s, space)
	}
	i := 0
	for i < len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isUnitRune(r) {
				break
			}
			i += size
			continue
		}
		if !isUnitByte(c) && !(i > 0 && isPower(s[i-1], c)) {
			break
		}
		i++
	}
	return s[:i], s[i:]
}

func isUnitByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '%' || c == '/'
}

// isPower reports whether c is the power of the unit that ends in before: m2, m^3.
// Other digits behind letters make a duration (10d5h), a serial number or the like.
func isPower(before, c byte) bool {
	return c == '^' && isUnitByte(before) || (c == '2' || c == '3') && (before == 'm' || before == '^')
}

// isUnitRune knows letters, signs such as "°" and "€", "‰" and powers.
func isUnitRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsSymbol(r) || strings.ContainsRune("‰·²³", r)
}

// usualUnit returns the guidelines' spelling of a unit that plugins write in
// another way.
func usualUnit(unit string) string {
	switch unit {
	case "µs", "μs":
		return "us"
	case "kB":
		return "KB"
	case "℃":
		return "°C"
	case "%%": // a percent sign that was escaped once too often
		return "%"
	}
	return unit
}

// isUnknown reports whether a value is the guidelines' "U", which some plugins write
// with the unit of the value that they don't know.
func isUnknown(value string) bool {
	unit, found := strings.CutPrefix(value, "U")
	if !found {
		return false
	}
	switch usualUnit(unit) {
	case "", "%", "s", "ms", "us", "B", "KB", "MB", "GB", "TB", "c":
		return true
	}
	return false
}

// isApart reports whether a word behind a number and a blank can only be its unit.
// A letter can be the beginning of a label ("C drive=5").
func isApart(word string) bool {
	switch usualUnit(word) {
	case "%", "ms", "us", "sec", "seconds", "minutes", "hours", "day", "days", "KB", "MB", "GB", "TB", "PB",
		"KiB", "MiB", "GiB", "TiB", "Bytes", "bytes", "°C", "rpm", "RPM", "Hz", "kHz", "MHz", "GHz", "bps", "kbps",
		"Kbps", "Mbps", "Gbps", "bit", "kbit", "Kbit", "Mbit", "Gbit", "dB", "dBm", "mV", "mA", "VA", "kW", "kWh", "Wh":
		return true
	}
	return isRate(word)
}

// isRate reports whether a word is a number of something per second, minute or hour:
// "Mbit/s", "req/min".
func isRate(word string) bool {
	of, per, found := strings.Cut(word, "/")
	if !found || of == "" || strings.Trim(of, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return false
	}
	switch per {
	case "s", "sec", "min", "h", "hour":
		return true
	}
	return false
}

// isPartOfTime reports whether unit is one of those that make up a duration in
// several words: "10d 5h", "1 day, 2:30".
func isPartOfTime(unit string) bool {
	switch unit {
	case "w", "d", "h", "m", "min", "s", "weeks", "day", "days", "hours", "minutes", "seconds":
		return true
	}
	return false
}
