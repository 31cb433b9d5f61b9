package brokermodule

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	module := buildModule(t, dir, "1")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, supervisor := range []string{"", program, module} {
		if err := CheckFile(module, supervisor); err != nil {
			t.Errorf("for %q: %v", supervisor, err)
		}
	}
	put(t, dir, "nagios2canopsis-text.so", strings.Repeat("text", 100), testTime)
	foreign := []byte(text(t, program))
	foreign[18] = byte(elf.EM_S390) // e_machine
	put(t, dir, "foreign", string(foreign), testTime)
	for _, c := range []struct{ module, supervisor, fault string }{
		{filepath.Join(dir, "other.so"), "", "not that of our module"},
		{filepath.Join(dir, "nagios2canopsis-absent.so"), "", "no such file"},
		{filepath.Join(dir, "nagios2canopsis-text.so"), "", "bad magic number"},
		{module, filepath.Join(dir, "foreign"), "for that architecture"},
	} {
		if err := CheckFile(c.module, c.supervisor); err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want %q", c.module, err, c.fault)
		}
	}
	libc, err := exec.Command("gcc", "-print-file-name=libm.so.6").Output()
	if err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(dir, "nagios2canopsis-libm.so")
	if err := os.Symlink(strings.TrimSpace(string(libc)), library); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(library, ""); err == nil || !strings.Contains(err.Error(), "no nebmodule_init") {
		t.Errorf("a library: %v", err)
	}
}

func buildModule(t *testing.T, dir, version string) string {
	t.Helper()
	path := filepath.Join(dir, "nagios2canopsis.so")
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-DVERSION=\""+version+"\"", "-o", path+".new",
		"testdata/module.c").CombinedOutput()
	if err != nil {
		t.Fatalf("building a module: %v\n%s", err, out)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}
