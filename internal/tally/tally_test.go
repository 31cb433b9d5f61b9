package tally

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogsTheFirstAndReportsTheRest(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1_800_000_000, 0)
	tl := New(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	cut := Key{What: "output cut", Site: "paris", Source: "log", Kind: "check result", Reason: "too long"}
	same := Key{What: "record not sent", Reason: "no change"}
	for range 1000 {
		tl.Add(Notable, cut, 1, "web01;HTTP")
		tl.Add(Quiet, same, 2, "")
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines after 1000 counts, want 1:\n%s", n, out.String())
	}
	for _, want := range []string{
		`msg="output cut"`, "site=paris", "source=log", `kind="check result"`, `reason="too long"`,
		"example=web01;HTTP",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %q", want, out.String())
		}
	}
	if diff := cmp.Diff([]Count{{Key: cut, Level: Notable, N: 999, Last: now, Example: "web01;HTTP"}},
		tl.Grown()); diff != "" {
		t.Errorf("grown: %s", diff)
	}
	if again := tl.Grown(); again != nil {
		t.Errorf("nothing has grown, but %+v", again)
	}
	want := []Count{
		{Key: cut, Level: Notable, N: 1000, Last: now, Example: "web01;HTTP"},
		{Key: same, N: 2000, Last: now},
	}
	if diff := cmp.Diff(want, tl.Counts()); diff != "" {
		t.Error(diff)
	}
}
