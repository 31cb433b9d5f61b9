package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// nebCall runs a neb command and returns what it printed.
func nebCall(t *testing.T, answer string, args ...string) (string, error) {
	t.Helper()
	var out, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := nebCommand(ctx, environment{args: args, stdin: strings.NewReader(answer), stdout: &out, stderr: &stderr})
	return out.String() + stderr.String(), err
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// nebModule builds a module that does nothing, under the name of ours.
func nebModule(t *testing.T, dir, version string) string {
	t.Helper()
	path := filepath.Join(dir, "nagios2canopsis.so")
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-DVERSION=\""+version+"\"", "-o", path+".new",
		"../../nagios/brokermodule/testdata/module.c").CombinedOutput()
	if err != nil {
		t.Fatalf("building a module: %v\n%s", err, out)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// nebSite is a Nagios that may have a module.
type nebSite struct {
	*testnagios.Site
	module, spool string
	binary        string
	flags         []string
}

func newNebSite(t *testing.T) nebSite {
	t.Helper()
	site := testnagios.New(t, testnagios.Options{
		Hosts:    []testnagios.Host{{Name: "h1", Interval: 1}},
		Services: []testnagios.Service{{Host: "h1", Name: "s1", Interval: 1}},
		Settings: map[string]string{"event_broker_options": "-1"},
	})
	own := write(t, filepath.Join(t.TempDir(), "c.yml"), "supervisor: "+site.MainConfig()+"\n")
	return nebSite{
		Site: site, module: nebModule(t, site.Dir, "1"), spool: filepath.Join(site.Dir, "neb"),
		binary: "/usr/sbin/nagios4", flags: []string{"--config", own},
	}
}

func (s nebSite) enable(t *testing.T, answer string, more ...string) (string, error) {
	t.Helper()
	return nebCall(t, answer,
		append(append([]string{"enable", "--module", s.module, "--spool", s.spool, "--binary", s.binary}, s.flags...),
			more...)...)
}

func (s nebSite) verifies(t *testing.T) {
	t.Helper()
	if out, err := exec.Command(s.binary, "-v", s.MainConfig()).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNebEnableAndDisableWithNagios(t *testing.T) {
	s := newNebSite(t)
	original := s.Read("nagios.cfg")
	before, err := os.Stat(s.MainConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"n\n", "\n", "perhaps\n"} {
		out, err := s.enable(t, answer)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, out, "+broker_module="+s.module+" spool="+s.spool+"\n", "Apply this change? [y/N]",
			"Nothing was changed.")
	}
	if out, err := s.enable(t, ""); err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("without an answer: %v\n%s", err, out)
	}
	if !bytes.Equal(s.Read("nagios.cfg"), original) {
		t.Fatal("changed without consent")
	}

	out, err := s.enable(t, "y\n")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contains(t, out, "--- "+s.MainConfig(), s.binary+" has verified the new configuration",
		"Created the spool directory "+s.spool, "systemctl reload nagios4")
	contains(t, string(s.Read("nagios.cfg")), "\nbroker_module="+s.module+" spool="+s.spool+"\n")
	after, err := os.Stat(s.MainConfig())
	if err != nil || after.Mode() != before.Mode() {
		t.Errorf("%v, mode %v, before %v", err, after.Mode(), before.Mode())
	}
	backups, err := filepath.Glob(s.MainConfig() + ".nagios2canopsis-*")
	if err != nil || len(backups) != 1 {
		t.Fatalf("backups %q, %v", backups, err)
	}
	if kept, err := os.ReadFile(backups[0]); err != nil || !bytes.Equal(kept, original) {
		t.Errorf("the backup is not what was there: %v", err)
	}
	if info, err := os.Stat(s.spool); err != nil || info.Mode() != os.ModeDir|os.ModeSetgid|0o770 {
		t.Errorf("spool: %v", err)
	}
	s.verifies(t)

	out, err = s.enable(t, "")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "already enabled: "+s.MainConfig()+":")

	out, err = nebCall(t, "", append([]string{"disable", "--yes", "--binary", s.binary}, s.flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "\n-broker_module="+s.module, "stays loaded")
	if !bytes.Equal(s.Read("nagios.cfg"), original) {
		t.Error("the original text is not back")
	}
	s.verifies(t)
	out, err = nebCall(t, "", append([]string{"disable"}, s.flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "not enabled in "+s.MainConfig())
}

func TestNebEnableRefusesWhatNagiosRefuses(t *testing.T) {
	s := newNebSite(t)
	broken := string(s.Read("nagios.cfg")) + "no_such_option=1\n"
	write(t, s.MainConfig(), broken)
	out, err := s.enable(t, "y\n")
	if err == nil {
		t.Fatalf("accepted:\n%s", out)
	}
	contains(t, err.Error(), "nothing was changed", s.binary+" -v", " refuses the new configuration",
		"Error in configuration file '"+s.MainConfig()+"'", "UNKNOWN VARIABLE")
	if string(s.Read("nagios.cfg")) != broken {
		t.Error("changed")
	}
	if left, err := filepath.Glob(filepath.Join(s.Dir, "*nagios.cfg?*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if _, err := os.Stat(s.spool); err == nil {
		t.Error("the spool directory was created")
	}
}

// Most supervisors end when a module is missing, which -v does not see.
func TestNebEnableRefusesAMissingModule(t *testing.T) {
	s := newNebSite(t)
	original := s.Read("nagios.cfg")
	if err := os.Remove(s.module); err != nil {
		t.Fatal(err)
	}
	if out, err := s.enable(t, "y\n"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v\n%s", err, out)
	}
	if !bytes.Equal(s.Read("nagios.cfg"), original) {
		t.Error("changed")
	}
}

// writeSegment writes what a module would have.
func (s nebSite) writeSegment(t *testing.T, pid string, lost int) {
	t.Helper()
	now := time.Now()
	write(t, filepath.Join(s.spool, fmt.Sprintf("neb-%016d-%s-1.log", now.UnixMicro(), pid)), fmt.Sprintf(
		"DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::%s\tLOST::%d\tLAYOUT::O4\n"+
			"DATATYPE::ALIVE\tTIMET::%d\tLOST::%d\n",
		pid, lost, now.Unix(), lost))
}

func TestNebStatusOfARunningNagios(t *testing.T) {
	s := newNebSite(t)
	status := func() (string, error) { return nebCall(t, "", append([]string{"status"}, s.flags...)...) }
	troubled := func(parts ...string) {
		t.Helper()
		out, err := status()
		if !errors.Is(err, errNebTroubles) {
			t.Errorf("error %v", err)
		}
		contains(t, out, parts...)
	}
	troubled("not seen running", "no broker_module line", "Loaded       no\n")

	if out, err := s.enable(t, "", "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.Start()
	s.WaitLog("nagios2canopsis.so' initialized successfully")
	troubled("Loaded       yes\n", "Last record  none", "has written nothing")

	out, err := status()
	found := regexp.MustCompile(`, process (\d+)\n`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no process: %v\n%s", err, out)
	}
	s.WaitLog("(PID=" + found[1] + ")")
	s.writeSegment(t, found[1], 0)
	out, err = status()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	contains(t, out, "Supervisor   nagios 4.4.6, "+s.MainConfig()+", process ",
		"Module       "+s.module+" ("+s.MainConfig()+":", "Loaded       yes: neb 1.0 for Nagios 4.4.6, layout O4\n",
		"Spool        "+s.spool+", 1 segment", "Lost         0\n", "Backlog      ", "All is well.")

	s.writeSegment(t, found[1], 3)
	troubled("Lost         3\n", "3 records were lost", "2 segments")

	nebModule(t, s.Dir, "2")
	troubled("Loaded       yes, but an older file: neb 1.0", "restart the supervisor")
	s.Reload()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if out, _ = status(); !strings.Contains(out, "older") && strings.Contains(out, "Loaded       yes") {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the new module is not loaded by a reload:\n%s", out)
		}
	}

	if _, err := nebCall(t, "", append([]string{"disable", "--yes", "--binary", s.binary}, s.flags...)...); err != nil {
		t.Fatal(err)
	}
	troubled("no broker_module line", "still loaded")
}

// The whole way, from enable to a working module, with the shipped one.
func TestNebStatusWithOurModule(t *testing.T) {
	s := newNebSite(t)
	if out, err := exec.Command("make", "-B", "-C", "../../nagios/neb", "OUT="+s.Dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := s.enable(t, "", "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.Start()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		out, err := nebCall(t, "", append([]string{"status"}, s.flags...)...)
		// A segment may be seen just before its first write
		if err == nil && strings.Contains(out, "Loaded       yes: neb ") {
			contains(t, out, " for Nagios 4.4.6, layout ", "1 segment, ", "Lost         0\n")
			return
		} else if time.Now().After(end) {
			t.Fatalf("%v\n%s\n%s", err, out, s.Read("nagios.log"))
		}
	}
}

// While the connector runs, nobody else can read its journal.
func TestNebStatusWhileTheConnectorRuns(t *testing.T) {
	s := newNebSite(t)
	path := filepath.Join(t.TempDir(), "journal.db")
	s.flags = []string{"--config", write(t, filepath.Join(t.TempDir(), "c.yml"),
		"supervisor: "+s.MainConfig()+"\njournal: {path: "+path+"}\n")}
	if out, err := s.enable(t, "", "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.writeSegment(t, "1", 0)
	j, err := journal.Open(t.Context(), journal.Options{Path: path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	status := func() string {
		out, err := nebCall(t, "", append([]string{"status"}, s.flags...)...)
		if err != nil && !errors.Is(err, errNebTroubles) { // whether the supervisor is seen to run is no matter here
			t.Error(err)
		}
		return out
	}
	out := status()
	contains(t, out, fmt.Sprintf("Connector    process %d;", os.Getpid()), "1 segment, ",
		"(how much of it the connector has read is unknown)")
	if strings.Contains(out, "Backlog      0 B") {
		t.Errorf("nothing waits:\n%s", out)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if out := status(); strings.Contains(out, "Connector ") {
		t.Errorf("the connector is said to run:\n%s", out)
	}
}
