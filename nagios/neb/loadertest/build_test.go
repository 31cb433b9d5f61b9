package loadertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A mode is a way to build and run the module and the loader.
type mode struct {
	name   string
	cflags string
	wrap   []string
}

var (
	plain     = mode{name: "plain", cflags: "-O2 -g"}
	sanitized = mode{name: "sanitized", cflags: "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"}
	valgrind  = mode{name: "valgrind", cflags: plain.cflags, wrap: []string{"valgrind", "-q", "--error-exitcode=99",
		"--leak-check=full", "--errors-for-leak-kinds=definite,possible", "--trace-children=no"}}
	everyMode = []mode{plain, sanitized, valgrind}
)

var built = struct {
	sync.Mutex
	root string
	dirs map[string]string
}{dirs: map[string]string{}}

func TestMain(m *testing.M) {
	root, err := os.MkdirTemp("", "loadertest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.root = root
	code := m.Run()
	os.RemoveAll(root)
	os.Exit(code)
}

func skipIfShort(t testing.TB, why string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s: make test runs it", why)
	}
}

// build compiles everything with the flags, once, and returns the directory it is in.
func build(t testing.TB, cflags string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if dir, ok := built.dirs[cflags]; ok {
		return dir
	}
	dir := filepath.Join(built.root, fmt.Sprint(len(built.dirs)))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"..", "../loader"} {
		out, err := exec.Command("make", "-s", "-C", source, "OUT="+dir, "CFLAGS="+cflags+" -Werror").CombinedOutput()
		if err != nil {
			t.Fatalf("make in %s: %v\n%s", source, err, out)
		}
	}
	built.dirs[cflags] = dir
	return dir
}
