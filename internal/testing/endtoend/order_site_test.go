package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// The templates of the perfdata files of a played site.
const (
	// pnpPlayed is PNP4Nagios' stock template for services: it has no output.
	pnpPlayed = `DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$\tSERVICEDESC::$SERVICEDESC$\t` +
		`SERVICEPERFDATA::$SERVICEPERFDATA$\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$\tHOSTSTATE::$HOSTSTATE$\t` +
		`HOSTSTATETYPE::$HOSTSTATETYPE$\tSERVICESTATE::$SERVICESTATE$\tSERVICESTATETYPE::$SERVICESTATETYPE$`
	// nagiosPlayed is Nagios' default template for services: it has no state.
	nagiosPlayed = `[SERVICEPERFDATA]\t$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEEXECUTIONTIME$\t` +
		`$SERVICELATENCY$\t$SERVICEOUTPUT$\t$SERVICEPERFDATA$`
)

// played is a site whose files the test writes as a supervisor would, with the
// stamps that the case needs, and the real program that reads them. The events
// of the service s on the host h are compared, in their order; other services
// show how far the program has read.
type played struct {
	*Connector
	t        *testing.T
	dir      string
	settings Settings
	base     int64 // the second from which the stamps of a case are counted
	logged   int   // the last stamp in the log
	measured int   // and in the perfdata file
	marks    int
	want     []string
}

// playing is a site before it begins.
type playing struct {
	ago      time.Duration // how long before now the stamps are counted from
	template string        // of the perfdata file for services; empty: there is none
	nagios   string        // more lines of the main configuration
	settings Settings
}

// newPlayed makes the files of a site; the program does not run yet.
func newPlayed(t *testing.T, o playing) *played {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	p := &played{t: t, dir: t.TempDir(), base: time.Now().Add(-o.ago).Unix(), logged: -30, measured: -30}
	must(t, os.Mkdir(p.path("archives"), 0o755))
	p.put("objects.cache", "define host {\n\thost_name\th\n\talias\th\n\taddress\t10.0.0.1\n\t}\n\n"+
		"define service {\n\thost_name\th\n\tservice_description\ts\n\tmax_check_attempts\t1\n\t}\n\n")
	config := []string{
		"log_file={DIR}/nagios.log", "log_archive_path={DIR}/archives", "object_cache_file={DIR}/objects.cache",
		"status_file={DIR}/status.dat", "log_service_retries=1", "log_host_retries=1",
	}
	if o.template != "" {
		config = append(config, "process_performance_data=1", "service_perfdata_file={DIR}/service-perfdata",
			"service_perfdata_file_template="+o.template, "service_perfdata_file_mode=a")
		p.put("service-perfdata", "")
	}
	p.put("nagios.cfg", strings.ReplaceAll(strings.Join(append(config, o.nagios), "\n")+"\n", "{DIR}", p.dir))
	p.put("nagios.log", "")
	p.settings = Settings{
		"supervisor": p.path("nagios.cfg"), "connector_name": "played",
		"readers.log.begin": "beginning", "readers.perfdata.begin": "beginning",
		"journal.path": p.path("journal.db"), "quarantine.path": p.path("quarantine.ndjson"),
		"publish.amqp.enabled": false, "publish.stdout.enabled": true,
	}
	for key, value := range o.settings {
		if text, ok := value.(string); ok {
			value = strings.ReplaceAll(text, "{DIR}", p.dir)
		}
		p.settings[key] = value
	}
	p.Connector = NewConnector(t, program(t), p.settings.YAML(t))
	p.out = &testlog.Buffer{}
	return p
}

func (p *played) path(name string) string { return filepath.Join(p.dir, name) }

// put replaces a file.
func (p *played) put(name, text string) {
	p.t.Helper()
	must(p.t, os.WriteFile(p.path(name)+".new", []byte(text), 0o644))
	must(p.t, os.Rename(p.path(name)+".new", p.path(name)))
}

// add appends to a file.
func (p *played) add(name, text string) {
	p.t.Helper()
	appendTo(p.t, p.path(name), text)
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}

// log writes lines of the log, all with one stamp.
func (p *played) log(at int, lines ...string) {
	p.t.Helper()
	text := ""
	for _, line := range lines {
		text += fmt.Sprintf("[%d] %s\n", p.base+int64(at), line)
	}
	p.logged = at
	p.add("nagios.log", text)
}

// alert writes the log's line about a change of the service.
func (p *played) alert(at int, stateAndType, output string) {
	p.t.Helper()
	p.log(at, "SERVICE ALERT: h;s;"+strings.ReplaceAll(stateAndType, " ", ";")+";1;"+output)
}

