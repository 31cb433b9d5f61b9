package endtoend

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden plays a small recording and compares every event with the one
// that was looked at before. testdata/nagios4 is cut from what a Nagios 4.4.6
// wrote in 70 s about some hosts and services, with its default perfdata
// templates. It is written while nobody reads it: what takes 40 s in a log was not
// written in a moment, and a reader that sees it before the test has written the
// perfdata files can't wait for them.
func TestGolden(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join("testdata/nagios4", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	r := newReplay(t, read("objects.cache"))
	logs := []*script{newScript("nagios.log", read("nagios.log"), logTime)}
	perfdata := []*script{
		newScript("host-perfdata", read("host-perfdata"), perfdataTime),
		newScript("service-perfdata", read("service-perfdata"), perfdataTime),
	}
	for _, name := range []string{"status-1.dat", "status-2.dat"} {
		status := read(name)
		r.whileStopped(func() {
			r.slice(int64(statusBlocks(t, status)[0].number("created")), logs, perfdata)
			r.put("status.dat", status)
		})
		r.settle()
	}
	r.whileStopped(func() { r.slice(math.MaxInt64, logs, perfdata) })
	r.settle()
	for _, item := range r.quarantined() {
		t.Errorf("rejected: %s: %s: %q", item.Where, item.Reason, item.Raw)
	}
	golden := filepath.Join("testdata/nagios4", "events.ndjson")
	got := goldenText(t, r.got())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(string(read("events.ndjson")), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// goldenText returns the events object by object, a line each: what is empty or
// not reported is left out, as are the connector and the timestamp, which depends on
// the time of the test.
func goldenText(t *testing.T, events []event) string {
	t.Helper()
	byKey := slices.Clone(events)
	slices.SortStableFunc(byKey, func(a, b event) int {
		return strings.Compare(a.entity().String(), b.entity().String())
	})
	var text strings.Builder
	for _, e := range byKey {
		for key, value := range e.body {
			list, _ := value.([]any)
			if value == nil || value == "" || list != nil && len(list) == 0 {
				delete(e.body, key)
			}
		}
		for _, key := range []string{"connector", "connector_name", "timestamp"} {
			delete(e.body, key)
		}
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(e.body); err != nil {
			t.Fatal(err)
		}
		text.Write(line.Bytes())
	}
	return text.String()
}
