package corpus

import (
	"path/filepath"
	"testing"
)

func TestDirSkipsWithoutTheVariable(t *testing.T) {
	t.Setenv(variable, "")
	skipped := true
	t.Run("recording", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Dir(t, "any")
	})
	if !skipped {
		t.Error("the test was not skipped")
	}
}

func TestDirFindsTheRecording(t *testing.T) {
	root := t.TempDir()
	t.Setenv(variable, filepath.Dir(root))
	if got := Dir(t, filepath.Base(root)); got != root {
		t.Errorf("the path is %q, want %q", got, root)
	}
}
