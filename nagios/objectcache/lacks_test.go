package objectcache

import (
	"os"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Nothing is missing from an object cache that was not read whole.
func TestLacks(t *testing.T) {
	const host = "define host {\n\thost_name\there\n\t}\n\n"
	here, away := supervision.Entity{Host: "here"}, supervision.Entity{Host: "away"}
	w, _ := newWatcher(t)
	lacks := func(what string, want bool) {
		t.Helper()
		_ = w.look()
		if w.Lacks(here) || w.Lacks(away) != want {
			t.Errorf("%s: lacks %v, %v", what, w.Lacks(here), w.Lacks(away))
		}
	}
	lacks("no file", false)
	write(t, w.path, host, time.Hour)
	lacks("a whole one", true)
	write(t, w.path, host+"define host {\n\thost_name\tcut", 2*time.Hour)
	lacks("a cut one", false)
	write(t, w.path, "", 3*time.Hour)
	lacks("an empty one", false)
	write(t, w.path, host, 4*time.Hour)
	lacks("a whole one again", true)
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	lacks("it is gone", false)
}
