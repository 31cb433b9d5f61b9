package eventmap

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPerfdata(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		dropped        bool
	}{
		{"as is", "time=0.1s;1;2;0;3 size=5MB;;;0", "time=0.1s;1;2;0;3 size=5MB;;;0", false},
		{"nothing", "", "", false},
		{"blanks", " \t\n", "", false},
		{"blanks between", "  a=1  b=2\tc=3\n", "a=1 b=2 c=3", false},
		{"quoted", "'/var/log é'=1 'it''s'=2", "'/var/log é'=1 'it''s'=2", false},
		{"needless quotes", "'load1'=0.5;1;2", "load1=0.5;1;2", false},
		{"a leading blank in a label", "' /boot'=68MB;88;93;0;98", "' /boot'=68MB;88;93;0;98", false},
		{"commas between", "a=1,b=2;3;4,c=5", "a=1 b=2;3;4 c=5", false},
		{"decimal comma", "a=1,5,b=2,25s;3", "a=1.5 b=2.25s;3", false},
		{"equals sign in a label", "'a=b'=1", "a_b=1", false},
		{"lone quote in a label", "it's=1 'it's ok'=2", "'it''s'=1 'it''s ok'=2", false},
		{"the label that ends engine-che", "'=1 a=2", "unnamed=1 a=2", false},
		{"more of its kind", "''=1 '''=2 ''''=3 '=", "unnamed=1 unnamed=2 unnamed=3", true},
		{"no label", "=5 = a=1", "unnamed=5 a=1", true},
		{
			"lone quotes before quoted labels", "'=1 'b c'=2 'd=3 e'=4 'f g'=5", "unnamed=1 'b c'=2 d=3 e=4 'f g'=5",
			false,
		},
		{"quote that never closes", "'a b=1 c=2", "b=1 c=2", true},
		{"text", "DISK OK a=1 b", "a=1", true},
		{"signs", "a=+5 b=-0 c=-0.0s d=-1 e=-0.01", "a=5 b=0 c=0.0s", true},
		{"points", "a=.5 b=5. c=5.% d=. e=1.2.3", "a=.5 b=5 c=5%", true},
		{"exponents", "a=1e5 b=1.5E-3s c=2e+2B d=1e999 e=5e", "a=100000 b=0.0015s c=200B e_e=5", true},
		{"not a number", "a=U b=nan c=inf d=0x1F e= f=U;1;2 g=Unknown h=1", "a=U d_x1F=0 f=U h=1", true},
		{"thousands", "a=1,234,567", "", true},
		{"overflow", "a=1 b=" + strings.Repeat("9", 400), "a=1", true},
		{
			"GB", "a=5GB;8;9;0;10 b=1.5GB;~:1.25;@1:2 c=0.0005GB;x",
			"a=5000MB;8000;9000;0;10000 b=1500MB;~:1250;@1000:2000 c=0.5MB", false,
		},
		{"other spellings", "a=1kB b=2µs c=3μs", "a=1KB b=2us c=3us", false},
		{"unknown units", "a=5KiB;6 b=1b 'c d'=2B/s e=23C f=23°C", "a_KiB=5;6 b_b=1 'c d_B/s'=2 e_C=23 f=23°C", false},
		{"garbage for a unit", "a=12:30 b=5=6 c=5abcdefghijklmnopq d=5%", "d=5%", true},
		{"long label", strings.Repeat("é", 200) + "=1", strings.Repeat("é", 117) + "=1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, dropped := appendPerfdata(nil, c.in, Canopsis2410, 1<<16)
			if diff := cmp.Diff(c.want, string(got)); diff != "" || dropped != c.dropped {
				t.Errorf("dropped %v: %s", dropped, diff)
			}
			if _, err := canopsisPerfdata(string(got), Canopsis2410); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPerfdataByVersion(t *testing.T) {
	const raw = "a=-5;1 b=1GB c=2°C d=3b e=4B/s f=5%"
	for version, want := range map[Version]string{
		Canopsis2:    "a=-5;1 b=1GB c_°C=2 d=3b e=4B/s f=5%",
		Canopsis40:   "b=1000MB c_°C=2 d_b=3 e_B/s=4 f=5%",
		Canopsis2310: "b=1GB c_°C=2 d=3b e_B/s=4 f=5%",
		Canopsis2410: "b=1000MB c=2°C d_b=3 e_B/s=4 f=5%",
	} {
		if got, _ := appendPerfdata(nil, raw, version, 1<<16); string(got) != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}

// The grammar against which the tests check perf_data must have the faults that were
// observed in Canopsis.
func TestCanopsisGrammar(t *testing.T) {
	for in, want := range map[string]error{
		"'=1":         errPanics,
		"a=1 '=1":     errPanics,
		"a=-1":        errDropped,
		"a=1e5":       errDropped,
		"a=1,5":       errDropped,
		"a=5.":        errDropped,
		"a=5GB":       errDropped,
		"a=1  b=2":    errDropped,
		" a=1":        errDropped,
		"a'b=1":       errDropped,
		"'a=b'=1":     errDropped,
		"a=1\tb=2":    errDropped,
		"a=1 ":        nil,
		"a=U":         nil,
		"'a b'=.5MB;": nil,
		"a=5.%":       nil,
	} {
		if _, err := canopsisPerfdata(in, Canopsis2410); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}

func FuzzPerfdata(f *testing.F) {
	for _, s := range []string{
		"", "'=1", "''=1", "'''=1", "a=1,b=2", "'a b'=1;2;3;4;5 c=-1", "a=1e400 b=1e-400", "=", "a==1", "' '=1",
		"a=1GB;2;@~:3", "a=U b=U;", "'a''=1' '=2", "a=٣", "é=1°C", "a=1\u00a0%", "'\n'=1", "a=.GB", "a=00.10GB",
		"a=1;'=2 b=3", "C:\\ Used=5%", "'a'''=1",
	} {
		f.Add(s)
	}
	cs, _ := newCharset("windows-1252")
	f.Fuzz(func(t *testing.T, in string) {
		raw, _ := cs.clean(in)
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
			for _, m := range metrics {
				if m.Name == "" || len(m.Name) > 255 || strings.Contains(m.Name, "=") {
					t.Errorf("%q: metric named %q", got, m.Name)
				}
			}
			again, dropped := appendPerfdata(nil, got, g.version, 4096)
			if string(again) != got || dropped {
				t.Errorf("%q is not stable: %q", got, again)
			}
		}
		// What Canopsis would have read, it must still read.
		if before, err := canopsisPerfdata(raw, Canopsis2410); err == nil && len(raw) < 4096 && sensibleLabels(before) {
			out, _ := appendPerfdata(nil, raw, Canopsis2410, 4096)
			after, _ := canopsisPerfdata(string(out), Canopsis2410)
			for _, m := range before {
				i := slices.Index(after, m)
				if i < 0 {
					t.Fatalf("%q becomes %q without %v", raw, out, m)
				}
				after = after[i+1:]
			}
		}
	})
}

// sensibleLabels reports whether no name needs a change: not empty, not too long,
// without a quote at an edge, and with no blank but spaces.
func sensibleLabels(metrics []canopsisMetric) bool {
	for _, m := range metrics {
		if name := strings.TrimSuffix(m.Name, "_"+m.Unit); name == "" ||
			len(name) > maxLabel || strings.Trim(name, "'") != name ||
			strings.ContainsAny(m.Name, "\t\n") {
			return false
		}
	}
	return true
}
