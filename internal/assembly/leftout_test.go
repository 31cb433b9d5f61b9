package assembly

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

// TestWhatCannotBeReadIsLeftOut sets what no reader can use: the others read, and
// one notice says why.
func TestWhatCannotBeReadIsLeftOut(t *testing.T) {
	const stated = perfdataOn + "\n" + withState
	for _, c := range []struct {
		name, cfg, yaml string
		readers         []string
		objects         bool
		notice          string // of exactly one
	}{
		{
			"the status file is switched off", stated + "\nstatus_file=/dev/null", "",
			[]string{"log", "perfdata-host", "perfdata-service"}, true,
			"status_file=/dev/null ({DIR}/nagios.cfg:9): not a regular file but a device, so nothing can be read there",
		},
		{
			"a link to the null device", stated + "\nstatus_file={DIR}/null", "",
			[]string{"log", "perfdata-host", "perfdata-service"}, true,
			"status_file={DIR}/null ({DIR}/nagios.cfg:9): not a regular file but a device",
		},
		{
			"the log is switched off", stated + "\nlog_file=/dev/null", "",
			[]string{"perfdata-host", "perfdata-service", "status"}, true,
			"log_file=/dev/null ({DIR}/nagios.cfg:9): not a regular file but a device",
		},
		{
			"the log is a directory", stated + "\nlog_file={DIR}", "",
			[]string{"perfdata-host", "perfdata-service", "status"}, true,
			"log_file={DIR} ({DIR}/nagios.cfg:9): not a regular file but a directory",
		},
		{
			"there is no object cache", stated + "\nobject_cache_file=/dev/null", "",
			[]string{"log", "perfdata-host", "perfdata-service", "status"}, false,
			"object_cache_file=/dev/null ({DIR}/nagios.cfg:9): not a regular file but a device",
		},
		{
			"a perfdata file is for a module only", stated + "\nservice_perfdata_file=/dev/null", "",
			[]string{"log", "perfdata-host", "status"}, true,
			"service_perfdata_file=/dev/null ({DIR}/nagios.cfg:9): not a regular file but a device",
		},
		{
			"a comment makes a file a pipe", stated + "\nservice_perfdata_file_mode=a ; append", "",
			[]string{"log", "perfdata-host", "status"}, true,
			"service_perfdata_file={DIR}/service-perfdata ({DIR}/nagios.cfg:6): not a named pipe, which the file " +
				"mode p asks for (create it with mkfifo), so nothing can be read there: check results of services " +
				"that change nothing are not seen one by one; the status file shows the last result of each object, " +
				"up to 60 s later; create the pipe, or set service_perfdata_file_mode=a; " +
				`the text "; append" behind the mode ({DIR}/nagios.cfg:9) makes it p`,
		},
		{
			"there is no archive", stated + "\nlog_archive_path={DIR}/gone", "",
			[]string{"log", "perfdata-host", "perfdata-service", "status"}, true,
			"log_archive_path={DIR}/gone (from {DIR}/nagios.cfg:9): no such file or directory",
		},
		{
			"no state and no log", perfdataOn, "readers: {log: {enabled: off}, status: {enabled: on}}",
			[]string{"status"}, true, "{DIR}/service-perfdata has no state, and no log is read: add the state",
		},
		{
			"a template without a time", stated + `\tX` + "\nservice_perfdata_file_template=$HOSTNAME$", "",
			[]string{"log", "perfdata-host", "status"}, true,
			`service_perfdata_file_template ({DIR}/nagios.cfg:9): service perfdata template "$HOSTNAME$": no time`,
		},
		{
			"one of two kinds of lines in a file",
			strings.ReplaceAll(stated, "host-perfdata", "service-perfdata") +
				"\nservice_perfdata_file_template=$HOSTNAME$", "", []string{"log", "status"}, true,
			"the lines of hosts in {DIR}/service-perfdata are not read either",
		},
		{
			"a template that is not in use",
			stated + "\nhost_perfdata_file_template=empty\nhost_perfdata_file=/dev/null", "",
			[]string{"log", "perfdata-service", "status"}, true, "host_perfdata_file=/dev/null",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, mainConfig := site(t, c.cfg)
			if err := os.Symlink("/dev/null", filepath.Join(dir, "null")); err != nil {
				t.Fatal(err)
			}
			s := planOf(t, dir, mainConfig, c.yaml).Sites[0]
			if diff := cmp.Diff(c.readers, readers(s)); diff != "" {
				t.Error(diff)
			}
			if (s.Objects != "") != c.objects {
				t.Errorf("the object cache is %q", s.Objects)
			}
			if len(s.Troubles) > 0 {
				t.Error(s.Troubles)
			}
			about := 0
			for _, n := range s.Notices {
				if strings.Contains(strings.ReplaceAll(n, dir, "{DIR}"), c.notice) {
					about++
				}
			}
			if about != 1 {
				t.Errorf("%d notices about it: %q", about, s.Notices)
			}
		})
	}
}

