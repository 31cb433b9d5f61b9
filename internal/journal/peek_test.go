package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestPeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a journal?.db")
	ctx := context.Background()
	if _, err := Peek(ctx, path, "module"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
	mustPeek := func(want string) {
		t.Helper()
		if got, err := Peek(ctx, path, "module"); string(got) != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	mustClose(t, openTest(t, Options{Path: path}))
	mustPeek("")
	for _, position := range []string{"one", "two"} {
		j := openTest(t, Options{Path: path})
		mustAppend(t, j, outbox.Commit{Source: "module", Position: []byte(position)})
		_, err := Peek(ctx, path, "module")
		var used *InUseError
		if !errors.As(err, &used) || used.PID != os.Getpid() || used.Path != path {
			t.Errorf("while it is open: %v", err)
		}
		mustAppend(t, j, commit(1, 1)) // the look did no harm
		mustClose(t, j)
		mustPeek(position)
	}
}

// After a kill, the newest position is in the write-ahead log alone.
func TestPeekAfterAKill(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, outbox.Commit{Source: "module", Position: []byte("newest")})
	copied := crashedCopy(t, path)
	if got, err := Peek(context.Background(), copied, "module"); string(got) != "newest" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
