package cases

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/endtoend"
)

// TestCases plays each folder of testdata.
func TestCases(t *testing.T) {
	binary, err := endtoend.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("testdata/*/expect.yml")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no case in testdata: %v", err)
	}
	for _, path := range folders {
		folder := filepath.Dir(path)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			s := layOut(t, folder)
			if s.has("during") && testing.Short() {
				t.Skip("it waits for what happens while the connector runs")
			}
			if len(s.read(filepath.Join(folder, "source"))) == 0 {
				t.Error("source is empty")
			}
			x, err := parseExpectation(s.fill(s.read(path)))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			s.play("before")
			for _, fault := range s.faults(binary, x) {
				t.Error(fault)
			}
		})
	}
}

// faults plays a case, and returns what came out differently.
func (s *site) faults(binary string, x expectation) []string {
	said, exit := s.checkConfig(binary)
	wrong := compareText("check-config", said, x.CheckConfig.Says, x.CheckConfig.Silent)
	if exit != x.CheckConfig.Exit {
		wrong = append(wrong, fmt.Sprintf("check-config exits with %d, want %d", exit, x.CheckConfig.Exit))
	}
	o := s.run(binary, len(x.Events))
	if o.exit != x.Run.Exit {
		wrong = append(wrong, fmt.Sprintf("run exits with %d, want %d", o.exit, x.Run.Exit))
	}
	wrong = slices.Concat(wrong, compareEvents(x.Events, o.events),
		compareText("the log", o.log, x.Logged, x.NotLogged),
		compareText("the quarantine", o.quarantined, x.Quarantined, nil))
	if len(x.Quarantined) == 0 && o.quarantined != "" {
		wrong = append(wrong, "something is in the quarantine")
	}
	if len(wrong) > 0 {
		wrong = append(wrong, fmt.Sprintf("check-config printed:\n%s\nthe log:\n%s\nthe quarantine:\n%s",
			said, o.log, o.quarantined))
	}
	return wrong
}

// TestEveryFolderIsACase: a folder without an expectation would never be played.
func TestEveryFolderIsACase(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if _, err := os.Stat(filepath.Join("testdata", e.Name(), "expect.yml")); err != nil {
			t.Errorf("the case can't be played: %v", err)
		}
	}
}
