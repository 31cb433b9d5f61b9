package brokermodule

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
)

func TestMakeSpool(t *testing.T) {
	if testing.Short() {
		t.Skip("needs root: make test runs it")
	}
	if os.Getuid() != 0 {
		t.Fatal("setting the owner of a directory needs root: run the tests as root")
	}
	dir := filepath.Join(t.TempDir(), "a/neb")
	core := account.Account{Name: "nobody", UID: 65534, GID: 0}
	if made, err := MakeSpool(dir, core); err != nil || !made {
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
	if made, err := MakeSpool(dir, core); err != nil || made {
		t.Error("the second time:", made, err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeSpool(dir, core); err == nil || !strings.Contains(err.Error(), "chmod o-w "+dir) {
		t.Errorf("open to everybody: %v", err)
	}
	if err := os.Symlink(dir, dir+"-link"); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeSpool(dir+"-link", core); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("a link: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(file), "file", "", testTime)
	if _, err := MakeSpool(file+"/neb", core); err == nil {
		t.Error("a directory below a file")
	}
}
