package eventmap

import (
	"strings"
	"unicode/utf8"
)

// clean returns text fit for an event: valid UTF-8 without control characters
// other than newline and tab. Clean text is returned as it is.
func (c charset) clean(s string) (string, Repairs) {
	if isPlain(s) {
		return s, 0
	}
	var repairs Repairs
	if !utf8.ValidString(s) {
		s = c.decode(s)
		repairs |= CharsetConverted
	}
	if i := strings.IndexFunc(s, isControl); i >= 0 {
		s = removeControls(s, i)
		repairs |= ControlsRemoved
	}
	return s, repairs
}

// cleanName is clean for a name, which is one line.
func (c charset) cleanName(s string) (string, Repairs) {
	if isPlain(s) {
		return s, 0
	}
	s, repairs := c.clean(s)
	if strings.ContainsAny(s, "\n\t") {
		s = strings.NewReplacer("\n", " ", "\t", " ").Replace(s)
		repairs |= ControlsRemoved
	}
	return s, repairs
}

// decode converts a field as a whole. UTF-8 that was cut within its last
// character (Nagios cuts long output at a number of bytes) stays UTF-8.
func (c charset) decode(s string) string {
	if i := cutCharacter(s); i >= 0 {
		return s[:i] + string(utf8.RuneError)
	}
	if c.single == nil {
		decoded, err := c.encoding.NewDecoder().String(s)
		if err != nil {
			decoded = s
		}
		return strings.ToValidUTF8(decoded, string(utf8.RuneError))
	}
	var out strings.Builder
	out.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		r := c.single.DecodeByte(s[i])
		if r == utf8.RuneError { // a hole in the table: five in windows-1252
			r = rune(s[i])
		}
		out.WriteRune(r)
	}
	return out.String()
}

// cutCharacter returns the offset of an incomplete last character in text that is
// UTF-8 otherwise and has at least one other character beyond ASCII, or -1.
func cutCharacter(s string) int {
	for i := len(s) - 1; i >= 0 && i > len(s)-utf8.UTFMax; i-- {
		if !utf8.RuneStart(s[i]) {
			continue
		}
		head := s[:i]
		if !utf8.FullRuneInString(s[i:]) && utf8.ValidString(head) && utf8.RuneCountInString(head) < len(head) {
			return i
		}
		break
	}
	return -1
}

// isControl reports whether r is a C0 control character or DEL, but not newline or
// tab.
func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7f
}

// removeControls drops control characters, the first of which is at i, and
// whole terminal sequences.
func removeControls(s string, i int) string {
	var out strings.Builder
	out.Grow(len(s))
	out.WriteString(s[:i])
	for i < len(s) {
		if c := s[i]; !isControl(rune(c)) {
			out.WriteByte(c)
			i++
			continue
		}
		i += max(1, terminalSequence(s[i:]))
	}
	return out.String()
}

// terminalSequence returns the length of the terminal sequence (ECMA-48: colours,
// cursor moves, window titles, character sets) that s starts with, 0 if none.
func terminalSequence(s string) int {
	if len(s) < 3 || s[0] != 0x1b {
		return 0
	}
	switch s[1] {
	case '[': // CSI: parameters and intermediates, then one final byte
		for i := 2; i < len(s); i++ {
			if c := s[i]; c >= 0x40 && c <= 0x7e {
				return i + 1
			} else if c < 0x20 || c > 0x3f {
				return 0
			}
		}
	case ']': // OSC: text up to BEL or ESC \
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				if strings.HasPrefix(s[i:], "\x1b\\") {
					return i + 2
				}
				return 0
			}
		}
	case '(', ')': // designates a character set
		if s[2] >= '0' && s[2] <= 'Z' {
			return 3
		}
	}
	return 0
}

// cutText shortens clean text to at most limit bytes, including the mark, without
// splitting a character.
func cutText(s string, limit int) string {
	const mark = "…"
	return s[:runeStart(s, limit-len(mark))] + mark
}

// runeStart returns the greatest offset up to n at which a character of s starts.
func runeStart(s string, n int) int {
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}