// TestASupervisorWithNothingToReadDoesNotKeepTheOthersFromWork has one beside
// another, and alone.
func TestASupervisorWithNothingToReadDoesNotKeepTheOthersFromWork(t *testing.T) {
	const off = "log_file=/dev/null\nstatus_file=/dev/null"
	root, runs := machine(t)
	_, a := site(t)
	_, b := site(t, off)
	runs(10, a)
	runs(20, b)
	p, err := Resolve(parsed(t, ""), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Sites) != 1 || p.Sites[0].Supervisor.Path != a || len(p.Troubles) != 1 ||
		!strings.Contains(p.Troubles[0].Error(), "left out: nothing is left to read of "+b) {
		t.Errorf("%d sites, troubles %v", len(p.Sites), p.Troubles)
	}
	later := time.Now().Add(2 * findEvery)
	if p.Outdated(later) {
		t.Error("the plan is made anew although nothing has changed")
	}
	written := time.Now().Add(time.Minute)
	if err := os.Chtimes(b, written, written); err != nil {
		t.Fatal(err)
	}
	if !p.Outdated(later.Add(2 * findEvery)) {
		t.Error("the configuration has changed, and the plan stays")
	}
	if err := os.WriteFile(a, []byte(off), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(parsed(t, ""), root); err == nil || !strings.Contains(err.Error(), "read of "+a) ||
		!strings.Contains(err.Error(), "read of "+b) {
		t.Errorf("got %v", err)
	}
}

// TestShinkenWithoutASpool hints at the module.
func TestShinkenWithoutASpool(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shinken.cfg")
	if err := os.WriteFile(path, []byte("cfg_dir=hosts\nlog_rotation_method=d\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Resolve(parsed(t, "supervisor: "+path), "/")
	for _, part := range []string{
		"nothing is left to read of " + path, "log_file is not set", "host_perfdata_file is not set",
		"status_file is not set", "install the module in its broker (shinken/README.md)", brokermodule.ShinkenSpool,
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not contain %q", err, part)
		}
	}
}

// TestIcinga2IsNamed hints at its features.
func TestIcinga2IsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "icinga2.conf")
	if err := os.WriteFile(path, []byte("include \"constants.conf\"\nconst x = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Resolve(parsed(t, "supervisor: "+path), "/")
	if err == nil || !strings.Contains(err.Error(), path+" is of Icinga 2, whose files must be named") {
		t.Errorf("got %v", err)
	}
}

// TestWhatNPCDModuleWrites knows that its lines have a state and no output,
// whatever nagios.cfg has.
func TestWhatNPCDModuleWrites(t *testing.T) {
	const module = "process_performance_data=1\n" +
		"broker_module=/usr/lib/pnp4nagios/npcdmod.o config_file=/etc/npcd.cfg\n"
	const noOutput = "npcdmod.o writes the perfdata files, without output"
	const noState = "its template has no state"
	for _, c := range []struct {
		name, cfg string
		output    bool // of the module's lines is missed
		state     bool // is missed
	}{
		{"it alone", module, true, false},
		{"a file for another program besides", module + perfdataOn, true, false},
		{
			"files are moved there", module + perfdataOn + "\ncfg_file={DIR}/commands.cfg\n" +
				"service_perfdata_file_processing_command=move\nhost_perfdata_file_processing_command=move",
			false, true,
		},
		{"nothing is known of it", "process_performance_data=1", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, mainConfig := site(t, c.cfg)
			commands := "define command {\ncommand_name move\ncommand_line /bin/mv " + dir + "/x " + dir +
				"/spool/perf.$TIMET$\n}\n"
			if err := os.WriteFile(filepath.Join(dir, "commands.cfg"), []byte(commands), 0o644); err != nil {
				t.Fatal(err)
			}
			s := planOf(t, dir, mainConfig, "readers: {perfdata: {spool: {path: {DIR}/spool}}}").Sites[0]
			notices := strings.Join(s.Notices, "\n")
			if got := strings.Contains(notices, noOutput); got != c.output {
				t.Errorf("output: %v\n%s", got, notices)
			}
			for _, r := range s.Readers {
				if r.Name == perfdataSpool && strings.Contains(r.Note, noState) != c.state {
					t.Errorf("state: %q", r.Note)
				}
			}
			if got := strings.Contains(notices, "no $SERVICESTATEID$"); got != c.state {
				t.Errorf("state: %s", notices)
			}
		})
	}
}
