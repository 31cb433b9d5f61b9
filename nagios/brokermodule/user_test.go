package brokermodule

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// runs adds a supervisor's process to a directory like /proc.
func runs(t *testing.T, proc string, pid int, uid, config string) {
	t.Helper()
	own := filepath.Join(proc, strconv.Itoa(pid))
	if err := os.MkdirAll(own, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, own, "cmdline", "/usr/sbin/nagios4\x00-d\x00"+config+"\x00", testTime)
	put(t, own, "stat", fmt.Sprintf("%d (nagios4) S 1 1 1 0", pid), testTime)
	put(t, own, "status", "Name:\tnagios4\nUid:\t0\t"+uid+"\t0\t0\n", testTime)
}

func TestCoreUser(t *testing.T) {
	cfg := configuration(t, map[string]string{"nagios.cfg": ""})
	proc := t.TempDir()
	user := func(configured, group string) (string, error) {
		cfg.User, cfg.Group = configured, group
		core, err := coreUser(t.Context(), proc, cfg)
		return fmt.Sprintf("%d:%d", core.UID, core.GID), err
	}
	cfg.Flavour = "no-such-flavour"
	if got, err := user("", ""); err == nil || !strings.Contains(err.Error(), cfg.Path) ||
		!strings.Contains(err.Error(), "no-such-flavour") {
		t.Errorf("nobody knows it: %s, %v", got, err)
	}
	runs(t, proc, 7, "65534", cfg.Path)
	for _, c := range []struct{ user, group, want string }{
		{"", "", "65534:"},
		{"root", "", "0:0"},
		{"0", "", "0:0"},
		{"nobody", "root", "65534:0"},
	} {
		if got, err := user(c.user, c.group); err != nil || !strings.HasPrefix(got, c.want) {
			t.Errorf("%q, group %q: %s, %v, want %s", c.user, c.group, got, err, c.want)
		}
	}
	if got, err := user("no-such-user", ""); err == nil || !strings.Contains(err.Error(), "no-such-user") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestCheckUserTriesTheModuleAndTheSpool(t *testing.T) {
	dir, core := open(t), unprivileged(t)
	put(t, dir, fileName, "", testTime)
	module, spool := filepath.Join(dir, fileName), filepath.Join(dir, "neb")
	if err := os.Chmod(module, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckUser(t.Context(), core, module, spool); err != nil {
		t.Errorf("no spool yet: %v", err)
	}
	if err := os.Mkdir(spool, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := CheckUser(t.Context(), core, module, spool); err == nil || !strings.Contains(err.Error(), "--spool") ||
		!strings.Contains(err.Error(), "can't write to the spool directory "+spool) {
		t.Errorf("another's spool: %v", err)
	}
	if err := os.Chmod(module, 0); err != nil {
		t.Fatal(err)
	}
	if err := CheckUser(t.Context(), core, module, spool); err == nil ||
		!strings.Contains(err.Error(), "can't read the module "+module) {
		t.Errorf("an unreadable module: %v", err)
	}
}

func TestClaimedSpool(t *testing.T) {
	cfg := configuration(t, map[string]string{"nagios.cfg": ""})
	other := configuration(t, map[string]string{"nagios.cfg": "broker_module=" + modulePath + " spool={DIR}/neb\n"})
	spool := filepath.Join(filepath.Dir(other.Path), "neb")
	if err := os.Mkdir(spool, 0o755); err != nil {
		t.Fatal(err)
	}
	proc := t.TempDir()
	claimed := func(want string, others ...*nagios.Config) {
		t.Helper()
		err := claimedSpool(proc, spool, cfg, others)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "--spool")) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	claimed("", cfg)
	claimed(other.Path+":1 names it", cfg, other)

	put(t, spool, "neb-1700000000000001-1234-1.log", segmentHeader, testTime)
	claimed("")
	runs(t, proc, 1234, "0", cfg.Path)
	claimed("")
	runs(t, proc, 1234, "0", other.Path)
	claimed("process 1234, with " + other.Path + ", writes to it")
}
