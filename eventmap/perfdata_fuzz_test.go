package eventmap

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzPerfdata holds what docs/PERFDATA.md promises of any string, for each
// generation of Canopsis.
func FuzzPerfdata(f *testing.F) {
	for _, s := range []string{
		"", "'=1", "''=1", "'''=1", "a=1,b=2", "'a b'=1;2;3;4;5 c=-1", "a=1e400 b=1e-400", "=", "a==1", "' '=1",
		"a=1GB;2;@~:3", "a=U b=U;", "'a''=1' '=2", "a=٣", "é=1°C", "a=1\u00a0%", "'\n'=1", "a=.GB", "a=00.10GB",
		"a=1;'=2 b=3", "C:\\ Used=5%", "'a'''=1", "a::b::c=1 d=2 e::f::g=3 d=4", "a=1,234,567 b=1'234 c=1.234,5",
		`"a b"=1,"c"=2|d=3`, "'a=b c'=1 OK, x y=2", "a = 1 , b = 2", "a=5 MB b=10d 5h c=1 234", "a=1;2 ;3,b=4 [c]",
		"a='5' b=\"6%\";7", `a=1\nb=2`, "a=0x1F b=0xFF c=12:30", "a=1;b=2;c d=3",
	} {
		f.Add(s)
	}
	cs, _ := newCharset("windows-1252")
	f.Fuzz(func(t *testing.T, in string) {
		raw, _ := cs.clean(in)
		numbers := numbersIn(raw)
		for _, g := range generations {
			out, _ := appendPerfdata([]byte("x"), raw, g.version, 4096)
			got := string(out[1:])
			if len(got) > 4096 || !utf8.ValidString(got) {
				t.Fatalf("%d bytes, UTF-8 %v", len(got), utf8.ValidString(got))
			}
			metrics, err := canopsisPerfdata(got, g.version)
			if err != nil {
				t.Fatalf("%s: %q becomes %q: %v", g.name, raw, got, err)
			}
			names := make(map[string]bool)
			for _, m := range metrics {
				name := m.Name
				if g.version.python() {
					name = m.label()
				}
				if names[name] {
					t.Errorf("%s: %q: two metrics are named %q", g.name, got, name)
				}
				names[name] = true
				if len(m.Name) > 255 || strings.Contains(m.Name, "=") || !isNamedIn(raw, m) {
					t.Errorf("%q becomes %q: metric named %q", raw, got, m.Name)
				}
				if !numbers[m.Value] {
					t.Errorf("%q becomes %q: %v is not in it", raw, got, m.Value)
				}
			}
		}
	})
}

var (
	digitsOf = regexp.MustCompile(`^(?:[0-9]+([.,'’_\x{a0}\x{202f}\x{2009}\x{2007}][0-9]+)*\.?|[.,][0-9]+)`)
	exponent = regexp.MustCompile(`^[eE][+-]?[0-9]+`)
)

// numbersIn returns every number that can be read in s, of whole runs of digits: with
// each mark between them as a point, between groups, or as its end; a thousand times
// as much too, as GB becomes MB.
func numbersIn(s string) map[float64]bool {
	found := make(map[float64]bool)
	for begin := range len(s) {
		if begin > 0 && isASCIIDigit(s[begin-1]) {
			continue
		}
		run := digitsOf.FindString(s[begin:])
		for end := 1; end <= len(run); end++ {
			if end < len(run) && isASCIIDigit(run[end]) {
				continue
			}
			for _, plain := range readings(run[:end]) {
				if after := exponent.FindString(s[begin+end:]); after != "" {
					addNumber(found, plain+after)
				}
				addNumber(found, plain)
			}
		}
	}
	return found
}

func isASCIIDigit(c byte) bool { return c >= '0' && c <= '9' }

// readings returns what the digits of a run can be: without its marks, or with one
// of them as the point.
func readings(run string) (list []string) {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, s)
	}
	list = append(list, clean(run))
	if i := strings.LastIndexAny(run, ".,"); i >= 0 {
		list = append(list, clean(run[:i])+"."+clean(run[i:]))
	}
	return list
}

