package timeline

import (
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Only an object that is gone, and has been silent, is forgotten; what is stored of
// it is deleted.
func TestForget(t *testing.T) {
	line, err := New(Options{Readers: []Reader{{Name: "module", View: Complete}}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	for host, age := range map[string]time.Duration{
		"gone": 48 * time.Hour, "gone lately": time.Hour, "silent": 480 * time.Hour, "held": 48 * time.Hour,
	} {
		o := &object{}
		o.states.known = knownState{at: now.Add(-age).Unix(), set: true}
		if host == "held" {
			o.held = []heldRecord{{rec: result(web, 10, 2, "CRITICAL"), reader: 1, need: forReport}}
		}
		if err := line.Remember(host+"\x00", o.encode()); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(e supervision.Entity) bool { return e.Host != "silent" }
	if n := line.Forget(gone, now.Add(-24*time.Hour), 10); n != 1 {
		t.Errorf("forgot %d objects", n)
	}
	deleted := ""
	line.Flush(func(key string, value []byte) {
		if value == nil {
			deleted += key
		}
	})
	if deleted != "gone\x00" {
		t.Errorf("deleted %q", deleted)
	}
	for host, want := range map[string]bool{"gone": false, "gone lately": true, "silent": true, "held": true} {
		if line.Knows(supervision.Entity{Host: host}) != want {
			t.Errorf("%s is known: %v", host, !want)
		}
	}
	if n := line.Forget(gone, now, 0); n != 0 {
		t.Errorf("forgot %d objects of none", n)
	}
}
