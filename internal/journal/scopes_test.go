package journal

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestScopesAreThoseOfPositions(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	for _, scope := range []outbox.Scope{"", "paris", "/etc/nagios4/nagios.cfg", "paris"} {
		mustAppend(t, j, outbox.Commit{Source: scope.Key("log"), Position: []byte("p")})
	}
	scopes, err := j.Scopes()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]outbox.Scope{"", "/etc/nagios4/nagios.cfg", "paris"}, scopes); diff != "" {
		t.Error(diff)
	}
}
