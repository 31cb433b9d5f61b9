package perfstring

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written is a metric in the words of the test's own readers.
type written struct{ label, value, unit, ranges string }

// read returns what the package reads.
func read(text string) (metrics []written, leftOut bool) {
	r := NewReader(text)
	for m := (Metric{}); r.Next(&m); {
		metrics = append(metrics, asWritten(&m))
	}
	return metrics, r.LeftOut()
}

func asWritten(m *Metric) written {
	w := written{label: m.Label, value: string(m.Value.Append(nil)), unit: m.Unit, ranges: m.Ranges}
	if m.Block != "" {
		w.label = m.Block + "::" + w.label
	}
	if m.Unknown {
		w.value, w.ranges = "U", ""
	}
	return w
}

// maker makes performance data of parts that it picks.
type maker struct{ *rand.Rand }

func newMaker() maker { return maker{rand.New(rand.NewPCG(1, 2))} }

func (m maker) pick(parts ...string) string { return parts[m.IntN(len(parts))] }

// joined returns up to n of the parts in a row.
func (m maker) joined(n int, parts ...string) (text string) {
	for range 1 + m.IntN(n) {
		text += m.pick(parts...)
	}
	return text
}

func (m maker) number() string {
	return m.pick("", "", "-") + m.pick("0", "5", "12.5", "100", "0.000001", ".5", "1234567", "234")
}

func (m maker) threshold() string {
	a, b := m.number(), m.number()
	return m.pick("", a, a+":", "~:"+a, a+":"+b, "@"+a+":"+b)
}

// TestGuidelines reads strings as the guidelines have them, and compares with a plain
// reading of their text: metrics are separated by spaces, a label with spaces is in
// single quotes and has no "=" and no single quote, value, minimum and maximum are of
// the class [-0-9.].
func TestGuidelines(t *testing.T) {
	make := newMaker()
	for range 20_000 {
		text := make.guidelines()
		want := guidelines(t, text)
		if got, leftOut := read(text); leftOut || !cmp.Equal(want, got, cmp.AllowUnexported(written{})) {
			t.Fatalf("%q, left out %v: %s", text, leftOut,
				cmp.Diff(want, got, cmp.AllowUnexported(written{})))
		}
	}
}

