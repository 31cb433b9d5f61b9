package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The status file shows the next result's text before the perfdata of the one
// before it comes.
func TestTextOfTheResultBefore(t *testing.T) {
	var all texts
	all.note(supervision.Critical, "bad", 100)
	all.note(supervision.Critical, "still bad", 105)
	e := encoder{}
	all.encode(&e)
	var stored texts
	stored.decode(&decoder{b: e})
	for _, c := range []struct {
		state supervision.State
		at    int64
		want  string
	}{
		{supervision.Critical, 100, "bad"},
		{supervision.Critical, 105, "still bad"},
		{supervision.Critical, 110, "still bad"},
		{supervision.Critical, 90, "bad"},
		{supervision.Warning, 110, ""},
	} {
		if got := stored.of(c.state, c.at); got != c.want {
			t.Errorf("text of state %v at %d: %q, want %q", c.state, c.at, got, c.want)
		}
	}
}
