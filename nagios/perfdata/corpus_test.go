package perfdata

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// executed is a check that the plugin itself wrote down.
type executed struct {
	Host, Service string
	Exit, Signal  int
	End           float64
	Output        []byte `json:"output_b64"`
	Stderr        []byte `json:"stderr_b64"`
}

// TestCorpus compares the perfdata files of a recorded run of Nagios 4.4.6 with
// what the plugins printed: every line is a record, and every record of an
// active check is one of that entity's checks, in their order.
func TestCorpus(t *testing.T) {
	dir := corpus.Dir(t, "nagios4")
	c := newCollector("corpus",
		[]*Format{mustCompile(t, DefaultServiceTemplate, Service), mustCompile(t, DefaultHostTemplate, Host)})
	lines := 0
	for _, name := range []string{"service-perfdata.gz", "host-perfdata"} {
		for line := range bytes.Lines(readCorpus(t, filepath.Join(dir, name))) {
			c.add(bytes.TrimSuffix(line, []byte("\n")), place{file: name}, 0)
			lines++
		}
		c.settle()
	}
	for _, r := range c.batch.Rejected {
		t.Errorf("rejected %.200q: %s", r.Raw, r.Reason)
	}
	if len(c.batch.Records) != lines {
		t.Errorf("%d records of %d lines", len(c.batch.Records), lines)
	}

	checks := make(map[supervision.Entity][]executed)
	total := 0
	scanner := bufio.NewScanner(bytes.NewReader(readCorpus(t, filepath.Join(dir, "checks.ndjson.gz"))))
	scanner.Buffer(nil, 1<<20)
	for ; scanner.Scan(); total++ {
		var e executed
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		entity := supervision.Entity{Host: e.Host, Service: e.Service}
		checks[entity] = append(checks[entity], e)
	}
	compared := 0
	for _, r := range c.batch.Records {
		// Passive results, and texts of Nagios' own, are not in the list.
		if r.Entity.Host == "srv-passive-01" || strings.HasPrefix(r.Check.Output, "(") ||
			strings.Contains(r.Check.Output, "passive result") {
			continue
		}
		rest := checks[r.Entity]
		found := matching(rest, r)
		if found < 0 {
			t.Errorf("%s at %d: no check printed %.100q | %.100q",
				r.Entity, r.Time.Unix(), r.Check.Output, r.Check.Perfdata)
			continue
		}
		checks[r.Entity] = rest[found+1:]
		compared++
	}
	t.Logf("%d lines, %d compared with %d executed checks", lines, compared, total)
	if compared < 8000 {
		t.Errorf("only %d lines were compared", compared)
	}
}

func readCorpus(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// matching finds the check of a record: of those that remain, the first that
// printed this, ended by then, and no more than a few seconds before.
func matching(checks []executed, r supervision.Record) int {
	for i, e := range checks {
		// time() lags behind the plugin's clock by some milliseconds.
		if e.End > float64(r.Time.Unix())+1.1 {
			return -1
		}
		text, perf := nagiosReads(e)
		if e.End < float64(r.Time.Unix()-20) || !strings.HasPrefix(text, r.Check.Output) {
			continue
		}
		// A worker that reads more than 4,096 bytes in two goes loses the rest.
		if cut := len(e.Output) > 4096; cut || text == r.Check.Output && perf == oneBlank(r.Check.Perfdata) {
			return i
		}
	}
	return -1
}

// nagiosReads returns what Nagios reads from a plugin's output: the first line up to
// the first pipe, and the perfdata of all lines.
func nagiosReads(e executed) (text, perf string) {
	out, _, _ := strings.Cut(string(e.Output), "\x00")
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	text, perf, _ = strings.Cut(lines[0], "|")
	perfs := []string{perf}
	inPerf := false
	for _, line := range lines[1:] {
		if inPerf {
			perfs = append(perfs, line)
		} else if _, p, found := strings.Cut(line, "|"); found {
			inPerf = true
			perfs = append(perfs, p)
		}
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), ";", ":")
	return text, oneBlank(strings.Join(perfs, " "))
}

// oneBlank makes one of the blanks where Nagios joins lines.
func oneBlank(s string) string { return strings.Join(strings.Fields(s), " ") }
