package loadertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEnvironmentFlags builds the module by the Makefile at the top, with the
// flags of a package build in the environment: they are honoured, nothing else
// gets into the C build, and the module works.
func TestEnvironmentFlags(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	cmd := exec.Command("make", "-s", "-C", "../../..", "module", "OUT="+out)
	cmd.Env = append(os.Environ(),
		"CFLAGS=-O2 -g -fstack-protector-strong",
		"CPPFLAGS=-D_FORTIFY_SOURCE=2",
		"LDFLAGS=-Wl,-z,relro -Wl,-z,now")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make module: %v\n%s", err, text)
	}
	module := filepath.Join(out, "nagios2canopsis.so")
	for name, c := range map[string]struct {
		show []string
		want string
	}{
		"-z relro":                 {[]string{"readelf", "-lW", module}, `GNU_RELRO`},
		"-z now":                   {[]string{"readelf", "-dW", module}, `BIND_NOW|FLAGS.*NOW`},
		"-fstack-protector-strong": {[]string{"objdump", "-T", module}, `\*UND\*.*__stack_chk_fail`},
		"-D_FORTIFY_SOURCE=2":      {[]string{"objdump", "-T", module}, `\*UND\*.*__\w+_chk\b`},
	} {
		text, err := exec.Command(c.show[0], c.show[1:]...).Output()
		if err != nil {
			t.Fatalf("%s: %v", strings.Join(c.show, " "), err)
		}
		if !regexp.MustCompile(c.want).Match(text) {
			t.Errorf("%s has no effect: %s shows no %s in\n%s", name, c.show[0], c.want, text)
		}
	}
	checkSymbols(t, module)

	dir := t.TempDir()
	l := start(t, plain, coreNamed(t, "Nagios 4.4.6"))
	l.do("load", module, "spool="+dir)
	l.event("process", nil, fields{"type": "105", "time": "1"})
	l.do("unload", "1")
	l.end()
	if n := len(records(t, dir)); n != 1 {
		t.Errorf("the module wrote %d records, want 1", n)
	}
}
