package perfstring

// usual reads a metric as nearly all plugins write it, in one pass: what the
// guidelines allow, without a sign, and with the next metric behind a blank. It
// returns false when it isn't one, and has read nothing then. Without it the result
// is the same, and takes twice as long.
func (r *Reader) usual(m *Metric) bool {
	if r.doubt {
		return false
	}
	s, i := r.text, r.at
	for i < len(s) && s[i] == ' ' {
		i++
	}
	begin, quote := i, 0
	if i < len(s) && s[i] == '\'' {
		begin, quote = i+1, 1
		for i++; i < len(s) && s[i] != '\'' && s[i] != '='; i++ {
		}
	} else {
		for i < len(s) && isUsualLabel(s[i]) {
			i++
		}
	}
	if i+quote >= len(s) || quote == 1 && s[i] != '\'' || s[i+quote] != '=' {
		return false
	}
	label := s[begin:i]
	i += quote + 1

	n := Number{}
	begin = i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	n.Whole = s[begin:i]
	if i < len(s) && s[i] == '.' {
		begin = i + 1
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
		n.Dec = s[begin:i]
	}
	begin = i
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] == '%') {
		i++
	}
	unit := s[begin:i]
	end, ok := r.usualRanges(i)
	if !ok || n.Whole == "" || len(n.Whole)+len(n.Dec) > maxDigits || len(unit) > maxUnit || isHex(n, unit) {
		return false
	}
	if end == i { // what follows may belong to the value
		next := r.blanks(end)
		if unit == "" && next < len(s) && s[next] != '\'' || next < len(s) && isDigit(s[next]) {
			if word := r.wordEnd(next); word == len(s) || s[word] != '=' {
				return false
			}
		}
	}
	*m = Metric{Label: label, Value: n, Unit: usualUnit(unit), Ranges: s[i:end]}
	r.at = end
	r.enterBlock(m)
	return true
}

// isUsualLabel reports whether c is no character that needs a second look in a label
// without quotes.
func isUsualLabel(c byte) bool {
	return c > '=' && c != '|' || c > ' ' && c < ';' && c != '\'' && c != '"' && c != ','
}
