package assembly

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
)

const (
	pnpService = `DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$\tSERVICEDESC::$SERVICEDESC$` +
		`\tSERVICEPERFDATA::$SERVICEPERFDATA$\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$\tHOSTSTATE::$HOSTSTATE$` +
		`\tHOSTSTATETYPE::$HOSTSTATETYPE$\tSERVICESTATE::$SERVICESTATE$\tSERVICESTATETYPE::$SERVICESTATETYPE$`
	added = `\tSERVICEATTEMPT::$SERVICEATTEMPT$\tMAXSERVICEATTEMPTS::$MAXSERVICEATTEMPTS$` +
		`\tLASTSERVICECHECK::$LASTSERVICECHECK$\tSERVICEEXECUTIONTIME::$SERVICEEXECUTIONTIME$` +
		`\tSERVICELATENCY::$SERVICELATENCY$\tSERVICECHECKTYPE::$SERVICECHECKTYPE$\tSERVICEOUTPUT::$SERVICEOUTPUT$` +
		`\tLONGSERVICEOUTPUT::$LONGSERVICEOUTPUT$`
	nagiosgraph = `$LASTSERVICECHECK$||$HOSTNAME$||$SERVICEDESC$||$SERVICEOUTPUT$||$SERVICEPERFDATA$`
	retriesOn   = "log_service_retries=1\nlog_host_retries=1"
	serviceOn   = "process_performance_data=1\nservice_perfdata_file={DIR}/service-perfdata\n" + retriesOn
)

func escaped(template string) string { return strings.ReplaceAll(template, "\t", `\t`) }

// notices are those of a site that contain a text, with its directory as {DIR}.
func notices(t *testing.T, of string, yaml string, cfg ...string) (found []string) {
	t.Helper()
	dir, mainConfig := site(t, cfg...)
	text := "supervisor: " + mainConfig + "\n" + strings.ReplaceAll(yaml, "{DIR}", dir)
	l, err := config.Parse(strings.NewReader(text), "c.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Sites[0].Notices {
		if strings.Contains(n, of) {
			found = append(found, strings.ReplaceAll(n, dir, "{DIR}"))
		}
	}
	return found
}

func TestWhatATemplateLacks(t *testing.T) {
	const (
		noState = "no $SERVICESTATEID$: check results wait for the log, and take their state from it or from the " +
			"status file"
		replaced = "; change the line, and restart the supervisor (any other program that reads the file must know " +
			"such lines): service_perfdata_file_template="
		extended = "; change the line, and restart the supervisor (it is the same template with more at its end, so " +
			"another program that reads the file goes on as before): service_perfdata_file_template="
	)
	best := escaped(perfdata.BestServiceTemplate)
	for _, tt := range []struct {
		name, yaml, cfg, want string
	}{
		{
			"PNP4Nagios", "", "service_perfdata_file_template=" + pnpService,
			"service_perfdata_file_template ({DIR}/nagios.cfg:8): no $SERVICEOUTPUT$: " +
				"check results come without their text" + extended + pnpService + added,
		},
		{
			"Nagios' default", "", "",
			"service_perfdata_file_template (default): " + noState + replaced + best,
		},
		{
			"a script's", "", `service_perfdata_file_template=$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEPERFDATA$\n`,
			"service_perfdata_file_template ({DIR}/nagios.cfg:8): no $SERVICEOUTPUT$: " +
				"check results come without their text; " + noState + replaced + best,
		},
		{
			"without a time", "", `service_perfdata_file_template=$HOSTNAME$\t$SERVICEDESC$\t$SERVICESTATEID$`,
			`service_perfdata_file_template ({DIR}/nagios.cfg:8): service perfdata template ` +
				`"$HOSTNAME$\t$SERVICEDESC$\t$SERVICESTATEID$": no time: neither $TIMET$ nor $LASTSERVICECHECK$; ` +
				"{DIR}/service-perfdata is not read: check results of services are not seen one by one" +
				replaced + best,
		},
		{
			"two lines for a record", "", `service_perfdata_file_template=$TIMET$\n$HOSTNAME$\t$SERVICEDESC$`,
			`service_perfdata_file_template ({DIR}/nagios.cfg:8): service perfdata template ` +
				`"$TIMET$\n$HOSTNAME$\t$SERVICEDESC$": a record must be one line, but the template has a line feed; ` +
				"{DIR}/service-perfdata is not read: check results of services are not seen one by one" +
				replaced + best,
		},
		{
			"our own configuration's", "readers: {perfdata: {service: {path: '{DIR}/service-perfdata', mode: a,\n" +
				"  template: '" + pnpService + "'}}}", "",
			"c.yml:3: readers.perfdata.service.template: no $SERVICEOUTPUT$: check results " +
				"come without their text; change it to '" + pnpService + added + "', here and in the program that " +
				"writes the file (it is the same template with more at its end, so another program that reads the " +
				"file goes on as before)",
		},
		{"everything is there", "", "service_perfdata_file_template=" + best, ""},
		{
			"a line feed at the end, in our own configuration", "readers: {perfdata: {service: {template: '" +
				best + `\n'}}}`, "", "",
		},
		{
			"a host's that nothing is written by", "",
			"service_perfdata_file_template=" + best + "\nhost_perfdata_file_template=empty", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(notices(t, "template", tt.yaml, serviceOn, tt.cfg), "\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNagiosgraphsTemplateIsOneNotice(t *testing.T) {
	got := notices(t, "template", "", serviceOn, "service_perfdata_file_template="+nagiosgraph)
	if len(got) != 1 || !strings.Contains(got[0], "; no $TIMET$: ") ||
		!strings.Contains(got[0], "; values may contain ") {
		t.Errorf("%q", got)
	}
}

// An unusable template costs its own file only.
func TestTheOthersReadOnWithoutATemplate(t *testing.T) {
	_, mainConfig := site(t, perfdataOn,
		"host_perfdata_file_template=empty", "service_perfdata_file_template="+pnpService)
	l := config.WithoutFile()
	l.Supervisor = mainConfig
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"log", "perfdata-service", "status"}, readers(p.Sites[0])); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNpcdmodLacks(t *testing.T) {
	const spool = "readers: {perfdata: {spool: {path: {DIR}}}}"
	got := notices(t, "perfdata_file_template", spool, "process_performance_data=1", retriesOn,
		"broker_module=/usr/lib/pnp4nagios/npcdmod.o config_file=/etc/npcd.cfg")
	want := []string{"npcdmod.o writes the perfdata files, without output: check results come without their text; " +
		"let service_perfdata_file and host_perfdata_file take its place, with templates that have it " +
		"(PNP4Nagios' bulk mode with NPCD): service_perfdata_file_template=" + escaped(perfdata.BestServiceTemplate)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := notices(t, "perfdata_file_template", spool, "process_performance_data=1", retriesOn); len(got) > 0 {
		t.Errorf("nothing is known of the lines, but %q", got)
	}
}
