package nagios

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// tree writes files below a new directory, and returns that. The paths start with
// a slash.
func tree(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for path, content := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func mustRead(t *testing.T, root, path string) *Config {
	t.Helper()
	cfg, err := readBelow(root, path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// withoutOrigins compares configurations without the places of the options.
func withoutOrigins() cmp.Option { return cmpopts.IgnoreUnexported(Config{}) }

func TestReadDebianNagios4(t *testing.T) {
	path, err := filepath.Abs("testdata/debian-nagios4.cfg") // as Debian 12 ships it, without the comments
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Read("testdata/debian-nagios4.cfg")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Version = "" // of a Nagios that may be installed here
	want := defaults(path)
	want.Flavour = Nagios
	want.LogFile = "/var/log/nagios4/nagios.log"
	want.LogArchivePath = "/var/log/nagios4/archives"
	want.RotatesLog = true
	want.Logging.ServiceRetries = true
	want.Logging.HostRetries = true
	want.StatusFile = "/var/lib/nagios4/status.dat"
	want.StatusUpdateInterval = 10 * time.Second
	want.ObjectCacheFile = "/var/lib/nagios4/objects.cache"
	want.EventBrokerOptions = -1
	want.FlapDetection, want.RetainState = true, true
	want.User, want.Group = "nagios", "nagios"
	if diff := cmp.Diff(want, cfg, withoutOrigins()); diff != "" {
		t.Error(diff)
	}
	if got, want := cfg.Origin("log_file"), path+":1"; got != want {
		t.Errorf("the origin of log_file is %q, want %q", got, want)
	}
	if got := cfg.Origin("broker_module"); got != "" {
		t.Errorf("broker_module is not set, and its origin is %q", got)
	}
}

func TestReadEverything(t *testing.T) {
	root := tree(t, map[string]string{"/etc/nagios/nagios.cfg": strings.ReplaceAll(`
# a comment
  ; another one
log_file = /var/log/nagios/nagios.log  
log_archive_path=/var/log/nagios/archives/
log_rotation_method=h
use_syslog=0
use_daemon_log=0
enable_flap_detection=1
execute_host_checks=0
accept_passive_service_checks=0
log_external_commands=0
log_passive_checks=0
log_initial_states=1
log_current_states=0
status_file=var/../status.dat
status_update_interval=15
process_performance_data=1
host_perfdata_file=/var/spool/host-perfdata
host_perfdata_file_mode=w
host_perfdata_file_template=DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\\tx\n\r\q
host_perfdata_process_empty_results=0
service_perfdata_file=/var/spool/service-perfdata
service_perfdata_file_mode=p
service_perfdata_file_template=DATATYPE::SERVICEPERFDATA\
    \tTIMET::$TIMET$\\
service_perfdata_file_processing_interval=15
broker_module=/usr/lib/a.so
broker_module=modules/b.so  config=/etc/b.cfg debug=1
event_broker_options=1048575
retain_state_information=1
nagios_user=monitor
a_new_option=1
`, "\n", "\r\n")})
	cfg := mustRead(t, root, "/etc/nagios/nagios.cfg")
	want := &Config{
		Path:                   "/etc/nagios/nagios.cfg",
		Flavour:                Nagios,
		LogFile:                "/var/log/nagios/nagios.log",
		LogArchivePath:         "/var/log/nagios/archives",
		RotatesLog:             true,
		Logging:                Logging{InitialStates: true},
		StatusFile:             "/etc/nagios/status.dat",
		StatusUpdateInterval:   15 * time.Second,
		ProcessPerformanceData: true,
		HostPerfdata: Perfdata{
			File: "/var/spool/host-perfdata", Mode: WriteMode,
			Template: "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\\\tx\n\r\\q",
		},
		ServicePerfdata: Perfdata{
			File: "/var/spool/service-perfdata", Mode: PipeMode, ProcessEmpty: true,
			Template:           "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\\",
			ProcessingInterval: 15 * time.Second,
		},
		BrokerModules: []BrokerModule{
			{Path: "/usr/lib/a.so", Origin: "/etc/nagios/nagios.cfg:28"},
			{
				Path: "/etc/nagios/modules/b.so", Args: "config=/etc/b.cfg debug=1",
				Origin: "/etc/nagios/nagios.cfg:29",
			},
		},
		EventBrokerOptions: 1048575,
		HostChecks:         Checks{AcceptPassive: true},
		ServiceChecks:      Checks{Execute: true},
		FlapDetection:      true,
		RetainState:        true,
		User:               "monitor",
	}
	if diff := cmp.Diff(want, cfg, withoutOrigins()); diff != "" {
		t.Error(diff)
	}
	for option, line := range map[string]string{
		"log_file": "4", "service_perfdata_file_template": "25", "broker_module": "29",
	} {
		if got, want := cfg.Origin(option), "/etc/nagios/nagios.cfg:"+line; got != want {
			t.Errorf("the origin of %s is %s, want %s", option, got, want)
		}
	}
}

func TestReadWarnsOfWhatItCannotUnderstand(t *testing.T) {
	root := tree(t,
		map[string]string{
			"/n.cfg": "just words\nlog_rotation_method=x\nlog_initial_states=yes\nstatus_update_interval=-5\n" +
				"host_perfdata_file_processing_interval=never\nevent_broker_options=all\nlog_file=\n" +
				"host_perfdata_file_mode=z\n",
		})
	cfg := mustRead(t, root, "/n.cfg")
	want := defaults("/n.cfg")
	want.Flavour = Nagios
	if diff := cmp.Diff(want, cfg, withoutOrigins(), cmpopts.IgnoreFields(Config{}, "Warnings")); diff != "" {
		t.Error(diff)
	}
	wantWarnings := []string{
		`/n.cfg:1: not of the form option=value: "just words"`,
		`option log_rotation_method (from /n.cfg:2): "x" is none of n, h, d, w, m`,
		`option log_initial_states (from /n.cfg:3): "yes" is not 0 or 1 alone: the supervisor does not start with it`,
		`option status_update_interval (from /n.cfg:4): "-5" is not a number of seconds`,
		`option host_perfdata_file_processing_interval (from /n.cfg:5): "never" is not a number of seconds: ` +
			"the supervisor never runs the command",
		`option event_broker_options (from /n.cfg:6): "all" is not a whole number: the supervisor takes it for 0`,
	}
	if diff := cmp.Diff(wantWarnings, messages(cfg.Warnings)); diff != "" {
		t.Error(diff)
	}
}

func messages(errs []error) []string {
	var list []string
	for _, err := range errs {
		list = append(list, err.Error())
	}
	return list
}

func TestReadShinkensDefaults(t *testing.T) {
	const path = "/etc/shinken/shinken.cfg"
	cfg := mustRead(t, tree(t, map[string]string{path: ""}), path)
	want := defaults(path)
	want.Flavour = Shinken
	want.RotatesLog = true
	want.Logging.ServiceRetries, want.Logging.HostRetries, want.Logging.InitialStates = true, true, true
	want.StatusUpdateInterval = 15 * time.Second
	want.ProcessPerformanceData, want.FlapDetection = true, true
	if diff := cmp.Diff(want, cfg, withoutOrigins()); diff != "" {
		t.Error(diff)
	}

	set := "log_service_retries=0\nlog_host_retries=0\nlog_initial_states=0\nlog_rotation_method=n\n" +
		"process_performance_data=0\nenable_flap_detection=0\nstatus_update_interval=60\n"
	cfg = mustRead(t, tree(t, map[string]string{path: set}), path)
	want = defaults(path)
	want.Flavour = Shinken
	if diff := cmp.Diff(want, cfg, withoutOrigins()); diff != "" {
		t.Error(diff)
	}
}

func TestReadNaemonIncludes(t *testing.T) {
	root := tree(t, map[string]string{
		"/etc/naemon/naemon.cfg": "log_file=/var/log/naemon/naemon.log\nlog_rotation_method=d\n" +
			"include_dir=module-conf.d\ninclude_file=more.cfg\ninclude_file=gone.cfg\n",
		"/etc/naemon/module-conf.d/b.cfg": "broker_module=b.so\n",
		"/etc/naemon/module-conf.d/a.cfg": "broker_module=/usr/lib/naemon/livestatus.so " +
			"/var/cache/naemon/live\nstatus_file=status.dat\n",
		"/etc/naemon/module-conf.d/.hidden.cfg": "log_file=/wrong\n",
		"/etc/naemon/module-conf.d/a.cfg.bak":   "log_file=/wrong\n",
		"/etc/naemon/more.cfg":                  "include_file=naemon.cfg\nnaemon_user=naemon\n",
		"/etc/naemon/status.dat": "###\n#          NAGIOS STATUS FILE\n\ninfo {\n\tcreated=1\n" +
			"\tversion=1.4.2\n\t}\n",
	})
	cfg := mustRead(t, root, "/etc/naemon/naemon.cfg")
	want := defaults("/etc/naemon/naemon.cfg")
	want.Flavour, want.Version = Naemon, "1.4.2"
	want.LogFile = "/var/log/naemon/naemon.log"
	want.StatusFile = "/etc/naemon/status.dat"
	want.User = "naemon"
	want.BrokerModules = []BrokerModule{
		{
			Path: "/usr/lib/naemon/livestatus.so", Args: "/var/cache/naemon/live",
			Origin: "/etc/naemon/module-conf.d/a.cfg:1",
		},
		{Path: "/etc/naemon/b.so", Origin: "/etc/naemon/module-conf.d/b.cfg:1"},
	}
	if diff := cmp.Diff(want, cfg, withoutOrigins(), cmpopts.IgnoreFields(Config{}, "Warnings")); diff != "" {
		t.Error(diff)
	}
	if got, want := cfg.Origin("status_file"), "/etc/naemon/module-conf.d/a.cfg:2"; got != want {
		t.Errorf("the origin of status_file is %s, want %s", got, want)
	}
	if len(cfg.Warnings) != 2 || !strings.Contains(cfg.Warnings[0].Error(), "more than once") ||
		!errors.Is(cfg.Warnings[1], fs.ErrNotExist) {
		t.Errorf("warnings are %q", messages(cfg.Warnings))
	}
}

func TestIdentify(t *testing.T) {
	const info = "info {\n\tversion=9.9\n\t}\n"
	tests := []struct {
		name, path, config, status string
		flavour                    Flavour
		version                    string
	}{
		{"nothing known", "/etc/core/main.cfg", "", "", Nagios, ""},
		{"Nagios' status file", "/etc/nagios/nagios.cfg", "", "#  NAGIOS STATUS FILE\n" + info, Nagios, "9.9"},
		{
			"a version outside of the info block", "/etc/nagios/nagios.cfg", "",
			"info {\n\tcreated=1\n\t}\nx {\n\tversion=1\n\t}\n", Nagios, "",
		},
		{"name of the file", "/etc/core/naemon.cfg", "log_file=/var/log/nagios.log", "", Naemon, ""},
		{"Icinga's status file", "/etc/core/nagios.cfg", "", "#  ICINGA STATUS FILE\n" + info, Icinga, "9.9"},
		{"Shinken's status file", "/etc/nagios/nagios.cfg", "", "#  SHINKEN STATUS FILE\n" + info, Shinken, ""},
		{"an option", "/etc/nagios/nagios.cfg", "icinga_user=x", "", Icinga, ""},
		{"a directory", "/etc/shinken/nagios.cfg", "", "", Shinken, ""},
		{"the log", "/etc/core/main.cfg", "log_file=/var/log/icinga.log", "", Icinga, ""},
		{
			"a link of Nagios' name", "/omd/sites/x/tmp/naemon/main.cfg", "", "#  NAGIOS STATUS FILE\n" + info, Naemon,
			"9.9",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := tree(t,
				map[string]string{test.path: test.config + "\nstatus_file=/status.dat\n", "/status.dat": test.status})
			cfg := mustRead(t, root, test.path)
			if cfg.Flavour != test.flavour || cfg.Version != test.version {
				t.Errorf("got %s %q, want %s %q", cfg.Flavour, cfg.Version, test.flavour, test.version)
			}
		})
	}
}

func TestReadOfAMainFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{filepath.Join(dir, "none.cfg"): fs.ErrNotExist, dir: regular.ErrKind} {
		_, err := Read(path)
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		for _, part := range []string{"main configuration", path, access.Who().String()} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%v does not contain %q", err, part)
			}
		}
	}
	large := filepath.Join(dir, "large.cfg")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxConfigFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(large); !errors.Is(err, regular.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, regular.ErrTooLarge)
	}
}
