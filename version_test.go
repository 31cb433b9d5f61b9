package nagios2canopsis

import (
	"os"
	"regexp"
	"testing"
)

// TestVersion: the file holds one plain version, and the changelog describes it.
func TestVersion(t *testing.T) {
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(Version()) || versionFile != Version()+"\n" {
		t.Fatalf("VERSION holds %q, want one line such as 1.2.3", versionFile)
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?m)^## ` + regexp.QuoteMeta(Version()) + `\b`)
	if !section.Match(changelog) {
		t.Errorf("CHANGELOG.md has no section ## %s", Version())
	}
}
