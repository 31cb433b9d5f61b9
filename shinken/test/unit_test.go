package shinkentest

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestModule runs the module's own tests.
func TestModule(t *testing.T) {
	t.Parallel()
	modules := installed(t)
	eachPython(t, func(t *testing.T, python string) {
		if out := run(t, python, "test_module.py", modules); !strings.Contains(out, "\nOK") {
			t.Error(out)
		}
	})
}

// TestSyntax: no interpreter of 2.6 is at hand, so its grammar is checked.
func TestSyntax(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"../module/*.py", "testdata/test_module.py", "testdata/stub.py"} {
		found, err := filepath.Glob(filepath.Join(here(), pattern))
		if err != nil || found == nil {
			t.Fatal(pattern, err)
		}
		files = append(files, found...)
	}
	run(t, required, "syntax.py", files...)
}
