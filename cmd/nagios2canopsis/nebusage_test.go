package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
)

func TestNebUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
		err  bool
	}{
		{nil, "neb enable", true},
		{[]string{"--help"}, "neb disable", false},
		{[]string{"frobnicate"}, `unknown command "frobnicate"`, true},
		{[]string{"status", "now"}, `unexpected argument "now"`, true},
		{[]string{"disable", "--module", "x"}, "not defined", true},
	} {
		out, err := nebCall(t, "", c.args...)
		if !strings.Contains(out, c.want) || errors.Is(err, errUsage) != c.err {
			t.Errorf("%q: %v\n%s", c.args, err, out)
		}
	}
	none := write(t, filepath.Join(t.TempDir(), "c.yml"), "supervisor: none\n")
	if _, err := nebCall(t, "", "status", "--config", none); err == nil ||
		!strings.Contains(err.Error(), "--supervisor") {
		t.Errorf("supervisor none: %v", err)
	}
}

func TestNebQuestionEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, end := io.Pipe()
	defer end.Close()
	if _, err := agrees(ctx, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Naemon refuses to do anything as root. This stands for its program, and for a
// core that reads its configuration as its own user.
const naemonProgram = `#!/bin/sh
if [ "$(id -u)" = 0 ]; then
    echo "ERROR: do not start naemon as root user."
    exit 1
fi
echo "verified as $(id -un) in groups $(id -Gn)" >"$(dirname "$0")/../var/verified"
grep -q '^broker_module=' "$2"
`

func TestNebEnableWithANaemonThatRefusesRoot(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module with a C compiler: make test runs it")
	}
	p := newPlace(t, "")
	for _, sub := range []string{"etc", "etc/naemon", "bin"} {
		p.mkdir(sub)
	}
	p.write("bin/naemon", naemonProgram)
	p.mode("bin/naemon", 0o755)
	user, err := account.Lookup(t.Context(), strconv.Itoa(os.Geteuid()))
	if err == nil && os.Geteuid() == 0 {
		user, err = account.Lookup(t.Context(), "nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	original := "log_file=" + p.path("log/nagios.log") + "\nnaemon_user=" + user.Name + "\n"
	p.write("etc/naemon/naemon.cfg", original)
	p.mode("etc/naemon/naemon.cfg", 0o640)
	module := nebModule(t, p.dir, "1")
	enable := func(more ...string) (string, error) {
		return nebCall(t, "y\n", append([]string{"enable", "--supervisor", p.path("etc/naemon/naemon.cfg"),
			"--config", p.path("config.yml"), "--module", module}, more...)...)
	}
	out, err := enable("--spool", p.path("var/spool/neb"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contains(t, out, p.path("bin/naemon")+" has verified the new configuration", "Created the spool directory")
	verified, err := os.ReadFile(p.path("var/verified"))
	if err != nil || os.Geteuid() == 0 && string(verified) != "verified as nobody in groups nogroup\n" {
		t.Errorf("%q, %v", verified, err)
	}
	info, err := os.Stat(p.path("var/spool/neb"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != user.UID {
		t.Errorf("the spool directory is not the core's: %v", err)
	}

	// What the core could not use is found before anything is changed.
	p.write("etc/naemon/naemon.cfg", original)
	p.mode("var/spool/neb", 0o555)
	if out, err := enable("--spool", p.path("var/spool/neb")); err == nil ||
		!strings.Contains(err.Error(), "can't write to the spool directory") {
		t.Errorf("a closed spool: %v\n%s", err, out)
	}
	p.mode(filepath.Base(module), 0)
	if out, err := enable("--spool", p.path("var/spool/two")); err == nil ||
		!strings.Contains(err.Error(), "permission denied") && !strings.Contains(err.Error(), "can't read the module") {
		t.Errorf("a closed module: %v\n%s", err, out)
	}
	p.mode(filepath.Base(module), 0o644)
	// A program elsewhere is not taken unless it is named.
	p.rename("bin/naemon", "bin/other")
	if out, err := enable("--spool", p.path("var/spool/two")); err == nil ||
		!strings.Contains(err.Error(), "--binary") {
		t.Errorf("no program: %v\n%s", err, out)
	}
	t.Chdir(p.dir)
	if out, err := enable("--spool", p.path("var/spool/two"), "--binary", "bin/none"); err == nil ||
		!strings.Contains(err.Error(), "--binary: ") {
		t.Errorf("no such program: %v\n%s", err, out)
	}
	if text, err := os.ReadFile(p.path("etc/naemon/naemon.cfg")); err != nil || string(text) != original {
		t.Errorf("changed: %q, %v", text, err)
	}
	if out, err := enable("--spool", p.path("var/spool/two"), "--binary", "bin/other"); err != nil {
		t.Errorf("a program that is named: %v\n%s", err, out)
	}
}

// Centreon Engine loads no module of ours: there is no status of one, and no
// advice to enable it, which would be refused.
func TestNebStatusOfCentreonEngine(t *testing.T) {
	cfg := write(t, filepath.Join(t.TempDir(), "centengine.cfg"), "log_file=/var/log/centengine.log\n")
	own := write(t, filepath.Join(t.TempDir(), "c.yml"), "")
	out, err := nebCall(t, "", "status", "--config", own, "--supervisor", cfg)
	if err == nil || !strings.Contains(err.Error(), "status file and perfdata files can be read instead") {
		t.Errorf("error %v", err)
	}
	if out != "" {
		t.Errorf("printed %s", out)
	}
}