// ack writes the order to acknowledge the service's problem: sticky or not.
func (p *played) ack(at int, sticky bool, text string) {
	p.t.Helper()
	kind := 1
	if sticky {
		kind = 2
	}
	p.log(at, fmt.Sprintf("EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;h;s;%d;1;1;joe;%s", kind, text))
}

// perfdata writes a result as PNP4Nagios' template does.
func (p *played) perfdata(at int, state, perfdata string) {
	p.t.Helper()
	p.measured = at
	p.add("service-perfdata", p.pnp(at, "s", state, perfdata))
}

func (p *played) pnp(at int, service, state, perfdata string) string {
	return fmt.Sprintf("DATATYPE::SERVICEPERFDATA\tTIMET::%d\tHOSTNAME::h\tSERVICEDESC::%s\tSERVICEPERFDATA::%s\t"+
		"SERVICECHECKCOMMAND::c\tHOSTSTATE::UP\tHOSTSTATETYPE::HARD\tSERVICESTATE::%s\tSERVICESTATETYPE::HARD\n",
		p.base+int64(at), service, perfdata, state)
}

// result writes a result as Nagios' default template does.
func (p *played) result(at int, output string) {
	p.t.Helper()
	p.measured = at
	p.add("service-perfdata", p.stateless(at, "s", output))
}

func (p *played) stateless(at int, service, output string) string {
	return fmt.Sprintf("[SERVICEPERFDATA]\t%d\th\t%s\t0.010\t0.001\t%s\tx=1\n", p.base+int64(at), service, output)
}

// arrive moves a finished file of results into a spool directory.
func (p *played) arrive(name, text string) {
	p.t.Helper()
	must(p.t, os.WriteFile(p.path("piece"), []byte(text), 0o644))
	must(p.t, os.Rename(p.path("piece"), filepath.Join(p.dir, "spool", name)))
}

// shown is what the status file shows of the service.
type shown struct {
	state              int
	soft               bool
	output, long, perf string
	last               int // when the check was
	acked, flapping    bool
	depth              int // of downtimes
	noPerfdata         bool
	blocks             string // comments and downtimes
}

// serviceStatus is the status of one service.
const serviceStatus = `servicestatus {
	host_name=h
	service_description=%s
	process_performance_data=%d
	has_been_checked=1
	current_state=%d
	last_hard_state=%[3]d
	state_type=%d
	current_attempt=1
	max_attempts=1
	check_execution_time=0.010
	check_latency=0.000
	plugin_output=%s
	long_plugin_output=%s
	performance_data=%s
	last_check=%d
	problem_has_been_acknowledged=%d
	acknowledgement_type=%[9]d
	is_flapping=%d
	scheduled_downtime_depth=%d
	}

`

// comment is a comment in the status file: one of a user (1) or of an
// acknowledgement (4).
func (p *played) comment(id, entryType, at int, text string) string {
	return fmt.Sprintf("servicecomment {\n\thost_name=h\n\tservice_description=s\n\tentry_type=%d\n\tcomment_id=%d\n"+
		"\tsource=1\n\tpersistent=1\n\tentry_time=%d\n\texpires=0\n\texpire_time=0\n\tauthor=joe\n"+
		"\tcomment_data=%s\n\t}\n\n", entryType, id, p.base+int64(at), text)
}

// status replaces the status file, and waits until a running program has read it.
func (p *played) status(at int, s shown) {
	p.t.Helper()
	p.statusOf("4.4.6", at, s)
}

func (p *played) statusOf(version string, at int, s shown) {
	p.t.Helper()
	p.marks++
	mark := fmt.Sprintf("status-%d", p.marks)
	text := fmt.Sprintf("info {\n\tcreated=%d\n\tversion=%s\n\t}\n\nprogramstatus {\n\tnagios_pid=1\n"+
		"\tenable_flap_detection=1\n\tprocess_performance_data=1\n\t}\n\n", p.base+int64(at), version)
	text += fmt.Sprintf(serviceStatus, "s", bit(!s.noPerfdata), s.state, bit(!s.soft), s.output, s.long, s.perf,
		p.base+int64(s.last), bit(s.acked), bit(s.flapping), s.depth)
	text += fmt.Sprintf(serviceStatus, mark, 0, 0, 1, "read", "", "", p.base+int64(at), 0, 0, 0)
	p.put("status.dat", text+s.blocks)
	if p.process != nil {
		p.awaitMark(mark)
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
