package brokermodule

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)

func TestPrint(t *testing.T) {
	supervisor := &nagios.Config{
		Path: "/etc/nagios4/nagios.cfg", Flavour: nagios.Nagios, Version: "4.4.6", EventBrokerOptions: -1,
	}
	module := Module{Path: modulePath, Spool: "/s", Origin: "/etc/nagios4/nagios.cfg:212"}
	segments := []handover.Segment{{
		Name: handover.Name{File: "neb-0000000000000001-7-1.log", Module: "neb", Start: 1, PID: 7, N: 1}, Size: 2048,
		Modified: testTime.Add(-3 * time.Second),
	}}
	well := Status{
		Supervisor: supervisor, PID: 7, Module: module, Configured: true, Loaded: Loaded{Yes: true, Path: modulePath},
		Spool: handover.Spool{
			Dir: "/s", Segments: segments,
			Header:     handover.Header{Module: "neb 1.0", Program: "Nagios \x1b[4.4.6", Layout: "O4", PID: 7},
			LastRecord: testTime.Add(-3 * time.Second),
		},
		now: testTime,
	}
	older := well
	older.Loaded.Older, older.Spool.Lost = true, 12
	silent := well
	silent.Loaded = Loaded{Yes: true, Note: "from the newest segment"}
	silent.now = testTime.Add(time.Hour)
	for _, c := range []struct {
		name     string
		status   Status
		position *handover.Position
		want     string
		troubles []string
	}{
		{
			"well", well,
			&handover.Position{Segments: []handover.Mark{{File: "neb-0000000000000001-7-1.log", Offset: 2000}}}, `
Supervisor   nagios 4.4.6, /etc/nagios4/nagios.cfg, process 7
Module       /usr/lib/nagios2canopsis/nagios2canopsis.so (/etc/nagios4/nagios.cfg:212)
Loaded       yes: neb 1.0 for Nagios ?[4.4.6, layout O4
Spool        /s, 1 segment, 2.0 KiB
Last record  2026-03-01 11:59:57, 3s ago
Lost         0
Backlog      48 B
`, nil,
		},
		{"older, lost", older, nil, `
Supervisor   nagios 4.4.6, /etc/nagios4/nagios.cfg, process 7
Module       /usr/lib/nagios2canopsis/nagios2canopsis.so (/etc/nagios4/nagios.cfg:212)
Loaded       yes, but an older file: neb 1.0 for Nagios ?[4.4.6, layout O4
Spool        /s, 1 segment, 2.0 KiB
Last record  2026-03-01 11:59:57, 3s ago
Lost         12
Backlog      2.0 KiB (how much of it the connector has read is unknown)
`, []string{"restart the supervisor to load the new one", "12 records were lost"}},
		{
			"silent", silent,
			&handover.Position{Segments: []handover.Mark{{File: "neb-0000000000000001-7-1.log", Offset: 2048}}}, `
Supervisor   nagios 4.4.6, /etc/nagios4/nagios.cfg, process 7
Module       /usr/lib/nagios2canopsis/nagios2canopsis.so (/etc/nagios4/nagios.cfg:212)
Loaded       yes: neb 1.0 for Nagios ?[4.4.6, layout O4 (from the newest segment)
Spool        /s, 1 segment, 2.0 KiB
Last record  2026-03-01 11:59:57, 1h0m3s ago
Lost         0
Backlog      0 B
`, []string{"has written nothing for 2 minutes"},
		},
		{
			"stopped, not enabled",
			Status{
				Supervisor: &nagios.Config{Path: "/n.cfg", Flavour: nagios.Naemon}, Spool: handover.Spool{Dir: "/s"},
				SpoolError: fmt.Errorf("x: %w", os.ErrNotExist), now: testTime,
			}, nil, `
Supervisor   naemon, /n.cfg, not seen running
Module       no broker_module line: nagios2canopsis neb enable
Loaded       no
Spool        /s, does not exist
Last record  none
Lost         unknown
Backlog      0 B
`, []string{"no broker_module line", "no supervisor is seen to run"},
		},
		{
			"not loaded, closed to us",
			Status{
				Supervisor: &nagios.Config{Path: "/n.cfg", Flavour: nagios.Nagios}, PID: 3, Configured: true,
				Module: module, FileError: os.ErrNotExist, Spool: handover.Spool{Dir: "/s"},
				SpoolError: fmt.Errorf("x: %w", os.ErrPermission), now: testTime,
			}, nil, `
Supervisor   nagios, /n.cfg, process 3
Module       /usr/lib/nagios2canopsis/nagios2canopsis.so (/etc/nagios4/nagios.cfg:212)
Loaded       no
Spool        /s, x: permission denied
Last record  none
Lost         unknown
Backlog      0 B
`, []string{"do not start with it", "event_broker_options is 0", "permission denied", "the module is not loaded"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if err := c.status.Print(&out, c.position); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want[1:], out.String()); diff != "" {
				t.Error(diff)
			}
			troubles := c.status.Troubles()
			if len(troubles) != len(c.troubles) {
				t.Fatalf("troubles %q, want %q", troubles, c.troubles)
			}
			for i, want := range c.troubles {
				if !strings.Contains(troubles[i], want) {
					t.Errorf("trouble %q, want %q", troubles[i], want)
				}
			}
		})
	}
}

