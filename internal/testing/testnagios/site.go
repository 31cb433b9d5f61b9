package testnagios

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Host is a host of a test site.
type Host struct {
	Name     string
	Interval int // seconds between checks; 0: passive only
	Attempts int // max_check_attempts
	Options  map[string]string
}

// Service is a service of a test site.
type Service struct {
	Host, Name string
	Interval   int
	Attempts   int
	Options    map[string]string
}

// Options describe a test site. The Options of a host or service are further
// directives of its definition, or other values for those that are there.
type Options struct {
	Hosts    []Host
	Services []Service
	// Hostgroups and Servicegroups may be named by the Options above.
	Hostgroups, Servicegroups []string
	// Settings are lines of nagios.cfg; {DIR} stands for the site's directory.
	Settings map[string]string
}

// Site is a directory with a Nagios of its own.
type Site struct {
	Dir string

	t    testing.TB
	opts Options
	keys map[[2]string]string
	cmd  *exec.Cmd
	done chan error
	uid  int
	gid  int
}

const nagiosBinary = "/usr/sbin/nagios4"

// PNPTemplates are the perfdata templates of PNP4Nagios, with the attempt,
// output and times added: every field of a check result can be read from them.
func PNPTemplates() map[string]string {
	const common = `\tHOSTSTATE::$HOSTSTATE$\tHOSTSTATETYPE::$HOSTSTATETYPE$`
	return map[string]string{
		"host_perfdata_file_template": `DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
			`\tHOSTPERFDATA::$HOSTPERFDATA$\tHOSTCHECKCOMMAND::$HOSTCHECKCOMMAND$` + common +
			`\tHOSTATTEMPT::$HOSTATTEMPT$\tHOSTEXECUTIONTIME::$HOSTEXECUTIONTIME$\tHOSTLATENCY::$HOSTLATENCY$` +
			`\tHOSTOUTPUT::$HOSTOUTPUT$\tLONGHOSTOUTPUT::$LONGHOSTOUTPUT$`,
		"service_perfdata_file_template": `DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
			`\tSERVICEDESC::$SERVICEDESC$\tSERVICEPERFDATA::$SERVICEPERFDATA$` +
			`\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$` + common +
			`\tSERVICESTATE::$SERVICESTATE$\tSERVICESTATETYPE::$SERVICESTATETYPE$\tSERVICEATTEMPT::$SERVICEATTEMPT$` +
			`\tSERVICEEXECUTIONTIME::$SERVICEEXECUTIONTIME$\tSERVICELATENCY::$SERVICELATENCY$` +
			`\tSERVICEOUTPUT::$SERVICEOUTPUT$\tLONGSERVICEOUTPUT::$LONGSERVICEOUTPUT$`,
	}
}

// New writes a site's configuration. Every check is OK until Set
// changes it. With -short it skips the test.
func New(t testing.TB, opts Options) *Site {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Nagios: make test runs it")
	}
	if _, err := os.Stat(nagiosBinary); err != nil {
		t.Fatalf("%s is missing: apt-get install nagios4-core", nagiosBinary)
	}
	// t.TempDir is closed to other users, and Nagios runs as one.
	dir, err := os.MkdirTemp("/tmp", "testnagios-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{Dir: dir, t: t, opts: opts, keys: map[[2]string]string{}}
	t.Cleanup(func() {
		if s.cmd != nil {
			s.Kill()
		}
		os.RemoveAll(dir)
	})
	s.who()
	s.must(os.Chmod(dir, 0o755))
	for _, sub := range []string{"objects", "state", "archives", "rw", "spool/checkresults", "libexec", "perfdata"} {
		s.must(os.MkdirAll(s.path(sub), 0o755))
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", s.path("libexec/truthplugin"),
		"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios/truthplugin")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the plugin: %v\n%s", err, out)
	}
	s.writeConfig()
	for _, h := range opts.Hosts {
		s.Set(h.Name, "", 0, "OK - "+h.Name+" {{n}}|n=1;2;3\n")
	}
	for _, sv := range opts.Services {
		s.Set(sv.Host, sv.Name, 0, "OK - "+sv.Name+" {{n}}|n=1;2;3\n")
	}
	s.chown()
	return s
}

