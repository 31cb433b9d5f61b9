package statusdat

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// truth is one execution of a plugin, as the plugin itself wrote it down.
type truth struct {
	Host, Service string
	Exit, Signal  int
	Start, End    float64
	Output        string `json:"output_b64"`
}

// Each active result that the status file shows was executed at that moment
// with that outcome, and none that was over before the file was written came
// after it.
func TestCorpusAgainstTheTruth(t *testing.T) {
	paths := recorded(t, "nagios4", "status-*.dat.gz")
	executed := executedChecks(t, filepath.Join(filepath.Dir(paths[0]), "checks.ndjson.gz"))
	b := newBench(t)
	compared, ownText := 0, 0
	for _, path := range paths {
		for _, r := range b.read(string(readFile(t, path))) {
			if r.Check == nil || r.Check.CheckType != supervision.Active || len(executed[r.Entity]) == 0 {
				continue
			}
			began := float64(r.Check.Start.Unix())
			found := slices.IndexFunc(executed[r.Entity], func(one truth) bool {
				return one.Start >= began-0.5 && one.Start < began+1.5 && one.outcome() == outcomeOf(r)
			})
			if found < 0 {
				ownText++ // time-outs, signals, limits: Nagios puts a text of its own
				continue
			}
			compared++
			for _, later := range executed[r.Entity][found+1:] {
				if later.Start > began+1.5 && later.End < float64(b.run.memory.LastReading().Unix())-2 {
					t.Errorf("%s: %s is not the last: one began at %f", path, describe(r), later.Start)
				}
			}
		}
	}
	t.Logf("%d results found among the executions, %d not", compared, ownText)
	if compared < 1500 || ownText > compared/5 {
		t.Errorf("%d results found among the executions, %d not", compared, ownText)
	}
}

// outcome is state and output as Nagios shows them.
func (one truth) outcome() string {
	text, err := base64.StdEncoding.DecodeString(one.Output)
	if err != nil {
		return err.Error()
	}
	first, _, _ := strings.Cut(string(text), "\n")
	first, _, _ = strings.Cut(first, "|")
	return fmt.Sprint(one.Exit, " ", strings.TrimSpace(strings.ReplaceAll(first, ";", ":")))
}

func outcomeOf(r supervision.Record) string { return fmt.Sprint(r.Check.State, " ", r.Check.Output) }

func executedChecks(t *testing.T, path string) map[supervision.Entity][]truth {
	t.Helper()
	executed := map[supervision.Entity][]truth{}
	lines := bufio.NewScanner(bytes.NewReader(readFile(t, path)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one truth
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		entity := supervision.Entity{Host: one.Host, Service: one.Service}
		executed[entity] = append(executed[entity], one)
	}
	for _, of := range executed {
		slices.SortFunc(of, func(a, b truth) int { return cmp.Compare(a.Start, b.Start) })
	}
	return executed
}
