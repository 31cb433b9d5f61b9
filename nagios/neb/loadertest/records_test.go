package loadertest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A record has the keys and values of a line, as they were before escaping.
type record map[string]string

func (r record) String() string {
	keys := make([]string, 0, len(r))
	for k := range r {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	b.WriteString(r["DATATYPE"])
	for _, k := range keys {
		if k != "DATATYPE" {
			v := r[k]
			if len(v) > 80 {
				v = fmt.Sprintf("%s… (%d bytes)", v[:60], len(v))
			}
			fmt.Fprintf(&b, " %s=%q", k, v)
		}
	}
	return b.String()
}

var unescaper = strings.NewReplacer(`\\`, "\\", `\t`, "\t", `\n`, "\n", `\r`, "\r", `\0`, "\x00")

// parse reads a line by docs/HANDOVER.md, and fails on what that does not allow.
func parse(t testing.TB, line string) record {
	t.Helper()
	r := record{}
	for i, pair := range strings.Split(line, "\t") {
		key, value, found := strings.Cut(pair, "::")
		if !found || key == "" {
			t.Fatalf("not KEY::VALUE: %.100q", pair)
		}
		if (key == "DATATYPE") != (i == 0) {
			t.Fatalf("pair %d is %s", i, key)
		}
		if _, twice := r[key]; twice {
			t.Errorf("%s comes twice", key)
		}
		if strings.ContainsAny(value, "\r\x00") || !escapedWell(value) {
			t.Errorf("%s is not escaped well: %.100q", key, value)
		}
		r[key] = unescaper.Replace(value)
	}
	return r
}

// escapedWell reports whether each backslash begins one of the escapes.
func escapedWell(value string) bool {
	for {
		i := strings.IndexByte(value, '\\')
		if i < 0 {
			return true
		}
		if i+1 == len(value) || !strings.Contains(`\tnr0`, value[i+1:i+2]) {
			return false
		}
		value = value[i+2:]
	}
}

// A segment is a file of the spool.
type segment struct {
	name    string
	header  record
	records []record
}

var segmentName = regexp.MustCompile(`^neb-(\d{16})-(\d+)-(\d+)\.log$`)

// segments reads a spool directory in the order of a reader, and checks the form of every segment.
func segments(t testing.TB, dir string) []segment {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []segment
	for _, e := range entries {
		m := segmentName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o640 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(content) == 0 || content[len(content)-1] != '\n' {
			t.Errorf("%s does not end with a line feed: %.50q", e.Name(), content[max(0, len(content)-50):])
			continue
		}
		s := segment{name: e.Name()}
		for i, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
			if r := parse(t, line); i == 0 {
				s.header = r
			} else {
				s.records = append(s.records, r)
			}
		}
		h := s.header
		if h["DATATYPE"] != "SEGMENT" || h["FORMAT"] != "1" || h["MODULE"] != "neb 1.0" || h["PID"] != m[2] {
			t.Errorf("%s has the header %v", e.Name(), h)
		}
		if len(s.records) == 0 {
			t.Errorf("%s has no record", e.Name())
		}
		all = append(all, s)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

func records(t testing.TB, dir string) []record {
	t.Helper()
	var all []record
	for _, s := range segments(t, dir) {
		all = append(all, s.records...)
	}
	return all
}

// compare fails for each record and pair in which got differs from want, and stops after some.
func compare(t testing.TB, got, want []record) {
	t.Helper()
	for i, wrong := 0, 0; (i < len(got) || i < len(want)) && wrong < 10; i++ {
		switch {
		case i >= len(got):
			wrong++
			t.Errorf("record %d is missing: %v", i, want[i])
		case i >= len(want):
			wrong++
			t.Errorf("record %d is too much: %v", i, got[i])
		default:
			for _, difference := range differences(got[i], want[i]) {
				wrong++
				t.Errorf("record %d, %s of %q: %s", i, want[i]["DATATYPE"], want[i]["HOSTNAME"], difference)
			}
			if got[i]["DATATYPE"] != want[i]["DATATYPE"] {
				return
			}
		}
	}
}

// present is the expected TIMET of a record whose event has no moment.
const present = "the present"

// isPresent reports whether a moment is one of the last ten minutes.
func isPresent(moment string) bool {
	seconds, err := strconv.ParseFloat(moment, 64)
	return err == nil && math.Abs(float64(time.Now().Unix())-seconds) < 600
}

func differences(got, want record) (all []string) {
	for k, v := range want {
		if g, ok := got[k]; !ok {
			all = append(all, fmt.Sprintf("%s is missing, should be %.100q", k, v))
		} else if v == present && isPresent(g) {
			continue
		} else if g != v {
			all = append(all,
				fmt.Sprintf("%s is %.100q (%d bytes), should be %.100q (%d bytes)", k, g, len(g), v, len(v)))
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			all = append(all, fmt.Sprintf("%s is %.100q, should not be there", k, v))
		}
	}
	sort.Strings(all)
	return all
}