func (s *Site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *Site) path(name string) string { return filepath.Join(s.Dir, name) }

// MainConfig is the path of the site's nagios.cfg.
func (s *Site) MainConfig() string { return s.path("nagios.cfg") }

func (s *Site) who() {
	s.uid, s.gid = os.Getuid(), os.Getgid()
	if s.uid != 0 {
		return
	}
	u, err := user.Lookup("nagios")
	s.must(err)
	s.uid, err = strconv.Atoi(u.Uid)
	s.must(err)
	s.gid, err = strconv.Atoi(u.Gid)
	s.must(err)
}

// Mkdir makes a directory in the site's that belongs to Nagios.
func (s *Site) Mkdir(name string) {
	s.t.Helper()
	s.must(os.MkdirAll(s.path(name), 0o755))
	s.must(os.Lchown(s.path(name), s.uid, s.gid))
}

func (s *Site) chown() {
	s.must(filepath.Walk(s.Dir, func(p string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, s.uid, s.gid)
	}))
}

func (s *Site) key(host, service string) string {
	k := s.keys[[2]string{host, service}]
	if k == "" {
		k = fmt.Sprintf("k%04d", len(s.keys))
		s.keys[[2]string{host, service}] = k
	}
	return k
}

// Entity returns the host and service of a check's key.
func (s *Site) Entity(key string) (host, service string) {
	for e, k := range s.keys {
		if k == key {
			return e[0], e[1]
		}
	}
	s.t.Fatalf("no object has the key %q", key)
	return "", ""
}

func define(b *strings.Builder, what string, kv [][2]string, more map[string]string) {
	fmt.Fprintf(b, "define %s {\n", what)
	for _, p := range kv {
		if _, replaced := more[p[0]]; !replaced {
			fmt.Fprintf(b, "    %-30s %s\n", p[0], p[1])
		}
	}
	for k, v := range more {
		fmt.Fprintf(b, "    %-30s %s\n", k, v)
	}
	b.WriteString("}\n\n")
}

func (s *Site) writeConfig() {
	u, err := user.LookupId(strconv.Itoa(s.uid))
	s.must(err)
	g, err := user.LookupGroupId(strconv.Itoa(s.gid))
	s.must(err)
	settings := map[string]string{
		"log_file": "{DIR}/nagios.log", "log_archive_path": "{DIR}/archives", "cfg_dir": "{DIR}/objects",
		"object_cache_file": "{DIR}/objects.cache", "status_file": "{DIR}/status.dat",
		"resource_file": "{DIR}/resource.cfg",
		"command_file":  "{DIR}/rw/nagios.cmd", "lock_file": "{DIR}/nagios.pid",
		"temp_file": "{DIR}/nagios.tmp", "temp_path": "{DIR}",
		"check_result_path": "{DIR}/spool/checkresults", "state_retention_file": "{DIR}/retention.dat",
		"query_socket": "{DIR}/qh",
		"nagios_user":  u.Username, "nagios_group": g.Name, "check_workers": "2", "interval_length": "1",
		"check_external_commands": "1", "check_for_updates": "0",
		"cached_host_check_horizon": "0", "cached_service_check_horizon": "0",
		"service_inter_check_delay_method": "s", "max_service_check_spread": "1",
		"host_inter_check_delay_method": "s", "max_host_check_spread": "1",
		"use_retained_scheduling_info": "0", "retain_state_information": "1", "enable_flap_detection": "1",
		"enable_predictive_host_dependency_checks": "0", "enable_predictive_service_dependency_checks": "0",
		"log_service_retries": "1", "log_host_retries": "1", "log_initial_states": "0", "log_current_states": "1",
		"log_external_commands": "1", "log_passive_checks": "1",
		"log_rotation_method": "n", "use_syslog": "0", "status_update_interval": "2", "process_performance_data": "1",
		"host_perfdata_file": "{DIR}/host-perfdata", "service_perfdata_file": "{DIR}/service-perfdata",
		"host_perfdata_file_mode": "a", "service_perfdata_file_mode": "a",
		"service_check_timeout": "15", "host_check_timeout": "15",
		"illegal_object_name_chars":  "`~!$%^&*|'\"<>?,()=",
		"illegal_macro_output_chars": "`~$&|'\"<>", "date_format": "iso8601",
	}
	for k, v := range s.opts.Settings {
		settings[k] = v
	}
	var main strings.Builder
	for k, v := range settings {
		fmt.Fprintf(&main, "%s=%s\n", k, strings.ReplaceAll(v, "{DIR}", s.Dir))
	}
	s.must(os.WriteFile(s.MainConfig(), []byte(main.String()), 0o644))
	s.must(os.WriteFile(s.path("resource.cfg"), []byte("$USER1$="+s.path("libexec")+"\n$USER2$="+s.Dir+"\n"), 0o644))
	s.must(os.WriteFile(s.path("objects/all.cfg"), []byte(s.objects()), 0o644))
}