func (m maker) guidelines() string {
	var metrics []string
	for range 1 + m.IntN(5) {
		label := m.joined(4, "a", "/", `C:\`, "é", "_", ".", "-", "x y", " ", "1", "23", "MB", "%", ",", ";", "(", "::")
		if strings.ContainsAny(label, " ,;") || m.IntN(3) == 0 {
			label = "'" + label + "'"
		}
		value := m.pick("U", m.number()+m.pick("", "s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"))
		for i := range m.IntN(6) {
			value += ";"
			switch {
			case i < 2:
				value += m.threshold()
			case i < 4:
				value += m.pick("", m.number())
			}
		}
		metrics = append(metrics, label+"="+value)
	}
	return strings.Join(metrics, m.pick(" ", " ", "  "))
}

var guideline = regexp.MustCompile(`^ *(?:'([^'=]*)'|([^ '=]+))=([-0-9.]+|U)([a-zA-Z%]*)((?:;[-0-9.:@~]*)*)`)

func guidelines(t *testing.T, text string) (metrics []written) {
	for text != "" {
		m := guideline.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("not in the form of the guidelines: %q", text)
		}
		text = text[len(m[0]):]
		metrics = append(metrics, normal(written{m[1] + m[2], m[3], m[4], m[5]}))
	}
	return inBlocks(metrics)
}

// normal has what the package does to a value: a zero has no sign, an unknown value no
// thresholds.
func normal(w written) written {
	if strings.Trim(w.value, "-0.") == "" {
		w.value = strings.TrimPrefix(w.value, "-")
	}
	if w.value == "U" {
		w.ranges = ""
	}
	return w
}

var checkMulti = regexp.MustCompile(`^([a-zA-Z0-9.\-_\s/#]+::[a-zA-Z0-9.\-_\s]+)::[^=]+$`)

// inBlocks has PNP4Nagios' reading of check_multi's labels.
func inBlocks(metrics []written) []written {
	block := ""
	for i := range metrics {
		m := checkMulti.FindStringSubmatch(metrics[i].label)
		switch {
		case m == nil && i == 0:
			return metrics
		case m == nil:
			metrics[i].label = block + "::" + metrics[i].label
		default:
			block = m[1]
		}
	}
	return metrics
}

// TestPNP4Nagios compares with the rules of PNP4Nagios 0.6 (scripts/process_perfdata.pl:
// process_perfdata, _parse) for labels: they reach up to the "=", with or without
// quotes of either kind, which it takes away; blanks around "=" and a check command in
// brackets at the end are ignored; a comma is a decimal point.
func TestPNP4Nagios(t *testing.T) {
	make := newMaker()
	for range 20_000 {
		text := make.pnp()
		want := pnp(t, text)
		got, leftOut := read(text)
		for i := range got {
			got[i].ranges = ""
		}
		if leftOut || !cmp.Equal(want, got, cmp.AllowUnexported(written{})) {
			t.Fatalf("%q, left out %v: %s", text, leftOut,
				cmp.Diff(want, got, cmp.AllowUnexported(written{})))
		}
	}
}

func (m maker) pnp() string {
	var text strings.Builder
	for range 1 + m.IntN(5) {
		var words []string
		for range 1 + m.IntN(3) {
			words = append(words,
				m.pick("Black", "Toner", `C:\`, "5", "min", "404", "Ünit", "(x)", "a/b", "x:y", "used", "-"))
		}
		quote := m.pick("", "", "'", `"`)
		if words[0] == "-" && quote == "" {
			words[0] = "used" // a dash alone is no part of a label here
		}
		value := strings.Replace(m.number(), ".", m.pick(".", ","), 1) + m.pick("", "%", "B", "MB", "KB/s")
		for range m.IntN(3) {
			value += ";" + m.threshold()
		}
		fmt.Fprintf(&text, "%s%s%s%s=%s%s%s", quote, strings.Join(words, " "), quote, m.pick("", "", " "),
			m.pick("", "", " "), value, m.pick(" ", " ", "  ", "; "))
	}
	return text.String() + m.pick("", "", "[check_x]", "[check-y]  ")
}

var (
	pnpCommand = regexp.MustCompile(`^(.*)\s\[(.*)\]\s*$`)
	pnpMetric  = regexp.MustCompile(
		`^([^=]+)=(U|[\d.\-]+)([\w/%]*);?[\d.\-:~@]*;?[\d.\-:~@]*;?[\d.\-]*;?[\d.\-]*;?\s*`)
	pnpBlanks = regexp.MustCompile(`\s*=\s*`)
)

func pnp(t *testing.T, text string) (metrics []written) {
	if m := pnpCommand.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	text = strings.ReplaceAll(text, ",", ".")
	text = pnpBlanks.ReplaceAllString(text, "=") + " "
	for all := text; strings.TrimSpace(text) != ""; {
		m := pnpMetric.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("PNP4Nagios can't read %q of %q", text, all)
		}
		text = text[len(m[0]):]
		label := strings.NewReplacer("'", "", `"`, "", "&", "").Replace(m[1])
		metrics = append(metrics, normal(written{label, m[2], m[3], ""}))
	}
	return metrics
}

// TestUsual compares the short way of the usual metric with the long way of any.
func TestUsual(t *testing.T) {
	make := newMaker()
	usual := 0
	for i := range 20_000 {
		text := make.joined(12, "a=1", "b=2.5s", "c=5%;1;2", "'d e'=3", " ", " ", ";", ",", "MB", "234", "=", "10d",
			"5h", "x y", "0x", "'", "U", "e5", ".", "f::g::h=1", "|")
		if i%2 == 0 {
			text = make.guidelines()
		}
		short, long := NewReader(text), NewReader(text)
		for {
			var a, b Metric
			before := short
			if before.usual(&a) {
				usual++
			}
			ok := short.Next(&a)
			if long.any(&b) != ok || a != b || short.LeftOut() != long.LeftOut() {
				t.Fatalf("%q: %+v, in the long way %+v", text, a, b)
			}
			if !ok {
				break
			}
		}
	}
	if usual < 8_000 {
		t.Errorf("only %d usual metrics", usual)
	}
}
