package eventmap

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPerfdata has what the tables of docs/PERFDATA.md (TestPerfdataDoc) can't show.
func TestPerfdata(t *testing.T) {
	long := strings.Repeat("é", 200)
	for _, c := range []struct {
		name, in, want string
		dropped        bool
	}{
		{"nothing", "", "", false},
		{"blanks", " \t\n", "", false},
		{"quotes only", "''=1 a=2", "unnamed=1 a=2", false},
		{"three quotes", "'''=1 a=2", "unnamed=1 a=2", false},
		{"lone quotes", "'=1 'b c'=2 'd=3 e'=4 'f g'=5", "unnamed=1 'b c'=2 'd_3 e'=4 'f g'=5", false},
		{"a leading blank in a label", "' /boot'=68MB;88;93;0;98", "' /boot'=68MB;88;93;0;98", false},
		{"an empty label behind a value", "=5 = a=1", "unnamed=5 a=1", true},
		{"overflow", "a=1 b=" + strings.Repeat("9", 400), "a=1", true},
		{"a long label", long + "=1", strings.Repeat("é", 113) + "~2c0f83a5=1", false},
		{
			"labels that differ behind the limit", "'" + long + " a'=1 '" + long + " b'=2",
			strings.Repeat("é", 113) + "~1b141f9a=1 " + strings.Repeat("é", 113) + "~1a141e07=2", false,
		},
		{"a long label with a unit", long + "=1KiB", strings.Repeat("é", 111) + "~2c0f83a5_KiB=1", false},
		{
			"a long label in quotes with =", "'" + long + "=" + long + " x'=1 b=2",
			strings.Repeat("é", 113) + "~0e4d6d40=1 b=2", false,
		},
		{"text in front of a command in brackets", "a=1 [b=2]", "a=1", true},
		{"brackets that are a label", "[x]=1", "[x]=1", false},
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

func TestPerfdataLimit(t *testing.T) {
	for limit, want := range map[int]string{0: "", 2: "", 3: "a=1", 6: "a=1", 7: "a=1 b=2"} {
		got, dropped := appendPerfdata([]byte("x"), "a=1 b=2", Canopsis2410, limit)
		if string(got) != "x"+want || dropped != (limit < 7) {
			t.Errorf("limit %d: %q, dropped %v", limit, got, dropped)
		}
	}
}

// TestPerfdataNames has more metrics than the usual number.
func TestPerfdataNames(t *testing.T) {
	var in, want []string
	for i := range 100 {
		in = append(in, fmt.Sprintf("m%d=%d", i%50, i))
		if i < 50 {
			want = append(want, in[i])
		}
	}
	got, dropped := appendPerfdata(nil, strings.Join(in, " "), Canopsis2410, 1<<16)
	if diff := cmp.Diff(strings.Join(want, " "), string(got)); diff != "" || !dropped {
		t.Errorf("dropped %v: %s", dropped, diff)
	}
}

func TestPerfdataByVersion(t *testing.T) {
	const raw = "a=-5;1 b=1GB c=2°C d=3b e=4B/s f=5% f=6s"
	for version, want := range map[Version]string{
		Canopsis2:    "a=-5;1 b=1GB c_°C=2 d=3b e=4B/s f=5%",
		Canopsis40:   "b=1000MB c_°C=2 d_b=3 e_B/s=4 f=5% f=6s",
		Canopsis2310: "b=1GB c_°C=2 d=3b e_B/s=4 f=5% f=6s",
		Canopsis2410: "b=1000MB c=2°C d_b=3 e_B/s=4 f=5% f=6s",
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
