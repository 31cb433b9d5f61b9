package perfstring

import "strings"

// value reads a value with its unit and ranges, up to where the next label can
// begin. It returns false when it is none that can be read.
func (r *Reader) value(m *Metric) bool {
	s, begin := r.text, r.blanks(r.at)
	end := r.wordEnd(begin)
	if !r.isLabelEnd(end) {
		return r.word(m, begin, end)
	}
	// "=" follows: the word has the next label at its end, or is it.
	comma := strings.LastIndexByte(s[begin:end], ',')
	switch quote := labelWithin(s[begin:end]); {
	case quote > 0:
		return r.word(m, begin, begin+quote)
	case comma >= 0:
		return r.word(m, begin, begin+comma)
	case begin > r.at && end > begin:
		r.at = begin
		return false
	case s[end] != '=': // "=1 =2": the next label is empty
		return r.word(m, begin, end)
	}
	r.at, r.doubt = r.nextBlank(end), true
	return false
}

// labelWithin returns where a label in quotes begins that follows a number at once and
// ends the word: the 1 of "2'baz'". It is 0 when there is none.
func labelWithin(word string) int {
	last := len(word) - 1
	if last < 2 || quoteOf(word[last:]) == "" {
		return 0
	}
	i := strings.IndexByte(word[:last], word[last])
	if i < 1 || isDigit(word[i+1]) { // groups of digits have apostrophes
		return 0
	}
	return i
}

// nextBlank returns the offset of the next blank from i on.
func (r *Reader) nextBlank(i int) int {
	for i < len(r.text) && !isBlank(r.text[i]) {
		i++
	}
	return i
}

// wordEnd returns the offset of the end of the word at i: a blank, a semicolon, a
// pipe, "=", a comma before a quote, or the characters "\n", which some supervisors
// write for a line feed.
func (r *Reader) wordEnd(i int) int {
	s := r.text
	for ; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= ':' { // most of what is read here
			continue
		}
		switch s[i] {
		case ' ', '\t', '\n', ';', '|', '=':
			return i
		case ',':
			if i+1 < len(s) && (s[i+1] == '\'' || s[i+1] == '"') {
				return i
			}
		case '\\':
			if i+1 < len(s) && s[i+1] == 'n' {
				return i
			}
		}
	}
	return i
}

// isLabelEnd reports whether "=" follows the word that ends at i.
func (r *Reader) isLabelEnd(i int) bool {
	if i < len(r.text) && (r.text[i] == ' ' || r.text[i] == '\t') {
		i = r.blanks(i)
	}
	return i < len(r.text) && r.text[i] == '='
}

// word reads the value in text[begin:end], and the ranges behind it.
func (r *Reader) word(m *Metric, begin, end int) bool {
	s := r.text
	word, quoted := s[begin:end], false
	if q := quoteOf(word); q != "" { // a value in quotes: one word whatever it has in it
		if length := strings.IndexByte(s[begin+1:], q[0]); length >= 0 && r.endsWord(begin+length+2) {
			end, quoted = begin+length+2, true
			word = s[begin+1 : end-1]
		}
	}
	switch n, unit, rest, ok := readValue(word); {
	case isUnknown(word):
		m.Unknown = true
	case !ok || rest != "" && (quoted || !r.beginsLabel(end-len(rest))) ||
		r.isThousands(word[:len(word)-len(rest)]):
		if begin > r.at { // no value at all: a label may begin here
			r.at, r.doubt = begin, true
			return false
		}
		r.doubt = !isNoNumber(word)
		r.at = r.ranges(m, end, true)
		return false
	case rest != "":
		m.Value, m.Unit, r.at = n, unit, end-len(rest)
		r.passValues()
		return true
	default:
		m.Value, m.Unit = n, unit
	}
	if end = r.ranges(m, end, false); m.Ranges == "" && !m.Unknown {
		return r.apart(m, end)
	}
	r.at = end
	return true
}

// readValue reads a number and its unit, and returns what follows them.
func readValue(word string) (n Number, unit, rest string, ok bool) {
	n, rest, ok = ReadNumber(word)
	if !ok {
		return n, "", rest, false
	}
	if rest != "" && rest[0] != ',' {
		unit, rest = cutUnit(rest)
		if isHex(n, unit) || len(unit) > maxUnit {
			return n, "", rest, false
		}
		unit = usualUnit(unit)
	}
	return n, unit, rest, true
}

// isValue reports whether a word is a number with or without a unit.
func isValue(word string) bool {
	_, _, rest, ok := readValue(word)
	return ok && rest == ""
}

// isHex reports whether a number and what looks like its unit are a hexadecimal
// number.
func isHex(n Number, unit string) bool {
	return unit != "" && (unit[0] == 'x' || unit[0] == 'X') && n.Whole == "0" && n.Dec == ""
}

func quoteOf(word string) string {
	if word != "" && (word[0] == '"' || word[0] == '\'') {
		return word[:1]
	}
	return ""
}

// beginsLabel reports whether a label can follow a number at once: behind a comma, or
// in quotes.
func (r *Reader) beginsLabel(i int) bool {
	if quoteOf(r.text[i:]) == "" {
		return r.text[i] == ','
	}
	closing, _ := r.closingQuote(i)
	return closing > 0
}

// endsWord reports whether a word can end at i.
func (r *Reader) endsWord(i int) bool { return i == len(r.text) || isSeparator(r.text[i]) }

// isNoNumber reports whether a value says that there is no number, in one word. Any
// other text may go on behind the next blank, and so may a sign alone: "- 5".
func isNoNumber(word string) bool {
	digits := strings.TrimLeft(word, "+-")
	return word == "" || strings.EqualFold(digits, "nan") || strings.EqualFold(digits, "inf")
}

// isThousands reports whether a number like "1,234" can be more than a thousand: when
// another number of the text has a point, or such groups. Else its comma is a
// decimal one.
func (r *Reader) isThousands(number string) bool {
	comma := strings.IndexByte(number, ',')
	if comma < 1 || comma > 4 || strings.Trim(number[:comma], "+-") == "0" {
		return false
	}
	digits, _ := cutDigits(number[comma+1:])
	return len(digits) == 3 && strings.Count(number, ",") == 1 && !strings.Contains(number, ".") && r.hasPoints()
}

// hasPoints reports whether a value or range has a decimal point, or commas between
// groups of digits.
func (r *Reader) hasPoints() bool {
	if r.searched {
		return r.points
	}
	r.searched = true
	s := r.text
	for i := 1; i < len(s) && !r.points; i++ {
		if !isDigit(s[i]) || strings.IndexByte("=;:@~-", s[i-1]) < 0 {
			continue
		}
		first, after := cutDigits(s[i:])
		if after != "" && (after[0] == '.' || after[0] == ',') {
			whole, dec, _, ok := cutGroups(first, after)
			grouped := len(whole) > len(first)
			r.points = ok && (after[0] == '.' && dec != "" && !grouped || after[0] == ',' && grouped)
		}
		i = len(s) - len(after)
	}
	return r.points
}
