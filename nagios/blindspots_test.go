package nagios

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logAndStatus is what runs where the supervisor writes no perfdata file.
func logAndStatus() Readers { return Readers{Log: InUse, Status: InUse, Objects: InUse} }

// allFiles is what runs where perfdata files are read as well.
func allFiles() Readers {
	r := logAndStatus()
	r.HostPerfdata = PerfdataReader{Use: InUse, HasState: true}
	r.ServicePerfdata = PerfdataReader{Use: InUse, HasState: true}
	return r
}

func with(r Readers, change func(*Readers)) Readers {
	change(&r)
	return r
}

func withoutPerfdata(r *Readers) {
	r.HostPerfdata.Use, r.ServicePerfdata.Use = SwitchedOff, SwitchedOff
}

func texts(spots []BlindSpot) []string {
	var all []string
	for _, s := range spots {
		all = append(all, s.String())
	}
	return all
}

// complete is the end of a configuration that hides nothing from any reader.
const complete = `
log_file=/l/nagios.log
log_archive_path=/l/archives
log_rotation_method=d
log_service_retries=1
log_host_retries=1
status_file=/v/status.dat
status_update_interval=10
object_cache_file=/v/objects.cache
process_performance_data=1
host_perfdata_file=/v/host
service_perfdata_file=/v/service
event_broker_options=-1
enable_flap_detection=1
retain_state_information=1
`

const (
	nagiosCfg  = "/etc/nagios/nagios.cfg"
	naemonCfg  = "/etc/naemon/naemon.cfg"
	icingaCfg  = "/etc/icinga/icinga.cfg"
	shinkenCfg = "/etc/shinken/shinken.cfg"
)

// blindSpotTest is a configuration, and what it hides from readers.
type blindSpotTest struct {
	name string
	path string // of the configuration; empty: Nagios'
	text string
	with Readers
	want []string
}

func runBlindSpotTests(t *testing.T, tests []blindSpotTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := test.path
			if path == "" {
				path = nagiosCfg
			}
			cfg := mustRead(t, tree(t, map[string]string{path: test.text}), path)
			if diff := cmp.Diff(test.want, texts(cfg.BlindSpots(test.with))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Debian's configuration hides one thing, and with a broker module nothing.
func TestBlindSpotsOfDebiansConfiguration(t *testing.T) {
	cfg, err := Read("testdata/debian-nagios4.cfg")
	if err != nil {
		t.Fatal(err)
	}
	spots := cfg.BlindSpots(logAndStatus())
	want := []BlindSpot{{
		Option: "process_performance_data", Value: "0", Origin: cfg.Origin("process_performance_data"),
		Unseen:  "check results of hosts and services that change nothing are not seen one by one",
		Instead: "the status file shows the last result of each object, up to 10 s later",
		Remedy: "set process_performance_data=1, host_perfdata_file and service_perfdata_file, or let a broker " +
			"module bring every check result (nagios2canopsis neb enable)",
	}}
	if diff := cmp.Diff(want, spots); diff != "" {
		t.Error(diff)
	}
	with := logAndStatus()
	with.ModuleConfigured = true
	want[0].Remedy = "set process_performance_data=1, host_perfdata_file and service_perfdata_file, or reload the " +
		"supervisor, so that it loads the broker module that is configured (nagios2canopsis neb status)"
	if diff := cmp.Diff(want, cfg.BlindSpots(with)); diff != "" {
		t.Error(diff)
	}
	if spots := cfg.BlindSpots(Readers{Module: true, Status: InUse, Objects: InUse}); len(spots) > 0 {
		t.Errorf("with a module: %q", texts(spots))
	}
}

func TestBlindSpotsOfTheSupervisorAsAWhole(t *testing.T) {
	runBlindSpotTests(t, []blindSpotTest{
		{
			name: "nothing is hidden",
			text: complete,
			with: allFiles(),
		},
		{
			name: "a module shows everything",
			with: Readers{Module: true, Log: SwitchedOff},
			text: "event_broker_options=1048575\nenable_flap_detection=1",
		},
		{
			name: "Shinken's module needs no option",
			path: shinkenCfg,
			with: Readers{Module: true},
		},
		{
			name: "a module with options that leave events out",
			text: "event_broker_options=7\nenable_flap_detection=1\nstatus_update_interval=10",
			with: Readers{Module: true, Status: InUse},
			want: []string{"event_broker_options=7 (/etc/nagios/nagios.cfg:1): the supervisor does not report " +
				"everything to the broker module; the status file shows the present state of each object, up to " +
				"10 s later; set event_broker_options=-1 (nagios2canopsis neb enable)"},
		},
		{
			name: "nothing is checked, and flapping is not detected",
			text: "execute_service_checks=0\naccept_passive_service_checks=0\nexecute_host_checks=0\n" +
				"event_broker_options=-1",
			with: Readers{Module: true},
			want: []string{
				"execute_service_checks=0 (/etc/nagios/nagios.cfg:1): there are no check results of services, " +
					"because accept_passive_service_checks is 0 too; no reader can show them; " +
					"set one of them to 1, unless another supervisor checks the services",
				"enable_flap_detection=0 (default): the supervisor does not detect flapping; " +
					"no reader can show it; set enable_flap_detection=1 if flapping is to be sent",
			},
		},
	})
}

func TestBlindSpotsOfTheStatusFile(t *testing.T) {
	runBlindSpotTests(t, []blindSpotTest{
		{
			name: "a status file that is written rarely",
			with: allFiles(),
			text: "process_performance_data=1\nenable_flap_detection=1",
			want: []string{"status_update_interval=60 (default): what comes and goes between two writings of " +
				"the status file is not seen in it; what it alone shows, such as the end of an acknowledgement, " +
				"is up to 60 s late; set status_update_interval=10"},
		},
		{
			name: "Shinken's status file is written every 15 s",
			path: shinkenCfg,
			text: "log_archive_path=/l",
			with: allFiles(),
		},
		{
			name: "Naemon's status file is not written",
			path: naemonCfg,
			text: complete + "status_update_interval=0\nlog_external_commands=0",
			with: allFiles(),
			want: []string{
				"log_external_commands=0 (/etc/naemon/naemon.cfg:17): acknowledgements, comments and cancelled " +
					"downtimes are not in the log; nothing else shows this; set log_external_commands=1",
				"status_update_interval=0 (/etc/naemon/naemon.cfg:16): the status file is not written while the " +
					"supervisor runs; nothing else shows this; set status_update_interval=10",
			},
		},
		{
			name: "no file is configured",
			text: "enable_flap_detection=1",
			with: with(Readers{}, withoutPerfdata),
			want: []string{
				"log_file is not set: changes of state, acknowledgements, comments, downtimes and flapping are " +
					"not seen at once; nothing else shows this; set log_file, and restart the supervisor",
				"status_file is not set: the present state of each object, and the end of acknowledgements and " +
					"comments, are not seen; nothing else shows this; set status_file, and restart the supervisor",
				"object_cache_file is not set: groups, addresses, custom variables and URLs are not seen; " +
					"nothing else shows this; set object_cache_file, and restart the supervisor",
			},
		},
		{
			name: "only a log is configured",
			text: "log_file=/l\nenable_flap_detection=1\nlog_host_retries=1\nlog_service_retries=1\n" +
				"log_initial_states=1",
			with: with(Readers{Log: InUse, Objects: InUse}, withoutPerfdata),
			want: []string{"status_file is not set: the present state of each object, and the end of " +
				"acknowledgements and comments, are not seen; the log shows what changes; " +
				"set status_file, and restart the supervisor"},
		},
	})
}
