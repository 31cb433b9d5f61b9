package shinkentest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// here is the directory of this package.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// wanted are the versions that the module has to run on.
var wanted = []string{"2.6", "2.7", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"}

// required is the Python of the distribution.
const required = "/usr/bin/python3"

// interpreters returns every Python that is installed, by its version. The one
// of the distribution has to be there.
func interpreters(t testing.TB) map[string]string {
	t.Helper()
	candidates := []string{required}
	for _, version := range wanted {
		if path, err := exec.LookPath("python" + version); err == nil {
			candidates = append(candidates, path)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		found, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions/*/bin/python"))
		candidates = append(candidates, found...)
	}
	result := map[string]string{}
	for i, path := range candidates {
		out, err := exec.Command(path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").Output()
		version := strings.TrimSpace(string(out))
		if err == nil && slices.Contains(wanted, version) && result[version] == "" {
			result[version] = path
		} else if i == 0 {
			t.Fatalf("%s: %v %q; install the package python3", path, err, version)
		}
	}
	return result
}

// eachPython runs a test under each interpreter, with -short only under that of
// the distribution.
func eachPython(t *testing.T, test func(t *testing.T, python string)) {
	for version, path := range interpreters(t) {
		t.Run("Python"+version, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && path != required {
				t.Skip("slow: make test runs it")
			}
			test(t, path)
		})
	}
}

// installed puts the module into a directory as Shinken's tools do, and
// returns that directory.
func installed(t testing.TB) string {
	t.Helper()
	modules := t.TempDir()
	if err := os.CopyFS(filepath.Join(modules, "nagios2canopsis"),
		os.DirFS(filepath.Join(here(), "../module"))); err != nil {
		t.Fatal(err)
	}
	return modules
}

// run runs a program of testdata and returns what it prints.
func run(t testing.TB, python, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(python, append([]string{filepath.Join(here(), "testdata", program)}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C", "PYTHONIOENCODING=utf-8")
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil || trouble.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s%s", python, program, err, out.String(), trouble.String())
	}
	return out.String()
}
