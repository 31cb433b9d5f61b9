package eventmap

import "strings"

// maxLabel limits a label in bytes; Canopsis stores it, with the unit appended, in
// 255 characters.
const maxLabel = 235

// maxUnit limits a unit in bytes.
const maxUnit = 16

// unnamed is the label of a metric that has none.
const unnamed = "unnamed"

// appendPerfdata appends performance data in the form that Canopsis' parser
// accepts: metrics `label=value[unit][;anything]`, joined by one space. That
// parser drops the whole string for one metric that it doesn't understand, so
// each metric is rewritten, or left out when the generation can't store it. raw
// is clean text in the grammar of the Monitoring Plugins guidelines, or close to
// it. At most limit bytes are appended, whole metrics only. dropped reports
// whether a metric was left out.
func appendPerfdata(buf []byte, raw string, version Version, limit int) (_ []byte, dropped bool) {
	begin := len(buf)
	for {
		var m metric
		if m, raw = nextMetric(raw); m == (metric{}) {
			return buf, dropped
		}
		before := len(buf)
		if before > begin {
			buf = append(buf, ' ')
		}
		kept := false
		if buf, kept = m.append(buf, version); !kept || len(buf)-begin > limit {
			buf, dropped = buf[:before], true
		}
	}
}

// metric is one token of performance data, its parts as the plugin wrote them.
type metric struct {
	label string // without its quotes, those within it still doubled
	value string // number and unit; empty if there was no "="
	rest  string // from the first ';' on
}

const blanks = " \t\n"

// nextMetric splits raw after its first metric. The zero metric means the end.
func nextMetric(raw string) (m metric, rest string) {
	for raw != "" && isBlank(raw[0]) {
		raw = raw[1:]
	}
	if raw == "" {
		return metric{}, ""
	}
	if end := closingQuote(raw); end > 0 {
		m.label, raw = raw[1:end], raw[end+2:]
	} else {
		i := wordEnd(raw, '=')
		if i == len(raw) || raw[i] != '=' { // text without a value
			return metric{label: raw[:i]}, raw[i:]
		}
		m.label, raw = raw[:i], raw[i+1:]
	}
	body, after := cutBody(raw)
	end := wordEnd(body, ';')
	m.value, m.rest = body[:end], body[end:]
	if m == (metric{}) { // "=": nothing, but not the end
		m.label = "="
	}
	return m, after
}

// cutBody splits s after value, thresholds and limits: at a blank, or at a comma in
// its place ("a=1,b=2").
func cutBody(s string) (body, after string) {
	i := wordEnd(s, '=')
	if i < len(s) && s[i] == '=' {
		if comma := strings.LastIndexByte(s[:i], ','); comma >= 0 && comma < i-1 {
			return s[:comma], s[comma+1:]
		}
		for i < len(s) && !isBlank(s[i]) {
			i++
		}
	}
	return s[:i], s[i:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// wordEnd returns the offset of the first blank or stop in s, else its length.
func wordEnd(s string, stop byte) int {
	i := 0
	for i < len(s) && s[i] != stop && !isBlank(s[i]) {
		i++
	}
	return i
}

// closingQuote returns the offset of the quote that closes the label at the start
// of s, or 0 when s doesn't start with a quoted label. It is the first quote before
// a "=", because the guidelines allow no "=" in a label. Plugins write one all the
// same ('a=b'=1); but where a blank follows it, the opening quote was a lone one,
// and the "=" belongs to its value.
func closingQuote(s string) int {
	if s[0] != '\'' {
		return 0
	}
	end := strings.Index(s[1:min(len(s), 2*maxLabel)], "'=")
	if end < 0 {
		return 0
	}
	label := s[1 : 1+end]
	if i := strings.IndexByte(label, '='); i >= 0 && strings.ContainsAny(label[i:], blanks) {
		return 0
	}
	return 1 + end
}

// append appends the metric, or returns false when Canopsis can't store it.
func (m metric) append(buf []byte, version Version) (_ []byte, kept bool) {
	if strings.HasPrefix(m.value, "U") { // unknown: Canopsis skips this metric alone
		buf = appendLabel(buf, m, "")
		return append(buf, "=U"...), m.value == "U"
	}
	n, unit, ok := parseNumber(m.value)
	if !ok || n.negative && !version.storesNegative() || !unitLike(unit) {
		return buf, false
	}
	rest := m.rest
	switch unit {
	case "µs", "μs":
		unit = "us"
	case "kB":
		unit = "KB"
	case "GB":
		if !version.acceptsUnit(unit) {
			unit, n, rest = "MB", n.times1000(), rangesTimes1000(rest)
		}
	}
	inLabel := ""
	if !version.acceptsUnit(unit) { // as Canopsis names a metric with a unit
		unit, inLabel = "", unit
	}
	buf = appendLabel(buf, m, inLabel)
	buf = append(buf, '=')
	buf = n.append(buf)
	buf = append(buf, unit...)
	return append(buf, rest...), true
}

// unitLike reports whether what follows a number can be a unit of measurement.
func unitLike(unit string) bool {
	if len(unit) > maxUnit {
		return false
	}
	for i, r := range unit {
		switch {
		case r >= 0x80, r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '%', r == '/', r == '_':
		case i > 0 && (r >= '0' && r <= '9' || r == '^' || r == '*'):
		default:
			return false
		}
	}
	return true
}

// appendLabel appends a label that Canopsis reads as one name: never empty, without
// "=", in quotes when it has a space or a quote, never a lone quote.
func appendLabel(buf []byte, m metric, unit string) []byte {
	label := m.label
	if strings.Contains(label, "''") {
		label = strings.ReplaceAll(label, "''", "'")
	}
	label = strings.TrimLeft(label, "'")
	room := maxLabel
	if unit != "" {
		room -= len("_") + len(unit)
	}
	label = strings.TrimRight(label[:runeStart(label, min(len(label), room))], "'")
	if label == "" {
		label = unnamed
	}
	quote := wordEnd(label, '\'') < len(label)
	if quote {
		buf = append(buf, '\'')
	}
	for i := range len(label) {
		switch c := label[i]; c {
		case '=':
			buf = append(buf, '_')
		case '\'':
			buf = append(buf, "''"...)
		case '\t', '\n':
			buf = append(buf, ' ')
		default:
			buf = append(buf, c)
		}
	}
	if unit != "" {
		buf = append(buf, '_')
		buf = append(buf, unit...)
	}
	if quote {
		buf = append(buf, '\'')
	}
	return buf
}
