package pairs

import "strings"

// Unescape undoes the escapes of our broker modules (docs/HANDOVER.md). A
// backslash before anything else stands for itself.
func Unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if plain, ok := unescapedByte(s[i+1]); ok {
				c = plain
				i++
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unescapedByte(c byte) (plain byte, ok bool) {
	switch c {
	case '\\':
		return '\\', true
	case 't':
		return '\t', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case '0':
		return 0, true
	}
	return 0, false
}

// UnescapeLong undoes what Nagios does to long output in its macro as in
// status.dat: line feeds are written \n and backslashes \\ (Nagios 4.4.6,
// base/utils.c, escape_newlines).
func UnescapeLong(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == '\\') {
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
