package perfstring

import "strings"

// Metric is one metric of performance data.
type Metric struct {
	// Block is the "label::plugin" of check_multi's block to which a plain label
	// belongs; empty if it belongs to none or names its block itself.
	Block string
	// Label is without its quotes. It may be empty, or have any character.
	Label string
	// Unknown is set for the value "U". Value and Unit are zero then.
	Unknown bool
	Value   Number
	Unit    string // in the guidelines' spelling where there is one
	// Ranges are the thresholds and limits, from the first semicolon on, as they
	// were written: never with a blank, "=" or quote.
	Ranges string
}

// A Reader returns the metrics of performance data one by one. Its time is linear
// in the length of the text.
type Reader struct {
	text string
	at   int // all before it has been read

	// doubt is set when what was read last may go on: words that are the value of
	// no metric, or a unit apart from its number. An unquoted label with blanks can
	// then begin anywhere, and is left out.
	doubt   bool
	leftOut bool

	begun bool   // a label has been read
	multi bool   // check_multi wrote this
	block string // its present block

	// lone are the offsets up to which single and double quotes are known to open
	// no label.
	lone [2]int

	searched, points bool // whether hasPoints has looked, and its answer
}

// NewReader returns a reader of text, which is UTF-8 and may have several lines. A
// check command in brackets at its end is no part of the data (PNP4Nagios,
// documentation of custom templates; Check_MK writes it).
func NewReader(text string) Reader {
	text = strings.TrimLeft(text, " \t\n")
	end := strings.TrimRight(text, " \t\n")
	if strings.HasSuffix(end, "]") {
		i := strings.LastIndexByte(end, '[')
		if i > 0 && isBlank(end[i-1]) && strings.IndexByte(end[i:], '=') < 0 {
			text = end[:i]
		}
	}
	return Reader{text: text}
}

// LeftOut reports whether anything was left out so far: a metric that can't be read,
// or text that is none.
func (r *Reader) LeftOut() bool { return r.leftOut }

// Next reads the next metric into m. It returns false at the end.
func (r *Reader) Next(m *Metric) bool { return r.usual(m) || r.any(m) }

// any reads the next metric in whatever form it has.
func (r *Reader) any(m *Metric) bool {
	for {
		*m = Metric{}
		written, quoted, ok := r.label()
		if !ok {
			return false
		}
		doubtful := r.isDoubtful(written, quoted)
		if r.doubt = false; quoted {
			m.Label = unquote(written[1:len(written)-1], written[:1])
		} else {
			m.Label = unquote(unescape(written), "'\" 	")
		}
		r.enterBlock(m)
		if r.value(m) && !doubtful {
			return true
		}
		r.leftOut = true
	}
}

// isDoubtful reports whether a label can begin elsewhere than where it was read.
func (r *Reader) isDoubtful(label string, quoted bool) bool {
	switch {
	case quoted:
		// After a lone quote this one may close a label, not open one.
		return r.doubt && r.lone != [2]int{} && strings.ContainsAny(label[1:len(label)-1], `='"`)
	case r.doubt:
		return strings.ContainsAny(label, " \t'\"")
	}
	// Ranges of a value that was passed over.
	return strings.IndexByte(label, ';') >= 0 && strings.ContainsAny(label, " \t")
}

// label reads up to the next "=" that ends a label, and returns the label as it was
// written. It returns false at the end of the text.
func (r *Reader) label() (written string, quoted, ok bool) {
	s := r.text
	begin := r.remarks(r.separators(r.at))
	for i := begin; i < len(s); i++ {
		switch c := s[i]; c {
		case '=':
			end := i
			for end > begin && isBlank(s[end-1]) {
				end--
			}
			r.at = i + 1
			return s[begin:end], false, true
		case '\'', '"':
			if i > begin && !isBlank(s[i-1]) {
				continue
			}
			if end, after := r.closingQuote(i); end > 0 {
				if i > begin {
					r.skipped()
				}
				r.at = after
				return s[i : end+1], true, true
			}
		case ',', ';', '|', '\n':
			if c == '|' || c == '\n' || i+1 < len(s) && isBlank(s[i+1]) {
				r.skipped()
				begin = r.separators(i)
				i = begin - 1
			}
		}
	}
	if begin < len(s) {
		r.skipped()
	}
	r.at = len(s)
	return "", false, false
}

