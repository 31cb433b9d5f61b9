package nagios

import "testing"

func TestBlindSpotsOfTheLog(t *testing.T) {
	runBlindSpotTests(t, []blindSpotTest{
		{
			name: "no external commands",
			text: "log_external_commands=0" + complete,
			with: allFiles(),
			want: []string{"log_external_commands=0 (/etc/nagios/nagios.cfg:1): acknowledgements, comments and " +
				"cancelled downtimes are not in the log; the status file shows them, up to 10 s later; " +
				"set log_external_commands=1"},
		},
		{
			name: "no external commands, and no status file",
			text: "log_external_commands=0" + complete,
			with: with(allFiles(), func(r *Readers) { r.Status = SwitchedOff }),
			want: []string{"log_external_commands=0 (/etc/nagios/nagios.cfg:1): acknowledgements, comments and " +
				"cancelled downtimes are not in the log; nothing else shows this; set log_external_commands=1"},
		},
		{
			name: "no external commands, and no log wanted",
			text: "log_external_commands=0\nlog_passive_checks=0" + complete,
			with: with(allFiles(), func(r *Readers) { r.Log = SwitchedOff }),
		},
		{
			name: "no passive results, but perfdata",
			text: "log_passive_checks=0" + complete,
			with: allFiles(),
		},
		{
			name: "no passive results, and no perfdata of hosts",
			text: "log_passive_checks=0" + complete,
			with: with(allFiles(), func(r *Readers) { r.HostPerfdata.Use = SwitchedOff }),
			want: []string{"log_passive_checks=0 (/etc/nagios/nagios.cfg:1): passive check results of hosts " +
				"that change nothing are not in the log; the status file shows the last result of each object, " +
				"up to 10 s later; set log_passive_checks=1"},
		},
		{
			name: "no soft states, but perfdata with the state",
			text: complete + "log_service_retries=0\nlog_host_retries=0",
			with: allFiles(),
		},
		{
			name: "Shinken logs soft states anyway",
			path: shinkenCfg,
			text: complete + "log_service_retries=0\nlog_host_retries=0",
			with: with(logAndStatus(), withoutPerfdata),
		},
		{
			name: "no soft states, and no perfdata",
			text: complete + "log_service_retries=0\nlog_host_retries=0",
			with: with(logAndStatus(), withoutPerfdata),
			want: []string{
				"log_host_retries=0 (/etc/nagios/nagios.cfg:17): problems of hosts that are still retried (soft " +
					"states) are not in the log; the status file shows those that last until it is written, up " +
					"to 10 s later; set log_host_retries=1",
				"log_service_retries=0 (/etc/nagios/nagios.cfg:16): problems of services that are still retried " +
					"(soft states) are not in the log; the status file shows those that last until it is " +
					"written, up to 10 s later; set log_service_retries=1",
			},
		},
		{
			name: "no soft states, and perfdata without the state",
			text: complete + "log_service_retries=0",
			with: with(allFiles(), func(r *Readers) { r.ServicePerfdata.HasState = false }),
			want: []string{"log_service_retries=0 (/etc/nagios/nagios.cfg:16): neither the log nor the perfdata " +
				"template has the state of services whose problem is still retried (soft states); " +
				"their check results are sent with the state before; " +
				"set log_service_retries=1, or add $SERVICESTATEID$ and $SERVICESTATETYPE$ to " +
				"service_perfdata_file_template"},
		},
		{
			name: "only the log",
			text: complete,
			with: with(Readers{Log: InUse, Status: SwitchedOff, Objects: InUse}, withoutPerfdata),
			want: []string{"log_initial_states=0 (default): the state of hosts and services that do not change " +
				"after a start is not seen; the log shows it after its next rotation; set log_initial_states=1"},
		},
		{
			name: "only the log, which is not rotated, and states that are not kept",
			text: complete + "log_rotation_method=n\nretain_state_information=0",
			with: with(Readers{Log: InUse, Status: SwitchedOff, Objects: InUse}, withoutPerfdata),
			want: []string{
				"log_initial_states=0 (default): the state of hosts and services that do not change after a " +
					"start is not seen; nothing else shows this; set log_initial_states=1",
				"retain_state_information=0 (/etc/nagios/nagios.cfg:17): problems of hosts and services that " +
					"end while the supervisor restarts stay open; nothing else shows this; " +
					"set retain_state_information=1",
			},
		},
		{
			name: "only the log, with all states at a start",
			text: complete + "log_initial_states=1\nretain_state_information=0",
			with: with(Readers{Log: InUse, Status: SwitchedOff, Objects: InUse}, withoutPerfdata),
		},
		{
			name: "only Naemon's log, which logrotate rotates",
			path: naemonCfg,
			text: complete + "log_rotation_method=n",
			with: with(Readers{Log: InUse, Status: SwitchedOff, Objects: InUse}, withoutPerfdata),
			want: []string{"log_initial_states=0 (default): the state of hosts and services that do not change " +
				"after a start is not seen; the log shows it after its next rotation; set log_initial_states=1"},
		},
		{
			name: "Icinga without a log",
			path: icingaCfg,
			text: complete + "use_daemon_log=0\nlog_external_commands=0",
			with: allFiles(),
			want: []string{"use_daemon_log=0 (/etc/icinga/icinga.cfg:16): Icinga writes nothing to its log; " +
				"the status file shows what lasts until it is written, up to 10 s later; set use_daemon_log=1"},
		},
		{
			name: "Nagios does not know Icinga's option",
			text: complete + "use_daemon_log=0",
			with: allFiles(),
		},
		{
			name: "rotated logs that are not found",
			text: "log_rotation_method=w\nlog_file=/l\nenable_flap_detection=1\nstatus_update_interval=10\n" +
				"log_service_retries=1\nlog_host_retries=1",
			with: with(logAndStatus(), withoutPerfdata),
			want: []string{"log_archive_path is not set: rotated logs are looked for beside the log only: lines " +
				"that were rotated away while the connector was stopped may not be found; " +
				"the status file shows what lasts until the connector starts, up to 10 s later; " +
				"set log_archive_path, or readers.log.archive"},
		},
		{
			name: "our own configuration names the archives",
			text: "log_rotation_method=w\nlog_file=/l\nenable_flap_detection=1\nstatus_update_interval=10\n" +
				"log_service_retries=1\nlog_host_retries=1",
			with: with(logAndStatus(), func(r *Readers) { withoutPerfdata(r); r.LogArchive = true }),
		},
	})
}

