package perfstring

import "strings"

// ranges reads what follows a value up to where the next label can begin, which
// may be right behind a semicolon: "a=1;b=2". text says that the value is no number;
// then any word may follow.
func (r *Reader) ranges(m *Metric, at int, text bool) int {
	if end, ok := r.usualRanges(at); ok {
		m.Ranges = r.text[at:end]
		return end
	}
	s, begin, whole := r.text, at, true
	for {
		if strings.HasPrefix(s[at:], `\n`) {
			if text { // a path
				return r.nextBlank(at)
			}
			return at + 2
		}
		semicolon := r.blanks(at)
		if semicolon == len(s) || s[semicolon] != ';' {
			return at
		}
		whole = whole && semicolon == at
		field := semicolon + 1
		if quoteOf(s[field:]) != "" {
			return field
		}
		end := r.wordEnd(field)
		valid := rangeLength(s[field:end], m.Unit)
		mayBegin := end < len(s) && (s[end] == ' ' || s[end] == '\t') // a label, with blanks in it
		switch isLabel := r.isLabelEnd(end); {
		case !isLabel && (text || valid == end-field || !mayBegin && isValue(s[field:end])):
			at = end
		case strings.IndexByte(s[field:field+valid], ',') >= 0: // and a label behind it
			at = field + strings.LastIndexByte(s[field:field+valid], ',')
			if whole && !text {
				m.Ranges = s[begin:at]
			}
			return at
		case isLabel:
			return field
		case mayBegin:
			r.doubt = r.doubt || isValue(s[field:end]) // then it may be a threshold
			return field
		default:
			r.skipped()
			at, whole = end, false
		}
		if whole && !text {
			m.Ranges = strings.TrimRight(s[begin:at], ",")
		}
	}
}

// usualRanges reads ranges as the guidelines have them, with another metric behind a
// blank or nothing behind them.
func (r *Reader) usualRanges(at int) (end int, ok bool) {
	s := r.text
	end = at
	if end < len(s) && s[end] == ';' {
		for end++; end < len(s); end++ {
			if c := s[end]; (c < '0' || c > ';') && c != '.' && c != '-' && c != '@' && c != '~' { // 0-9:;
				break
			}
		}
	}
	if end == len(s) {
		return end, true
	}
	next := r.blanks(end)
	return end, next > end && (next == len(s) || s[next] != '=' && s[next] != ';')
}

// rangeLength returns how much of s is a threshold or limit for sure: "10", "10:20",
// "~:5", "@1:2", "5,5", each number with the unit of the value, "%" or none; "U"; a
// number with another unit before a comma.
func rangeLength(s, unit string) int {
	if s == "U" {
		return 1
	}
	i := 0
	for i < len(s) {
		switch c := s[i]; {
		case isDigit(c) || strings.IndexByte(".,:@~+-", c) >= 0:
			i++
		case i > 0 && isDigit(s[i-1]) && c == '%':
			i++
		case i > 0 && isDigit(s[i-1]) && unit != "" && strings.HasPrefix(s[i:], unit):
			i += len(unit)
		default:
			if exponent, _ := cutExponent(s[i:]); exponent != "" && i > 0 && isDigit(s[i-1]) {
				i += len(exponent)
				continue
			}
			if comma := strings.IndexByte(s, ','); comma > i {
				if isValue(s[:comma]) {
					return comma + 1
				}
			}
			return i
		}
	}
	return i
}
