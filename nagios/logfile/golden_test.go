package logfile

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads excerpts of real logs, at least one line of each kind.
func TestGolden(t *testing.T) {
	logs, err := filepath.Glob("testdata/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs in testdata: %v", err)
	}
	for _, path := range logs {
		t.Run(filepath.Base(path), func(t *testing.T) {
			got := render(t, readAll("", excerpt(t, path)))
			golden := strings.TrimSuffix(path, ".log") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func excerpt(t *testing.T, path string) []Line {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return linesOf(filepath.Base(path), content)
}

// render shows a batch, one thing a line.
func render(t *testing.T, b supervision.Batch) string {
	t.Helper()
	var s strings.Builder
	for _, rec := range b.Records {
		parts := []string{rec.Ref, rec.Time.Format("15:04:05"), rec.Kind.String(), rec.Entity.String()}
		for _, part := range []any{rec.Check, rec.Note, rec.Downtime, rec.Flapping, rec.Notification, rec.Process} {
			if text := compact(t, part); text != "null" {
				parts = append(parts, text)
			}
		}
		s.WriteString(strings.Join(parts, "  ") + "\n")
	}
	for _, r := range b.Rejected {
		s.WriteString("rejected  " + r.Where + "  " + r.Reason + "\n")
	}
	for _, reason := range slices.Sorted(maps.Keys(b.Skipped)) {
		s.WriteString("skipped  " + reason + "  " + compact(t, b.Skipped[reason]) + "\n")
	}
	return s.String()
}

// compact returns JSON without the fields that are empty.
func compact(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if json.Unmarshal(b, &fields) != nil || fields == nil {
		return string(b)
	}
	maps.DeleteFunc(fields, func(name string, v any) bool {
		return v == nil || v == "" || v == false || v == "0001-01-01T00:00:00Z" ||
			v == 0.0 && !strings.HasPrefix(name, "State")
	})
	if b, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return string(b)
}
