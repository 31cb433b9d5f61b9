package eventmap

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/perfstring"
)

// maxLabel limits a label in bytes; Canopsis stores it, with the unit appended, in
// 255 characters.
const maxLabel = 235

// unnamed is the label of a metric that has none.
const unnamed = "unnamed"

// appendPerfdata appends performance data in the form that Canopsis' parser
// accepts: metrics `label=value[unit][;anything]`, joined by one space. That
// parser drops the whole string for one metric that it doesn't understand, so
// each metric is rewritten, or left out when the generation can't store it or has
// one of its name already. raw is clean text as package perfstring reads it. At
// most limit bytes are appended, whole metrics only. dropped reports whether a
// metric was left out.
func appendPerfdata(buf []byte, raw string, version Version, limit int) (_ []byte, dropped bool) {
	w := perfWriter{buf: buf, version: version, seed: maphash.MakeSeed()}
	var m perfstring.Metric
	for r := perfstring.NewReader(raw); ; {
		if !r.Next(&m) {
			return w.buf, dropped || r.LeftOut()
		}
		before := len(w.buf)
		if before > len(buf) {
			w.buf = append(w.buf, ' ')
		}
		if name, ok := w.write(&m); !ok || len(w.buf)-len(buf) > limit || !w.isNew(name) {
			w.buf, dropped = w.buf[:before], true
		}
	}
}

// perfWriter writes the metrics of one string.
type perfWriter struct {
	buf     []byte
	version Version

	// The hashes of the names that have been written. A collision leaves a metric
	// out, as the same name does.
	seed  maphash.Seed
	first [16]uint64 // the usual number, without an allocation
	n     int
	more  map[uint64]bool
}

// write appends a metric and returns the hash of the name under which Canopsis
// stores it. ok is false when it can't store the metric.
func (w *perfWriter) write(m *perfstring.Metric) (name uint64, ok bool) {
	if m.Unknown { // Canopsis skips this metric alone
		name = w.label(m, "", "")
		w.buf = append(w.buf, "=U"...)
		return name, true
	}
	if m.Value.Negative && !w.version.storesNegative() {
		return 0, false
	}
	n, unit, ranges := m.Value, m.Unit, m.Ranges
	if unit == "GB" && !w.version.acceptsUnit(unit) {
		unit, n, ranges = "MB", n.Times1000(), rangesTimes1000(ranges)
	}
	switch {
	case !w.version.acceptsUnit(unit): // as Canopsis names a metric with a unit
		name, unit = w.label(m, unit, ""), ""
	case w.version.python(): // it keeps the unit apart from the name
		name = w.label(m, "", "")
	default:
		name = w.label(m, "", unit)
	}
	w.buf = append(w.buf, '=')
	w.buf = n.Append(w.buf)
	w.buf = append(w.buf, unit...)
	w.buf = append(w.buf, ranges...)
	return name, true
}

// label appends a label that Canopsis reads as one name: never empty, without "=",
// in quotes when it has a space or a quote, never a lone quote. One that is too
// long ends in "~" and a hash of the whole. unit is a part of the label, suffix what
// Canopsis itself appends to the name, whose hash is returned.
func (w *perfWriter) label(m *perfstring.Metric, unit, suffix string) (name uint64) {
	label := m.Label
	if m.Block != "" {
		label = m.Block + "::" + label
	}
	room := maxLabel
	if unit != "" {
		room -= len("_") + len(unit)
	}
	if len(label) > room {
		label = string(cutWithHash([]byte(label), 0, room))
	}
	if label == "" {
		label = unnamed
	}
	plain := isPlainLabel(label)
	quote := !plain && strings.ContainsAny(label, " '\t\n")
	if quote {
		w.buf = append(w.buf, '\'')
	}
	begin := len(w.buf)
	if plain {
		w.buf = append(w.buf, label...)
	} else {
		w.buf = appendEscaped(w.buf, label)
	}
	if unit != "" {
		w.buf = append(w.buf, '_')
		w.buf = append(w.buf, unit...)
	}
	end := len(w.buf)
	if suffix != "" {
		w.buf = append(w.buf, '_')
		w.buf = append(w.buf, suffix...)
	}
	name = maphash.Bytes(w.seed, w.buf[begin:])
	if w.buf = w.buf[:end]; quote {
		w.buf = append(w.buf, '\'')
	}
	return name
}

// isPlainLabel reports whether a label stays as it is, without quotes.
func isPlainLabel(label string) bool {
	for i := range len(label) {
		if c := label[i]; c <= '=' && (c == '=' || c == ' ' || c == '\'' || c == '\t' || c == '\n') {
			return false
		}
	}
	return true
}

// appendEscaped appends a label without "=" and with its quotes doubled.
func appendEscaped(buf []byte, label string) []byte {
	begin := len(buf)
	buf = append(buf, label...)
	for i := begin; i < len(buf); i++ {
		switch c := buf[i]; {
		case c > '=':
		case c == '=':
			buf[i] = '_'
		case c == '\t' || c == '\n':
			buf[i] = ' '
		case c == '\'':
			buf = slices.Insert(buf, i, c)
			i++
		}
	}
	return buf
}

// isNew returns false for a name that was written before.
func (w *perfWriter) isNew(name uint64) bool {
	for _, other := range w.first[:w.n] {
		if other == name {
			return false
		}
	}
	if w.n < len(w.first) {
		w.first[w.n] = name
		w.n++
		return true
	}
	if w.more[name] {
		return false
	}
	if w.more == nil {
		w.more = make(map[uint64]bool)
	}
	w.more[name] = true
	return true
}

// rangesTimes1000 scales the thresholds, minimum and maximum that follow a value
// (";10:20;~:5;0;100"). It drops all of them when one is not a plain number, so
// that none has another unit than the value.
func rangesTimes1000(ranges string) string {
	var out []byte
	for i := 0; i < len(ranges); {
		switch c := ranges[i]; {
		case strings.IndexByte(";:@~-", c) >= 0:
			out = append(out, c)
			i++
		case c == '.' || c >= '0' && c <= '9':
			n, rest, ok := perfstring.ReadNumber(ranges[i:])
			if !ok {
				return ""
			}
			out = n.Times1000().Append(out)
			i = len(ranges) - len(rest)
		default:
			return ""
		}
	}
	return string(out)
}
