package brokermodule

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

func TestMakeSpool(t *testing.T) {
	if testing.Short() {
		t.Skip("needs root: make test runs it")
	}
	if os.Getuid() != 0 {
		t.Fatal("setting the owner of a directory needs root: run the tests as root")
	}
	dir := filepath.Join(t.TempDir(), "a/neb")
	cfg := &nagios.Config{User: "nobody", Group: "0"}
	if made, err := MakeSpool(dir, cfg); err != nil || !made {
		t.Fatal(made, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); info.Mode() != os.ModeDir|os.ModeSetgid|0o770 || stat.Uid != 65534 ||
		stat.Gid != 0 {
		t.Errorf("%v %d:%d", info.Mode(), stat.Uid, stat.Gid)
	}
	if made, err := MakeSpool(dir, cfg); err != nil || made {
		t.Error("the second time:", made, err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeSpool(dir, cfg); err == nil || !strings.Contains(err.Error(), "chmod o-w "+dir) {
		t.Errorf("open to everybody: %v", err)
	}
	if err := os.Symlink(dir, dir+"-link"); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeSpool(dir+"-link", cfg); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("a link: %v", err)
	}
	if _, err := MakeSpool(dir+"2", &nagios.Config{User: "no-such-user", Group: "g"}); err == nil ||
		!strings.Contains(err.Error(), "install -d -m 2770 -o no-such-user -g g "+dir+"2") {
		t.Errorf("no such user: %v", err)
	}
}
