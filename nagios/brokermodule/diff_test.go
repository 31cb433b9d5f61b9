package brokermodule

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	lines := func(text string) []string { return splitLines(text) }
	numbers := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n"
	for _, c := range []struct {
		name, text string
		changes    []change
		want       string
	}{
		{
			"inserted", numbers, []change{{at: 9, new: []string{"x\n"}}},
			"@@ -7,6 +7,7 @@\n 7\n 8\n 9\n+x\n 10\n 11\n 12\n",
		},
		{
			"at the beginning", numbers, []change{{at: 0, old: lines("1\n"), new: lines("x\ny\n")}},
			"@@ -1,4 +1,5 @@\n-1\n+x\n+y\n 2\n 3\n 4\n",
		},
		{"at the end", numbers, []change{{at: 18, new: lines("x\n")}}, "@@ -16,3 +16,4 @@\n 16\n 17\n 18\n+x\n"},
		{"removed", numbers, []change{{at: 1, old: lines("2\n")}}, "@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n"},
		{"together", numbers, []change{{at: 4, new: lines("x\n")}, {at: 10, old: lines("11\n")}},
			"@@ -2,13 +2,13 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n 8\n 9\n 10\n-11\n 12\n 13\n 14\n"},
		{"apart", numbers, []change{{at: 4, new: lines("x\n")}, {at: 11, old: lines("12\n")}},
			"@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n@@ -9,7 +10,6 @@\n 9\n 10\n 11\n-12\n 13\n 14\n 15\n"},
		{"into nothing", "", []change{{at: 0, new: lines("x\n")}}, "@@ -0,0 +1,1 @@\n+x\n"},
		{"without a line feed", "1\r\n2", []change{{at: 1, old: lines("2"), new: lines("2\r\nx\r\n")}},
			"@@ -1,2 +1,3 @@\n 1\n-2\n\\ No newline at end of file\n+2\n+x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := unifiedDiff("a", "b", lines(c.text), c.changes)
			if diff := cmp.Diff("--- a\n+++ b\n"+c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The tool of the trade understands what we print.
func TestPatchTakesTheDiff(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Fatal("patch is not installed: .ci/test-tools does it")
	}
	cfg := configuration(t, map[string]string{
		"nagios.cfg": "1\n2\n3\n4\n5\n6\nevent_broker_options=0\n8\n9\n10\n11\n12\n13\n14\n15\nbroker_module=/x/y.o\n" +
			"17\n18",
	})
	e, err := Enable(cfg, modulePath, "")
	if err != nil {
		t.Fatal(err)
	}
	diff := filepath.Join(t.TempDir(), "diff")
	if err := os.WriteFile(diff, []byte(e.Diff()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(patch, "-F0", "-s", cfg.Path, diff).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, e.Diff())
	}
	got, err := os.ReadFile(cfg.Path)
	if err != nil || string(got) != apply(e.lines, e.changes) {
		t.Errorf("%v, %q", err, got)
	}
}
