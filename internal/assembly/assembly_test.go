package assembly

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

// site writes a nagios.cfg with the files that it names, and returns its path.
func site(t *testing.T, lines ...string) (dir, mainConfig string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"nagios.log", "status.dat", "objects.cache", "host-perfdata", "service-perfdata"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := "log_file={DIR}/nagios.log\nstatus_file={DIR}/status.dat\n" +
		"object_cache_file={DIR}/objects.cache\n" + strings.Join(lines, "\n") + "\n"
	mainConfig = filepath.Join(dir, "nagios.cfg")
	if err := os.WriteFile(mainConfig, []byte(strings.ReplaceAll(text, "{DIR}", dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, mainConfig
}

const (
	perfdataOn = "process_performance_data=1\nhost_perfdata_file={DIR}/host-perfdata\n" +
		"service_perfdata_file={DIR}/service-perfdata"
	withState = `host_perfdata_file_template=DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
		`\tHOSTSTATE::$HOSTSTATE$\tHOSTOUTPUT::$HOSTOUTPUT$` + "\n" +
		`service_perfdata_file_template=DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
		`\tSERVICEDESC::$SERVICEDESC$\tSERVICESTATE::$SERVICESTATE$\tSERVICEOUTPUT::$SERVICEOUTPUT$`
)

// readers returns the names of a site's readers.
func readers(s *Site) (names []string) {
	for _, r := range s.Readers {
		names = append(names, r.Name)
	}
	return names
}

func TestWhichReadersRun(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     []string
		yaml    string
		readers []string
	}{
		{"a plain installation", nil, "", []string{"log", "status"}},
		{
			"perfdata files", []string{perfdataOn, withState}, "",
			[]string{"log", "perfdata-host", "perfdata-service", "status"},
		},
		{
			"both in one file",
			[]string{strings.ReplaceAll(perfdataOn, "host-perfdata", "service-perfdata"), withState}, "",
			[]string{"log", "perfdata", "status"},
		},
		{
			"perfdata switched off in the supervisor", []string{strings.Replace(perfdataOn, "=1", "=0", 1)}, "",
			[]string{"log", "status"},
		},
		{
			"a spool directory", []string{perfdataOn, withState}, "readers: {perfdata: {spool: {path: {DIR}}}}",
			[]string{"log", "perfdata-spool", "status"},
		},
		{
			"readers switched off", []string{perfdataOn, withState},
			"readers: {log: {enabled: off}, status: {enabled: off}}", []string{"perfdata-host", "perfdata-service"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, mainConfig := site(t, c.cfg...)
			l, err := config.Parse(
				strings.NewReader("supervisor: "+mainConfig+"\n"+strings.ReplaceAll(c.yaml, "{DIR}", dir)), "c.yml")
			if err != nil {
				t.Fatal(err)
			}
			p, err := Resolve(l, "/")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.readers, readers(p.Sites[0])); diff != "" {
				t.Error(diff)
			}
			if troubles := p.Sites[0].Troubles; len(troubles) > 0 {
				t.Error(troubles)
			}
		})
	}
}

func TestFaultsNameTheOption(t *testing.T) {
	for _, c := range []struct{ name, cfg, yaml, want string }{
		{
			"a reader without a file", "", "readers: {perfdata: {enabled: on}}",
			"c.yml:2: readers.perfdata.enabled: is on, but {DIR}/nagios.cfg has process_performance_data=0",
		},
		{
			"a template without a host", perfdataOn + "\nservice_perfdata_file_template=$TIMET$ $SERVICEDESC$",
			"readers: {perfdata: {enabled: on}}", "readers.perfdata.service.template",
		},
		{
			"a template of our own without a host", perfdataOn,
			"readers: {perfdata: {service: {template: $TIMET$ $SERVICEDESC$}}}", "readers.perfdata.service.template",
		},
		{
			"a template of our own without a file", "process_performance_data=1",
			"readers: {perfdata: {service: {template: $TIMET$ $SERVICEDESC$}}}", "readers.perfdata.service.template",
		},
		{
			"no state and no log", perfdataOn, "readers: {log: {enabled: off}, perfdata: {enabled: on}}",
			"has no state, and no log is read",
		},
		{
			"a device in the place of a perfdata file", perfdataOn + "\nservice_perfdata_file=/dev/null",
			"readers: {perfdata: {enabled: on}}", "c.yml:2: readers.perfdata.enabled: is on, but " +
				"service_perfdata_file=/dev/null (from {DIR}/nagios.cfg:7): not a regular file but a device",
		},
		{
			"a device in the place of the status file", "status_file=/dev/null", "readers: {status: {enabled: on}}",
			"c.yml:2: readers.status.enabled: is on, but " +
				"status_file=/dev/null (from {DIR}/nagios.cfg:4): not a regular file but a device",
		},
		{
			"unknown version", "", "mapping: {canopsis: latest}",
			`c.yml:2: mapping.canopsis: "latest" is no Canopsis release`,
		},
		{
			"incomplete table", "", "mapping: {host_states: {up: 0, down: 1}}",
			"c.yml:2: mapping.host_states: the table has no value for unreachable",
		},
		{
			"unknown scale", "", "mapping: {service_states: loud}",
			`c.yml:2: mapping.service_states: "loud" is not severity, nagios or a table of ok, ` +
				`warning, critical, unknown`,
		},
		{"reserved field", "", "mapping: {extra: {state: 1}}", "c.yml:2: mapping.extra.state: "},
		{"bad rule", "", "mapping:\n  include:\n    - host: '/(/'", "c.yml:4: mapping.include[0].host: "},
		{"bad template", "", "mapping: {component: $SERVICEDESC$}", "c.yml:2: mapping.component: "},
		{"bad charset", "", "mapping: {charset: klingon}", `c.yml:2: mapping.charset: "klingon" is no known charset`},
		{"no such main file", "", "supervisor: /nowhere/nagios.cfg", "c.yml:1: supervisor: "},
		{
			"nothing left", "status_file=/dev/null", "readers: {log: {enabled: off}}",
			"c.yml:2: readers: nothing is left to read of {DIR}/nagios.cfg: no broker module of nagios2canopsis is " +
				"configured; readers.log.enabled is off; process_performance_data is 0; " +
				"status_file=/dev/null (from {DIR}/nagios.cfg:4): not a regular file but a device",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, mainConfig := site(t, c.cfg)
			text := "supervisor: " + mainConfig + "\n" + c.yaml
			if strings.HasPrefix(c.yaml, "supervisor") {
				text = c.yaml
			}
			l, err := config.Parse(strings.NewReader(text), "c.yml")
			if err != nil {
				t.Fatal(err)
			}
			_, err = Resolve(l, "/")
			if want := strings.ReplaceAll(c.want, "{DIR}", dir); !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("error %v\nwant  %s", err, want)
			}
		})
	}
}