func (s *Site) objects() string {
	var b strings.Builder
	command := func(name, line string) {
		define(&b, "command", [][2]string{{"command_name", name}, {"command_line", line}}, nil)
	}
	command("truth", "$USER1$/truthplugin $USER2$ $ARG1$")
	command("nothing", "/bin/true")
	for _, file := range []string{"service-perfdata", "host-perfdata"} {
		command("move-"+file, "/bin/mv "+s.path(file)+" "+s.path("perfdata/"+file+".$TIMET$"))
	}
	var week [][2]string
	for _, day := range []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"} {
		week = append(week, [2]string{day, "00:00-24:00"})
	}
	define(&b, "timeperiod", append([][2]string{{"timeperiod_name", "always"}, {"alias", "always"}}, week...), nil)
	define(&b, "contact", [][2]string{
		{"contact_name", "operator"},
		{"host_notification_period", "always"}, {"service_notification_period", "always"},
		{"host_notification_options", "d,u,r,f,s"}, {"service_notification_options", "w,u,c,r,f,s"},
		{"host_notification_commands", "nothing"}, {"service_notification_commands", "nothing"},
	}, nil)
	define(&b, "contactgroup", [][2]string{{"contactgroup_name", "operators"}, {"members", "operator"}}, nil)
	for _, g := range s.opts.Hostgroups {
		define(&b, "hostgroup", [][2]string{{"hostgroup_name", g}, {"alias", g}}, nil)
	}
	for _, g := range s.opts.Servicegroups {
		define(&b, "servicegroup", [][2]string{{"servicegroup_name", g}, {"alias", g}}, nil)
	}
	for _, h := range s.opts.Hosts {
		define(&b, "host", append(s.common(h.Name, "", h.Interval, h.Attempts),
			[2]string{"host_name", h.Name}, [2]string{"address", "127.0.0.1"}), h.Options)
	}
	for _, sv := range s.opts.Services {
		define(&b, "service", append(s.common(sv.Host, sv.Name, sv.Interval, sv.Attempts),
			[2]string{"host_name", sv.Host}, [2]string{"service_description", sv.Name}), sv.Options)
	}
	return b.String()
}

func (s *Site) common(host, service string, interval, attempts int) [][2]string {
	active := "1"
	if interval == 0 {
		active, interval = "0", 60
	}
	return [][2]string{
		{"check_command", "truth!" + s.key(host, service)},
		{"check_interval", strconv.Itoa(interval)}, {"retry_interval", "1"},
		{"max_check_attempts", strconv.Itoa(max(attempts, 1))},
		{"active_checks_enabled", active}, {"check_period", "always"},
		{"notification_period", "always"}, {"notification_interval", "60"},
		{"contacts", "operator"}, {"process_perf_data", "1"},
		{"flap_detection_enabled", "0"},
	}
}

// wait polls until ok returns true, or fails the test.
func (s *Site) wait(what string, limit time.Duration, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	out, _ := os.ReadFile(s.path("nagios.stdout"))
	s.t.Fatalf("%s: not within %s; Nagios said:\n%s", what, limit, out)
}
