package pairs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		line string
		want []Pair
	}{
		{"A::1\tB_2::x::y\tC::", []Pair{{"A", "1"}, {"B_2", "x::y"}, {"C", ""}}},
		{"A::a\tb\tc\tB::\t", []Pair{{"A", "a\tb\tc"}, {"B", "\t"}}}, // tabs of a plugin's output
		{"A::1\tlower::2\t2A::3\t::4", []Pair{{"A", "1\tlower::2\t2A::3\t::4"}}},
		{"_HOSTX::1", []Pair{{"_HOSTX", "1"}}},
	} {
		got, err := Cut(c.line, nil)
		if err != nil {
			t.Errorf("%q: %v", c.line, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.line, diff)
		}
	}
	for _, line := range []string{"", "a::b", "A:b", "\tA::1", strings.Repeat("A::\t", Most+1)} {
		if got, err := Cut(line, nil); err == nil {
			t.Errorf("%.40q: no error, but %v", line, got)
		}
	}
}

func TestCutEscaped(t *testing.T) {
	got, err := CutEscaped("A::1\t_HOSTSNMP-Gruppe é.1::x::y\tC::", nil)
	if diff := cmp.Diff([]Pair{{"A", "1"}, {"_HOSTSNMP-Gruppe é.1", "x::y"}, {"C", ""}}, got); diff != "" ||
		err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, line := range []string{"", "A", "A::1\t", "A::1\tb\tC::2", "::1", strings.Repeat("A::\t", Most) + "A::"} {
		if got, err := CutEscaped(line, nil); err == nil {
			t.Errorf("%.40q: no error, but %v", line, got)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"plain":          "plain",
		`\\\t\n\r\0`:     "\\\t\n\r\x00",
		`C:\\new \x \`:   `C:\new \x \`,
		`\\n is not \n!`: "\\n is not \n!",
	} {
		if got := Unescape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTwice(t *testing.T) {
	if key := Twice([]Pair{{"A", ""}, {"B", ""}, {"A", "x"}}); key != "A" {
		t.Errorf("%q", key)
	}
	if key := Twice([]Pair{{"A", ""}, {"AB", ""}}); key != "" {
		t.Errorf("%q", key)
	}
}

// Escaping as the modules do, and back, returns the same bytes.
func FuzzEscapes(f *testing.F) {
	f.Add("a\\b\tc\nd\re\x00f\\", "\\n\t")
	f.Fuzz(func(t *testing.T, a, b string) {
		escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
		cut, err := CutEscaped("A::"+escape.Replace(a)+"\tB::"+escape.Replace(b), nil)
		if err != nil || len(cut) != 2 || Unescape(cut[0].Value) != a || Unescape(cut[1].Value) != b {
			t.Errorf("%q, %q: %q, %v", a, b, cut, err)
		}
	})
}