func TestTheSupervisorsKindIsTheConnector(t *testing.T) {
	dir, mainConfig := site(t)
	naemon := filepath.Join(dir, "naemon.cfg")
	if err := os.Rename(mainConfig, naemon); err != nil {
		t.Fatal(err)
	}
	l := config.WithoutFile()
	l.Supervisor = naemon
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Sites[0]; s.Connector != "naemon" || s.ConnectorName == "" || strings.Contains(s.ConnectorName, ".") {
		t.Errorf("connector %q, connector_name %q", s.Connector, s.ConnectorName)
	}
}

func TestATemplateThatNobodyUsesIsNoNotice(t *testing.T) {
	l, err := config.Parse(strings.NewReader("supervisor: none\nreaders: {perfdata: {service: {path: "+t.TempDir()+
		"/service-perfdata, mode: a, template: '$TIMET$ $HOSTNAME$ $SERVICEDESC$ $SERVICESTATE$ $SERVICEOUTPUT$'}}}\n"),
		"c.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Sites[0].Notices {
		if strings.Contains(n, "readers.perfdata.host") {
			t.Errorf("only the service perfdata file is read, but: %s", n)
		}
	}
}

func TestWhereAProcessingCommandMovesTheFile(t *testing.T) {
	for line, want := range map[string]string{
		"/bin/mv /var/lib/p/service-perfdata /var/spool/service-perfdata.$TIMET$": "/var/spool/service-perfdata.*",
		"mv a /spool/$TIMET$-$HOSTNAME$":                                          "/spool/*-*",
		"/bin/mv /a /b":                                                           "", // every file would have one name
		"/usr/lib/process_perfdata.pl -b /a":                                      "",
		"":                                                                        "",
	} {
		if got := movedTo(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestWhatTheSupervisorHidesIsNoted(t *testing.T) {
	_, mainConfig := site(t, perfdataOn, withState, "log_external_commands=0")
	l, err := config.Parse(strings.NewReader("supervisor: "+mainConfig+"\n"), "c.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	want := "log_external_commands=0 (" + mainConfig + ":"
	var found bool
	for _, n := range p.Sites[0].Notices {
		found = found || strings.HasPrefix(n, want)
	}
	if !found {
		t.Errorf("no notice %q… in %q", want, p.Sites[0].Notices)
	}
}
