package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// quiet is the RabbitMQ of the tests that leave it running. Each uses an
// exchange and a queue of its own.
var quiet testbroker.Shared

// builds is the directory of what the tests build once.
var builds string

func TestMain(m *testing.M) {
	var err error
	if builds, err = os.MkdirTemp("", "endtoend-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	quiet.Close()
	os.RemoveAll(builds)
	os.Exit(code)
}

var buildProgram = sync.OnceValues(func() (string, error) { return Build(builds) })

// program returns the path of the program, which is built by the first test
// that needs it.
func program(t testing.TB) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatalf("building the program: %v", err)
	}
	return path
}

var buildModule = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(builds, "module")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	return BuildModule(dir)
})

// module returns the path of the NEB module, which is built by the first test
// that needs it.
func module(t testing.TB) string {
	t.Helper()
	path, err := buildModule()
	if err != nil {
		t.Fatalf("building the module: %v", err)
	}
	return path
}
