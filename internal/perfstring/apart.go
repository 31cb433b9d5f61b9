package perfstring

import "strings"

// apart looks at the words behind a value without ranges that may belong to it: a
// unit ("5 MB"), further digits ("1 234 567"), the rest of a duration ("10d 5h"). It
// returns false when the value is not all of the number.
func (r *Reader) apart(m *Metric, at int) bool {
	s := r.text
	r.at = at
	begin := r.blanks(at)
	if begin == at || begin == len(s) || s[begin] == ';' {
		return true
	}
	end := r.wordEnd(begin)
	word := strings.TrimRight(s[begin:end], ",")
	if word == "" || r.isLabelEnd(end) {
		return true
	}
	digits, _ := cutDigits(word)
	switch {
	case m.Unit != "":
		_, unit, rest, ok := readValue(word)
		r.doubt = ok && rest == "" && isPartOfTime(m.Unit) && isPartOfTime(unit)
		return !r.doubt
	case isApart(word) || r.isUnitBefore(word, end):
		unitEnd := begin + len(word)
		if next := r.separators(unitEnd); isPartOfTime(word) && next < len(s) && isDigit(s[next]) {
			r.doubt = true
			return false
		}
		if r.doubt = r.isLabel(unitEnd); !r.doubt {
			m.Unit = usualUnit(word)
			r.at = r.ranges(m, unitEnd, false)
		}
	case len(digits) == 3 && !r.isLabel(begin):
		r.doubt = true
		return false
	}
	return true
}

// isUnitBefore reports whether a word that ends at end is a unit because ranges follow
// it: "12 W;20;30".
func (r *Reader) isUnitBefore(word string, end int) bool {
	s := r.text
	if end == len(s) || s[end] != ';' {
		return false
	}
	unit, rest := cutUnit(word)
	field := s[end+1 : r.wordEnd(end+1)]
	return unit == word && rest == "" && len(unit) <= maxUnit && field != "" && rangeLength(field, unit) == len(field)
}

// isLabel reports whether what follows i can be a label without quotes: up to a "=",
// with no separator but blanks.
func (r *Reader) isLabel(i int) bool {
	end := strings.IndexAny(r.text[i:], "=,;|\n")
	return end >= 0 && r.text[i+end] == '='
}
