package shinkentest

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// record is a line that the module wrote.
type record map[string]string

func (r record) object() object { return object{r["HOSTNAME"], r["SERVICEDESC"]} }

func (r record) time() float64 {
	seconds, err := strconv.ParseFloat(r["TIMET"], 64)
	if err != nil {
		return -1
	}
	return seconds
}

// lives reads a spool directory: what each module instance wrote. It numbers
// its segments from 1.
func lives(t testing.TB, spool string) [][]record {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(spool, "shinken-*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, no segments", spool, err)
	}
	slices.Sort(files) // by start, which has 16 digits
	var result [][]record
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(content), "\n")
		if lines[len(lines)-1] != "" {
			t.Errorf("%s ends in the middle of a record", file)
		}
		var records []record
		for _, line := range lines[:len(lines)-1] {
			records = append(records, parse(t, line))
		}
		if records[0]["DATATYPE"] != "SEGMENT" || records[0]["FORMAT"] != "1" || len(records) < 2 {
			t.Errorf("%s: begins with %v, %d records", file, records[0], len(records))
		}
		if strings.HasSuffix(file, "-1.log") {
			result = append(result, nil)
		}
		result[len(result)-1] = append(result[len(result)-1], records[1:]...)
	}
	return result
}

var plain = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\0`, "\x00")

func parse(t testing.TB, line string) record {
	t.Helper()
	r := record{}
	for i, pair := range strings.Split(line, "\t") {
		key, value, ok := strings.Cut(pair, "::")
		if _, twice := r[key]; !ok || twice || (i == 0) != (key == "DATATYPE") {
			t.Fatalf("pair %q of %q", pair, line)
		}
		r[key] = plain.Replace(value)
	}
	return r
}
