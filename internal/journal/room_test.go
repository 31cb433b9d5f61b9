package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A disk that is too small for the reserve is found before the first start, and no
// more is asked for once the reserve is there.
func TestTryRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.db")
	const tooMuch = 1 << 43
	if err := TryRoom(path, 0); err != nil {
		t.Errorf("without a reserve: %v", err)
	}
	want := filepath.Dir(path) + " has room for "
	if err := TryRoom(path, tooMuch); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("with a reserve that has no room: %v", err)
	}
	if err := os.WriteFile(path+".reserve", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path+".reserve", tooMuch); err != nil {
		t.Fatal(err)
	}
	if err := TryRoom(path, tooMuch); err != nil {
		t.Errorf("with a reserve that is there: %v", err)
	}
	if err := TryRoom(filepath.Join(path, "none/j.db"), 0); err == nil {
		t.Error("no directory")
	}
}
