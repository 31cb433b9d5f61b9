package nagios

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestValuesWithTextBehindThem reads what people write behind a value, as the
// cores and as Shinken read it.
func TestValuesWithTextBehindThem(t *testing.T) {
	const text = "process_performance_data=1   ; yes\n" +
		"enable_flap_detection=0 # no\n" +
		"log_service_retries=1 ; soft states\n" +
		"log_rotation_method=d ; daily\n" +
		"status_update_interval=15 ; seconds\n" +
		"event_broker_options=-1 ; everything\n" +
		"retention_update_interval=60 ; minutes\n" +
		"service_perfdata_file_processing_interval=0x10s\n" +
		"service_perfdata_file_mode=w   ; overwrite\n" +
		"host_perfdata_file_mode=a ; append\n" +
		"host_perfdata_process_empty_results=0;\n"
	read := func(path string) *Config { return mustRead(t, tree(t, map[string]string{path: text}), path) }

	cfg := read("/etc/nagios/nagios.cfg")
	want := defaults("/etc/nagios/nagios.cfg")
	want.Flavour = Nagios
	want.ProcessPerformanceData = true
	want.Logging.ServiceRetries = true
	want.RotatesLog = true
	want.StatusUpdateInterval = 15 * time.Second
	want.EventBrokerOptions = -1
	want.ServicePerfdata.ProcessingInterval = 16 * time.Second
	want.ServicePerfdata.Mode = WriteMode
	want.HostPerfdata.Mode, want.HostPerfdata.ModeBehind = PipeMode, "; append"
	want.HostPerfdata.ProcessEmpty = false
	want.Warnings = cfg.Warnings
	sameError := cmp.Comparer(func(a, b error) bool { return a == b })
	if diff := cmp.Diff(want, cfg, withoutOrigins(), sameError); diff != "" {
		t.Error(diff)
	}
	wantWarnings := []string{
		`option log_service_retries (from /etc/nagios/nagios.cfg:3): "1 ; soft states" is not 0 or 1 alone: ` +
			"the supervisor does not start with it",
		`option log_rotation_method (from /etc/nagios/nagios.cfg:4): "d ; daily" is not one letter alone: ` +
			"the supervisor does not start with it",
	}
	if diff := cmp.Diff(wantWarnings, messages(cfg.Warnings)); diff != "" {
		t.Error(diff)
	}

	cfg = read("/etc/shinken/shinken.cfg")
	if !cfg.Logging.ServiceRetries || !cfg.RotatesLog || cfg.HostPerfdata.Mode != AppendMode ||
		cfg.HostPerfdata.ModeBehind != "" {
		t.Errorf("Shinken: %+v", cfg)
	}
	wantWarnings = []string{`option enable_flap_detection (from /etc/shinken/shinken.cfg:2): ` +
		`"0 # no" is not one of 0, 1, no, yes, false, true, off, on`}
	if diff := cmp.Diff(wantWarnings, messages(cfg.Warnings)); diff != "" {
		t.Error(diff)
	}
}

func TestValuesOfShinken(t *testing.T) {
	const path = "/etc/shinken/shinken.cfg"
	cfg := mustRead(t, tree(t, map[string]string{path: "log_file=/var/log/a\\;b.log ; the log\n" +
		"enable_flap_detection=No\nlog_service_retries=off\nprocess_performance_data=YES ; of course\n"}), path)
	if cfg.LogFile != "/var/log/a;b.log" || cfg.FlapDetection || cfg.Logging.ServiceRetries ||
		!cfg.ProcessPerformanceData || len(cfg.Warnings) > 0 {
		t.Errorf("%+v", cfg)
	}
}

func TestReadCentreonEngine(t *testing.T) {
	const path = "/etc/centreon-engine/centengine.cfg"
	read := func(text, status string) *Config {
		return mustRead(t, tree(t, map[string]string{path: "status_file=/s\n" + text, "/s": status}), path)
	}
	want := defaults(path)
	want.Flavour, want.Version, want.StatusFile = Centreon, "18.10.0", "/s"
	want.EventBrokerOptions, want.RetainState = -1, true
	want.HostPerfdata.Mode, want.ServicePerfdata.Mode = PipeMode, PipeMode
	const status = "#        CENTREON ENGINE STATUS FILE        #\ninfo {\n\tversion=18.10.0\n\t}\n"
	if diff := cmp.Diff(want, read("log_rotation_method=d\n", status), withoutOrigins()); diff != "" {
		t.Error(diff)
	}
	want.Version = ""
	want.EventBrokerOptions, want.RetainState = 0, false
	want.HostPerfdata.Mode, want.ServicePerfdata.Mode = AppendMode, WriteMode
	cfg := read("event_broker_options=0\nretain_state_information=0\nhost_perfdata_file_mode=a\n"+
		"service_perfdata_file_mode=w\n", "")
	if diff := cmp.Diff(want, cfg, withoutOrigins()); diff != "" {
		t.Error(diff)
	}
}

// TestByteOrderMark reads a file as editors of Windows write it.
func TestByteOrderMark(t *testing.T) {
	cfg := mustRead(t, tree(t, map[string]string{"/n.cfg": "\xef\xbb\xbflog_file=/l\r\nstatus_file=/s\r\n"}), "/n.cfg")
	if cfg.LogFile != "/l" || cfg.StatusFile != "/s" || len(cfg.Warnings) > 0 {
		t.Errorf("%+v", cfg)
	}
}

// TestOddPaths warns of what the cores take for a part of a path.
func TestOddPaths(t *testing.T) {
	const text = "log_file=\"/var/log/n.log\"\nstatus_file=/var/s.dat ; the status\n" +
		"object_cache_file=/var/o # x\nlog_archive_path=/var/a b;c\n"
	cfg := mustRead(t, tree(t, map[string]string{"/n/nagios.cfg": text}), "/n/nagios.cfg")
	want := []string{
		`option log_file (from /n/nagios.cfg:1): the supervisor takes the quotes of "/var/log/n.log" for a part ` +
			"of the path",
		`option status_file (from /n/nagios.cfg:2): the supervisor takes the whole of "/var/s.dat ; the status" ` +
			"for the path, with what is behind the blank",
		`option object_cache_file (from /n/nagios.cfg:3): the supervisor takes the whole of "/var/o # x" ` +
			"for the path, with what is behind the blank",
	}
	if diff := cmp.Diff(want, messages(cfg.Warnings)); diff != "" {
		t.Error(diff)
	}
	if cfg.LogFile != `/n/"/var/log/n.log"` || cfg.StatusFile != "/var/s.dat ; the status" {
		t.Errorf("%+v", cfg)
	}
}

// TestRelativePaths warns where they begin somewhere else.
func TestRelativePaths(t *testing.T) {
	for path, warns := range map[string]bool{"/n/icinga.cfg": true, "/n/nagios.cfg": false, "/n/naemon.cfg": false} {
		cfg := mustRead(t, tree(t, map[string]string{path: "log_file=a.log\nstatus_file=/s\ncfg_file=o.cfg\n"}), path)
		if cfg.LogFile != "/n/a.log" {
			t.Errorf("%s: %s", path, cfg.LogFile)
		}
		got := strings.Join(messages(cfg.Warnings), "\n")
		if strings.Contains(got, "write absolute ones (a.log)") != warns {
			t.Errorf("%s: %q", path, got)
		}
	}
}
