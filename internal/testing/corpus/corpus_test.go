package corpus

import (
	"path/filepath"
	"runtime"
	"testing"
)

// recorder is a test that notes that it was skipped, and is none: a real skip
// would count as one.
type recorder struct {
	testing.TB
	skipped bool
}

func (*recorder) Helper() {}

func (r *recorder) Skip(...any) {
	r.skipped = true
	runtime.Goexit()
}

func (r *recorder) Skipf(string, ...any) { r.Skip() }

func TestDirSkipsWithoutTheVariable(t *testing.T) {
	t.Setenv(variable, "")
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Dir(r, "any")
	}()
	<-ended
	if !r.skipped {
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
