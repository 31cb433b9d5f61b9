package journal

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestPeekWhileAnotherHasItOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a journal?.db")
	ctx := context.Background()
	if _, err := Peek(ctx, path, "module"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
	j, err := Open(ctx, Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if got, err := Peek(ctx, path, "module"); got != nil || err != nil {
		t.Errorf("%q, %v before there is a position", got, err)
	}
	for _, position := range []string{"one", "two"} {
		ticket, err := j.Append(ctx, outbox.Commit{Source: "module", Position: []byte(position)})
		if err == nil {
			err = ticket.Wait(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Peek(ctx, path, "module"); string(got) != position || err != nil {
			t.Errorf("%q, %v, want %s", got, err, position)
		}
	}
}
