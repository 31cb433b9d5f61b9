package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func (s *Site) mainConfig() string {
	template := func(kind, fields string) string {
		return `DATATYPE::` + kind + `PERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` + fields +
			`\t` + kind + `PERFDATA::$` + kind + `PERFDATA$\t` + kind + `CHECKCOMMAND::$` + kind + `CHECKCOMMAND$\t` +
			kind + `STATE::$` + kind + `STATE$\t` + kind + `STATETYPE::$` + kind + `STATETYPE$\t` +
			kind + `ATTEMPT::$` + kind + `ATTEMPT$\t` + kind + `OUTPUT::$` + kind + `OUTPUT$\t` +
			kind + `EXECUTIONTIME::$` + kind + `EXECUTIONTIME$\t` + kind + `LATENCY::$` + kind + `LATENCY$`
	}
	var b strings.Builder
	for _, kv := range [][2]string{
		{"log_file", "nagios.log"}, {"log_archive_path", "archives"}, {"status_file", "status.dat"},
		{"object_cache_file", "objects.cache"}, {"command_file", "rw/nagios.cmd"},
		{"host_perfdata_file", "host-perfdata"}, {"service_perfdata_file", "service-perfdata"},
	} {
		fmt.Fprintf(&b, "%s=%s\n", kv[0], filepath.Join(s.Dir, kv[1]))
	}
	b.WriteString("log_rotation_method=d\nenable_flap_detection=1\nstatus_update_interval=2\n" +
		"process_performance_data=1\nlog_service_retries=1\nlog_host_retries=1\nhost_perfdata_file_mode=a\n" +
		"service_perfdata_file_mode=a\n")
	fmt.Fprintf(&b, "host_perfdata_file_template=%s\n", template("HOST", ""))
	fmt.Fprintf(&b, "service_perfdata_file_template=%s\n", template("SERVICE", `\tSERVICEDESC::$SERVICEDESC$`))
	return b.String()
}

func (s *Site) objectCache() string {
	var b strings.Builder
	define := func(what string, kv ...string) {
		fmt.Fprintf(&b, "define %s {\n", what)
		for i := 0; i < len(kv); i += 2 {
			fmt.Fprintf(&b, "\t%s\t%s\n", kv[i], kv[i+1])
		}
		b.WriteString("\t}\n\n")
	}
	var hosts []string
	for i, o := range s.objects {
		check := []string{"check_command", "check_" + o.label, "max_check_attempts", fmt.Sprint(maxAttempts)}
		if o.isHost() {
			hosts = append(hosts, o.host)
			define("host", append([]string{
				"host_name", o.host, "alias", "Server " + o.host, "address", fmt.Sprintf("192.0.2.%d", 10+i),
				"_ENV", "demo",
			}, check...)...)
			continue
		}
		define("service", append([]string{"host_name", o.host, "service_description", o.service}, check...)...)
	}
	define("hostgroup", "hostgroup_name", "servers", "alias", "Servers", "members", strings.Join(hosts, ","))
	return b.String()
}

// writeStatus replaces the status file by rename, as Nagios does.
func (s *Site) writeStatus(now int64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "info {\n\tcreated=%d\n\tversion=4.4.6\n\t}\n\n"+
		"programstatus {\n\tnagios_pid=4711\n\tprogram_start=%d\n\t}\n\n",
		now, now)
	for _, o := range s.objects {
		block := strings.ToLower(o.kind()) + "status"
		fmt.Fprintf(&b, "%s {\n\thost_name=%s\n", block, o.host)
		if !o.isHost() {
			fmt.Fprintf(&b, "\tservice_description=%s\n", o.service)
		}
		fmt.Fprintf(&b, "\tcheck_command=check_%s\n\thas_been_checked=%d\n\tcheck_execution_time=0.042\n"+
			"\tcheck_latency=0.003\n"+
			"\tcheck_type=0\n\tcurrent_state=%d\n\tplugin_output=%s\n"+
			"\tlong_plugin_output=\n\tperformance_data=%s\n\tlast_check=%d\n"+
			"\tcurrent_attempt=%d\n\tmax_attempts=%d\n\tstate_type=%d\n"+
			"\tproblem_has_been_acknowledged=%d\n\tacknowledgement_type=%d\n"+
			"\tprocess_performance_data=1\n\tis_flapping=0\n\tscheduled_downtime_depth=0\n\t}\n\n",
			o.label, number(o.checked != 0), o.state, o.output, o.perfdata, o.checked,
			o.attempt, maxAttempts, number(o.hard), number(o.acked), 2*number(o.acked))
	}
	for i, o := range s.objects {
		if !o.acked {
			continue
		}
		fmt.Fprintf(&b, "%scomment {\n\thost_name=%s\n", strings.ToLower(o.kind()), o.host)
		if !o.isHost() {
			fmt.Fprintf(&b, "\tservice_description=%s\n", o.service)
		}
		fmt.Fprintf(&b, "\tentry_type=4\n\tcomment_id=%d\n\tsource=0\n\tpersistent=0\n"+
			"\tentry_time=%d\n\texpires=0\n\texpire_time=0\n"+
			"\tauthor=operator\n\tcomment_data=%s\n\t}\n\n", i+1, now, o.ackText)
	}
	temp := filepath.Join(s.Dir, "nagios.tmp")
	if err := os.WriteFile(temp, []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(s.Dir, "status.dat"))
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