func addNumber(found map[float64]bool, text string) {
	for _, factor := range []string{"", "e3"} {
		value := text + factor
		if i := strings.IndexAny(text, "eE"); i >= 0 && factor != "" {
			power, _ := strconv.Atoi(text[i+1:])
			value = text[:i] + "e" + strconv.Itoa(power+3)
		}
		if f, err := strconv.ParseFloat(value, 64); err == nil && !math.IsInf(f, 0) {
			found[f] = true
		}
	}
}

// plainText is what is left of a name when what appendLabel changes is taken away.
var plainText = strings.NewReplacer("'", "", `"`, "", "=", "_", "\t", " ", "\n", " ")

// label is the name without the unit that the Go engines append.
func (m canopsisMetric) label() string {
	if m.Unit == "" {
		return m.Name
	}
	return strings.TrimSuffix(m.Name, "_"+m.Unit)
}

// isNamedIn reports whether the name of a metric was written in s: the label as a
// whole, apart from a unit, a block of check_multi, and a hash at its end.
func isNamedIn(s string, m canopsisMetric) bool {
	s = plainText.Replace(s)
	name := plainText.Replace(m.label())
	if parts := strings.SplitN(name, "::", 3); len(parts) == 3 && !strings.Contains(s, name) {
		if !strings.Contains(s, parts[0]+"::"+parts[1]+"::") {
			return false
		}
		name = parts[2]
	}
	if i := strings.LastIndexByte(name, '~'); i >= 0 && len(m.Name) > 200 {
		name = name[:i]
	}
	unit := strings.LastIndexByte(name, '_')
	return strings.Contains(s, name) || unit >= 0 && strings.Contains(s, name[:unit]) ||
		name == unnamed || unit >= 0 && name[:unit] == unnamed
}

// TestPerfdataIsStable reads again what was written: nothing changes, and nothing is
// lost.
func TestPerfdataIsStable(t *testing.T) {
	for _, in := range []string{
		"usr=1,5%, sys=2.5kB;1;2 'a b=c'=3KiB idle=4GB;5 Black Toner=5% \"x y\"=6;;;", "=1 a'b=U 'it''s ok'=2",
		"a::b::c d=1 e=2 f::g::h=3 e=4", "'" + strings.Repeat("x y", 100) + "'=1",
	} {
		first, _ := appendPerfdata(nil, in, Canopsis2410, 1<<16)
		second, dropped := appendPerfdata(nil, string(first), Canopsis2410, 1<<16)
		if string(first) != string(second) || dropped {
			t.Errorf("%q becomes %q, dropped %v", first, second, dropped)
		}
	}
}

// TestPerfdataTime reads 256 KiB of what could make a parser look ahead again and
// again.
func TestPerfdataTime(t *testing.T) {
	const size = 256 << 10
	for _, piece := range []string{
		"'", "'a ", "'a=", "'a=1 ", `"a `, `"a=1 `, "' \"", "a=1 ", "a=1,", "a=1;", "a=", "a=1,234 ", "a=1 234 ", "a ",
		"a=5 MB ", "a=10d 5h ", "a='1 ", `a="`, "a=1'", "=", "a::b::c=1 d=1 ", "''", ";", "1,", "1'234", "a, ", "a=up ",
		"'a b'=1", "a= ", "[", "\\n", "\n", "a=1;2,", "a=1 ;",
	} {
		text := strings.Repeat(piece, size/len(piece))
		for _, in := range []string{text, "x=1.5 " + text, text + "'=1", text + "=1", "'" + text} {
			begin := time.Now()
			appendPerfdata(nil, in, Canopsis2410, 1<<16)
			if d := time.Since(begin); d > 2*time.Second {
				t.Errorf("%q takes %v", piece, d)
			}
		}
	}
}
