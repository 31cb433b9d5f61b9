package assembly

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

var update = flag.Bool("update", false, "rewrite the expected texts")

// Each testdata/bad/*.yml is a bad configuration. The file beside it has the
// whole text that an administrator reads.
func TestBadConfigurations(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad configurations", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l, err := config.Parse(strings.NewReader(string(text)), filepath.Base(file))
			if err == nil {
				_, err = Resolve(l, t.TempDir())
			}
			if err == nil {
				t.Fatal("no fault was found")
			}
			got, expected := err.Error()+"\n", strings.TrimSuffix(file, ".yml")+".txt"
			if strings.Contains(got, "geheim") {
				t.Errorf("a password is shown:\n%s", got)
			}
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