func TestBlindSpotsOfPerfdata(t *testing.T) {
	runBlindSpotTests(t, []blindSpotTest{
		{
			name: "performance data is off",
			text: complete + "process_performance_data=0",
			with: logAndStatus(),
			want: []string{"process_performance_data=0 (/etc/nagios/nagios.cfg:16): check results of hosts and " +
				"services that change nothing are not seen one by one; " +
				"the status file shows the last result of each object, up to 10 s later; " +
				"set process_performance_data=1, host_perfdata_file and service_perfdata_file, or let a broker " +
				"module bring every check result (nagios2canopsis neb enable)"},
		},
		{
			name: "performance data is off, and the log is not read",
			path: shinkenCfg,
			text: complete + "process_performance_data=0",
			with: with(logAndStatus(), func(r *Readers) { r.Log, r.HostPerfdata.Use = SwitchedOff, SwitchedOff }),
			want: []string{"process_performance_data=0 (/etc/shinken/shinken.cfg:16): check results of services " +
				"are not seen one by one; the status file shows the last result of each object, up to 10 s " +
				"later; set process_performance_data=1, host_perfdata_file and service_perfdata_file, or let a " +
				"module bring every check result (shinken/README.md)"},
		},
		{
			name: "performance data is off, and nobody wants it",
			text: complete + "process_performance_data=0",
			with: with(logAndStatus(), withoutPerfdata),
		},
		{
			name: "performance data is on, without a file of hosts",
			with: with(allFiles(), func(r *Readers) { r.HostPerfdata.Use = Unavailable }),
			text: "process_performance_data=1\nservice_perfdata_file=/v/s\nenable_flap_detection=1\n" +
				"status_update_interval=10\nlog_host_retries=1\nlog_service_retries=1",
			want: []string{"host_perfdata_file is not set: check results of hosts that change nothing are not " +
				"seen one by one; the status file shows the last result of each object, up to 10 s later; " +
				"set host_perfdata_file, or let a broker module bring every check result (nagios2canopsis neb " +
				"enable)"},
		},
		{
			name: "results without performance data are left out",
			text: complete + "service_perfdata_process_empty_results=0",
			with: allFiles(),
			want: []string{"service_perfdata_process_empty_results=0 (/etc/nagios/nagios.cfg:16): check results " +
				"of services without performance data are not written to /v/service; the log shows their changes " +
				"of state, and the status file shows the last result of each object, up to 10 s later; " +
				"set service_perfdata_process_empty_results=1"},
		},
		{
			name: "results without performance data are left out, and there is no status file",
			text: complete + "host_perfdata_process_empty_results=0\nlog_initial_states=1",
			with: with(allFiles(), func(r *Readers) { r.Status = SwitchedOff }),
			want: []string{"host_perfdata_process_empty_results=0 (/etc/nagios/nagios.cfg:16): check results " +
				"of hosts without performance data are not written to /v/host; the log shows their changes " +
				"of state, and nothing the others; set host_perfdata_process_empty_results=1"},
		},
		{
			name: "results without performance data are left out, and passive ones are not logged",
			text: complete + "service_perfdata_process_empty_results=0\nlog_passive_checks=0",
			with: with(allFiles(), func(r *Readers) { r.HostPerfdata.Use = SwitchedOff; r.Log = InUse }),
			want: []string{
				"log_passive_checks=0 (/etc/nagios/nagios.cfg:17): passive check results of hosts and services " +
					"that change nothing are not in the log; the status file shows the last result of each " +
					"object, up to 10 s later; set log_passive_checks=1",
				"service_perfdata_process_empty_results=0 (/etc/nagios/nagios.cfg:16): check results of services " +
					"without performance data are not written to /v/service; the log shows their changes of " +
					"state, and the status file shows the last result of each object, up to 10 s later; " +
					"set service_perfdata_process_empty_results=1",
			},
		},
		{
			name: "Shinken does not know that option",
			path: shinkenCfg,
			text: complete + "service_perfdata_process_empty_results=0",
			with: allFiles(),
		},
		{
			name: "a pipe, and a file that is written anew",
			text: complete + "host_perfdata_file_mode=p\nservice_perfdata_file_mode=w",
			with: allFiles(),
			want: []string{
				"host_perfdata_file_mode=p (/etc/nagios/nagios.cfg:16): check results that are written while " +
					"nobody reads the pipe, or while it is full, are lost; " +
					"the status file shows the last result of each object, up to 10 s later; " +
					"set host_perfdata_file_mode=a, and let logrotate or a processing command move the file away",
				"service_perfdata_file_mode=w (/etc/nagios/nagios.cfg:17): the supervisor empties the file when " +
					"it starts and after each processing command: results that were not read by then are lost; " +
					"the status file shows the last result of each object, up to 10 s later; " +
					"set service_perfdata_file_mode=a, and let logrotate or a processing command move the file away",
			},
		},
		{
			name: "a comment behind the mode makes it another one",
			text: complete + "service_perfdata_file_mode=a ; append",
			with: allFiles(),
			want: []string{
				"service_perfdata_file_mode=p (/etc/nagios/nagios.cfg:16): check results that are written while " +
					"nobody reads the pipe, or while it is full, are lost; " +
					"the status file shows the last result of each object, up to 10 s later; " +
					"set service_perfdata_file_mode=a, and let logrotate or a processing command move the file away; " +
					`the text "; append" behind the mode (/etc/nagios/nagios.cfg:16) makes it p, because the ` +
					"supervisor looks for the letters p and w in the whole value: remove that text",
			},
		},
		{
			name: "/dev/null in the place of files",
			text: complete + "log_file=/dev/null\nstatus_file=/dev/null\nobject_cache_file=/dev/null\n" +
				"service_perfdata_file=/dev/null",
			with: with(allFiles(), func(r *Readers) {
				r.Log, r.Status, r.Objects, r.ServicePerfdata = Unavailable, Unavailable, Unavailable, PerfdataReader{}
			}),
			want: []string{
				"log_file=/dev/null (/etc/nagios/nagios.cfg:16): not a regular file but a device, so nothing can be " +
					"read there: changes of state, acknowledgements, comments, downtimes and flapping are not seen " +
					"at once; nothing else shows this; change log_file, and restart the supervisor",
				"service_perfdata_file=/dev/null (/etc/nagios/nagios.cfg:19): not a regular file but a device, so " +
					"nothing can be read there: check results of services are not seen one by one; nothing else " +
					"shows this; change service_perfdata_file, or let a broker module bring every check " +
					"result (nagios2canopsis neb enable)",
				"status_file=/dev/null (/etc/nagios/nagios.cfg:17): not a regular file but a device, so nothing can " +
					"be read there: the present state of each object, and the end of acknowledgements and comments, " +
					"are not seen; nothing else shows this; change status_file, and restart the supervisor",
				"object_cache_file=/dev/null (/etc/nagios/nagios.cfg:18): not a regular file but a device, so " +
					"nothing can be read there: groups, addresses, custom variables and URLs are not seen; nothing " +
					"else shows this; change object_cache_file, and restart the supervisor",
			},
		},
		{
			name: "Centreon Engine loads no module of ours",
			path: "/etc/centreon-engine/centengine.cfg",
			text: complete + "process_performance_data=0",
			with: logAndStatus(),
			want: []string{"process_performance_data=0 (/etc/centreon-engine/centengine.cfg:16): check results of " +
				"hosts and services that change nothing are not seen one by one; the status file shows the last " +
				"result of each object, up to 10 s later; set process_performance_data=1, host_perfdata_file and " +
				"service_perfdata_file"},
		},
		{
			name: "the archive is no directory",
			text: complete + "log_rotation_method=d\nlog_archive_path=/dev/null",
			with: allFiles(),
			want: []string{"log_archive_path=/dev/null (/etc/nagios/nagios.cfg:17): not a directory, so nothing can " +
				"be read there: rotated logs are looked for beside the log only: lines that were rotated away " +
				"while the connector was stopped may not be found; the status file shows what lasts until the " +
				"connector starts, up to 10 s later; change log_archive_path, or readers.log.archive"},
		},
		{
			name: "npcdmod writes what is read, in its own mode",
			with: allFiles(),
			text: "process_performance_data=1\nhost_perfdata_file_mode=w\nenable_flap_detection=1\n" +
				"status_update_interval=10",
		},
	})
}