// skipped notes that text was passed over that is no metric.
func (r *Reader) skipped() { r.doubt, r.leftOut = true, true }

// separators returns the offset behind the separators at i.
func (r *Reader) separators(i int) int {
	for i < len(r.text) && isSeparator(r.text[i]) {
		i++
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

func isSeparator(c byte) bool { return isBlank(c) || c == ',' || c == ';' || c == '|' }

// blanks returns the offset behind the blanks at i, within the line.
func (r *Reader) blanks(i int) int {
	for i < len(r.text) && (r.text[i] == ' ' || r.text[i] == '\t') {
		i++
	}
	return i
}

// closingQuote returns the offsets of the quote that closes the label opened at
// open, and of what follows its "=". end is 0 when that quote opens no label. The
// closing quote is the first one before a "=". But once a "=" has been passed, a
// quote behind a separator opens another label: then the first quote was a lone one.
func (r *Reader) closingQuote(open int) (end, after int) {
	s, q := r.text, r.text[open]
	lone := &r.lone[0]
	if q == '"' {
		lone = &r.lone[1]
	}
	if open < *lone {
		return 0, 0
	}
	equals := false
	for i := open + 1; i < len(s); i++ {
		switch s[i] {
		case '=':
			equals = true
		case q:
			next := r.blanks(i + 1)
			switch {
			case i+1 < len(s) && s[i+1] == q: // doubled: one within the label
				i++
			case equals && isSeparator(s[i-1]):
				*lone = i
				return 0, 0
			case next < len(s) && s[next] == '=':
				return i, next + 1
			}
		}
	}
	*lone = len(s)
	return 0, 0
}

// unquote returns a label with its doubled quotes as one, and without lone quotes, or
// whatever else is given, at its ends.
func unquote(label, ends string) string {
	if strings.IndexByte(label, '\'') >= 0 {
		label = strings.ReplaceAll(label, "''", "'")
	}
	for label != "" && strings.IndexByte(ends, label[0]) >= 0 {
		label = label[1:]
	}
	for label != "" && strings.IndexByte(ends, label[len(label)-1]) >= 0 {
		label = label[:len(label)-1]
	}
	return label
}

// unescape returns a label without the backslashes before both of its quotes, which a
// shell or an agent's configuration should have removed: \'C: used\'.
func unescape(label string) string {
	for _, quote := range [...]string{`\'`, `\"`} {
		if inner, ok := strings.CutPrefix(label, quote); ok {
			if inner, ok = strings.CutSuffix(inner, quote); ok {
				return inner
			}
		}
	}
	return label
}

// enterBlock finds the block of check_multi to which the metric belongs. PNP4Nagios
// (process_perfdata.pl, parse_perfstring) knows check_multi by the first label.
func (r *Reader) enterBlock(m *Metric) {
	if r.begun && !r.multi {
		return
	}
	block := blockOf(m.Label)
	if !r.begun {
		r.begun, r.multi = true, block != ""
	}
	if block != "" {
		r.block = block
	} else {
		m.Block = r.block
	}
}

// blockOf returns "label::plugin" of a label of the form "label::plugin::metric",
// else nothing.
func blockOf(label string) string {
	name, rest, found := strings.Cut(label, "::")
	if !found {
		return ""
	}
	plugin, metric, found := strings.Cut(rest, "::")
	if !found || metric == "" || !isBlockWord(name, "/#") || !isBlockWord(plugin, "") {
		return ""
	}
	return label[:len(name)+len("::")+len(plugin)]
}

// isBlockWord reports whether s is one or more of the characters that PNP4Nagios
// accepts in the names of a block, or of also.
func isBlockWord(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || isBlank(c) || c == '.' || c == '-' ||
			c == '_' || strings.IndexByte(also, c) >= 0) {
			return false
		}
	}
	return s != ""
}
