package tally

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogsTheFirstAndSummarisesTheRest(t *testing.T) {
	var out bytes.Buffer
	tl := New(slog.New(slog.NewTextHandler(&out, nil)))
	for range 1000 {
		tl.Add(Worth, "output cut", 1, "web01;HTTP")
		tl.Add(Quiet, "no change", 2, "web01")
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines after 1000 counts, want 1:\n%s", n, out.String())
	}
	if !strings.Contains(out.String(), "web01;HTTP") {
		t.Errorf("no example in %q", out.String())
	}
	out.Reset()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tl.Run(ctx, time.Hour)
	if !strings.Contains(out.String(), `"output cut"=999`) || strings.Contains(out.String(), "no change") {
		t.Errorf("summary %q, want the 999 that were not logged and nothing quiet", out.String())
	}
	out.Reset()
	tl.Run(ctx, time.Hour)
	if out.Len() != 0 {
		t.Errorf("second summary %q, want none: nothing has grown", out.String())
	}
	if diff := cmp.Diff(map[string]uint64{"output cut": 1000, "no change": 2000}, tl.Counts()); diff != "" {
		t.Error(diff)
	}
}