func TestRunning(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "nagios.cfg")
	put(t, dir, "nagios.cfg", "", testTime)
	put(t, dir, "other.cfg", "", testTime)
	proc := filepath.Join(dir, "proc")
	add := func(pid, parent int, args ...string) {
		own := filepath.Join(proc, fmt.Sprint(pid))
		if err := os.MkdirAll(own, 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, own, "cmdline", strings.Join(args, "\x00")+"\x00", testTime)
		put(t, own, "stat", fmt.Sprintf("%d (nagios (4) x) S %d 1 1 0", pid, parent), testTime)
	}
	if err := os.MkdirAll(proc, 0o755); err != nil {
		t.Fatal(err)
	}
	add(20, 1, "/usr/sbin/nagios4", filepath.Join(dir, "other.cfg"))
	add(21, 1, "/usr/sbin/nagios4", "-v", config)
	add(22, 1, "vi", config)
	add(23, 1)
	if p, found := running(proc, config); found {
		t.Errorf("found %+v", p)
	}
	add(100, 99, "/usr/sbin/nagios4", "-d", config) // the command worker
	add(99, 1, "/usr/sbin/nagios4", "-d", config)
	add(101, 99, "/usr/sbin/nagios4", "--worker", "/x/nagios.qh")
	if p, found := running(proc, config); !found || p != (process{99, 1, "/usr/sbin/nagios4"}) {
		t.Errorf("%+v, %v", p, found)
	}
}

func TestExamineWithoutSeeingTheProcess(t *testing.T) {
	cfg := configuration(t, map[string]string{
		"nagios.cfg": "event_broker_options=-1\nbroker_module={DIR}/nagios2canopsis.so spool={DIR}/s\n",
	})
	dir := filepath.Join(filepath.Dir(cfg.Path), "s")
	if err := os.Mkdir(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	put(t, dir, "neb-1700000000000001-1234-1.log", segmentHeader, now)
	s := examine(t.TempDir(), cfg, "", now)
	if s.PID != 1234 || !s.Loaded.Yes || s.PIDNote == "" || s.SpoolError != nil {
		t.Errorf("%+v", s)
	}
	if s := examine(t.TempDir(), cfg, "", now.Add(time.Hour)); s.PID != 0 || s.Loaded.Yes {
		t.Errorf("long silent: %+v", s)
	}
}

const segmentHeader = "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::1234\tLOST::2\t" +
	"LAYOUT::O4\n"

// put writes a file, last written at a time.
func put(t *testing.T, dir, name, text string, at time.Time) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// Shinken's module is in its broker: what holds for the cores does not for it.
func TestStatusOfShinken(t *testing.T) {
	dir := t.TempDir()
	spool := filepath.Join(dir, "spool")
	cfg := &nagios.Config{Path: filepath.Join(dir, "shinken.cfg"), Flavour: nagios.Shinken}
	now := time.Now()
	check := func(at time.Time, row, trouble string) {
		t.Helper()
		s := examine(dir, cfg, spool, at)
		var out strings.Builder
		if err := s.Print(&out, nil); err != nil {
			t.Fatal(err)
		}
		all := out.String() + strings.Join(s.Troubles(), "\n")
		for _, want := range []string{"Module       Shinken's own", "\nSpool        " + spool, row, trouble} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is missing in:\n%s", want, all)
			}
		}
		for _, wrong := range []string{"broker_module", "neb enable", "event_broker_options"} {
			if strings.Contains(all, wrong) {
				t.Errorf("advice for Nagios:\n%s", all)
			}
		}
		if trouble == "" && len(s.Troubles()) > 0 {
			t.Errorf("troubles %q", s.Troubles())
		}
	}
	check(now, "does not exist", "install the module in Shinken's broker (shinken/README.md)")
	if err := os.Mkdir(spool, 0o770); err != nil {
		t.Fatal(err)
	}
	check(now, "Loaded       no", "has written nothing to "+spool)
	put(t, spool, "shinken-1700000000000001-1234-1.log", "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::shinken 1.0\t"+
		"PROGRAM::Shinken 2.4\tPID::1234\tLOST::0\n", now)
	check(now, "Loaded       yes: shinken 1.0 for Shinken 2.4, process 1234", "")
	check(now.Add(time.Hour), "Loaded       no", "has written nothing to "+spool)

	if s := examine(dir, cfg, "", now); s.Spool.Dir != ShinkenSpool {
		t.Errorf("the default spool: %s", s.Spool.Dir)
	}
}

// A site of OMD has a spool directory of its own.
func TestStatusOfAnOMDSite(t *testing.T) {
	cfg := &nagios.Config{Path: "/opt/omd/sites/prod/tmp/naemon/naemon.cfg", Flavour: nagios.Naemon}
	if s := examine(t.TempDir(), cfg, "", testTime); s.Spool.Dir != "/opt/omd/sites/prod/var/nagios2canopsis/neb" {
		t.Errorf("the spool is %s", s.Spool.Dir)
	}
}

// The default spool directory may be that of another supervisor.
func TestStatusShowsNoSpoolOfAnother(t *testing.T) {
	one := configuration(t, map[string]string{"nagios.cfg": ""})
	two := configuration(t, map[string]string{"nagios.cfg": ""})
	dir, proc := t.TempDir(), t.TempDir()
	put(t, dir, "neb-1700000000000001-1234-1.log", segmentHeader, time.Now())
	runs(t, proc, 1234, "0", two.Path)
	s := Status{Supervisor: one, now: time.Now()}
	s.lookAt(proc, dir, true, process{})
	if want := "it belongs to process 1234, with " + two.Path; len(s.Spool.Segments) > 0 ||
		!strings.Contains(fmt.Sprint(s.SpoolError), want) || !strings.Contains(s.spool(), want) {
		t.Errorf("%+v, %v", s.Spool, s.SpoolError)
	}
	s.lookAt(proc, dir, true, process{pid: 1234})
	if len(s.Spool.Segments) != 1 || s.SpoolError != nil {
		t.Errorf("its own: %+v, %v", s.Spool, s.SpoolError)
	}
}
