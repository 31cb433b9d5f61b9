package endtoend

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// moduleSite is a busy Nagios with two copies of the module. Its hosts are
// checked, its services get passive results, a hundred a second: reloads put
// the schedule of checks off, again and again.
type moduleSite struct {
	*testnagios.Site
	t        *testing.T
	broker   *testbroker.Broker
	exchange string
	handed   map[string]bool // the numbers of the passive results
}

const (
	moduleHosts    = 4
	moduleServices = 10 // of each host
	passiveRate    = 100
)

func newModuleSite(t *testing.T, names ...string) *moduleSite {
	t.Helper()
	broker := quiet.Use(t)
	settings := testnagios.PNPTemplates()
	maps.Copy(settings, moduleSettings(names...))
	o := testnagios.Options{Settings: settings}
	for h := range moduleHosts {
		host := fmt.Sprintf("host-%d", h)
		o.Hosts = append(o.Hosts, testnagios.Host{Name: host, Interval: 2, Attempts: 1})
		for s := range moduleServices {
			o.Services = append(o.Services,
				testnagios.Service{Host: host, Name: fmt.Sprintf("service %d", s), Attempts: 2})
		}
	}
	site := testnagios.New(t, o)
	for _, name := range names {
		installModule(t, site, name)
	}
	m := &moduleSite{
		Site: site, t: t, broker: broker, exchange: "module." + filepath.Base(site.Dir), handed: map[string]bool{},
	}
	broker.DeclareExchange(t, m.exchange)
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(string(readIfThere(t, filepath.Join(site.Dir, "nagios.log"))), "\n")
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "SERVICE") })
			t.Logf("the end of Nagios' log:\n%s", strings.Join(lines[max(0, len(lines)-60):], "\n"))
		}
	})
	return m
}

// handOver hands passive results to Nagios until stop is called. While Nagios is
// away nobody takes them.
func (m *moduleSite) handOver() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / passiveRate)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			pipe, err := os.OpenFile(filepath.Join(m.Dir, "rw/nagios.cmd"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				continue
			}
			now := time.Now()
			n := strconv.FormatInt(now.UnixNano(), 10)
			m.handed[n] = true
			fmt.Fprintf(pipe, "[%d] PROCESS_SERVICE_CHECK_RESULT;host-%d;service %d;%d;result %s|n=%d\n",
				now.Unix(), i%moduleHosts, i/moduleHosts%moduleServices, i%3, n, i)
			pipe.Close()
		}
	}()
	return func() { close(done); <-ended }
}

// awaitProcessed waits until Nagios has processed that many more results of
// services.
func (m *moduleSite) awaitProcessed(count int) {
	m.t.Helper()
	lines := func() int {
		return bytes.Count(readIfThere(m.t, filepath.Join(m.Dir, "service-perfdata")), []byte("\n"))
	}
	before := lines()
	Eventually(m.t, fmt.Sprintf("%d more results of services", count), 30*time.Second, func() bool {
		return lines() >= before+count
	})
}

// connector reads the spool of a copy of the module, and sends to a queue of
// its own.
func (m *moduleSite) connector(name string) (c *Connector, queue string) {
	m.t.Helper()
	queue = m.exchange + "." + name
	m.broker.DeclareQueue(m.t, queue, nil)
	m.broker.Bind(m.t, queue, "nagios."+name+".#", m.exchange)
	dir := m.t.TempDir()
	m.t.Cleanup(func() {
		if q := readIfThere(m.t, filepath.Join(dir, "quarantine.ndjson")); len(q) > 0 {
			m.t.Logf("%s quarantined:\n%s", name, q)
		}
	})
	return NewConnector(m.t, program(m.t), only("module", Settings{
		"supervisor":            m.MainConfig(),
		"connector_name":        name,
		"readers.module.path":   filepath.Join(m.Dir, "spool", name),
		"journal.path":          filepath.Join(dir, "journal.db"),
		"quarantine.path":       filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.urls":     []string{m.broker.URL()},
		"publish.amqp.exchange": m.exchange,
	}).YAML(m.t)), queue
}

// drain stops a connector when it has sent everything, and returns the events.
func (m *moduleSite) drain(c *Connector, queue string) []event {
	m.t.Helper()
	awaitQuiet(m.t, m.broker, queue)
	c.Stop()
	return decodeEvents(m.t, m.broker.Drain(m.t, queue))
}

// checkStream compares events with what Nagios processed: every result once and
// in order for each object. After a kill -9 of Nagios it reports again what it
// had saved before; after one of the connector, messages may come twice, with
// the same id. Fewer results than least would show nothing.
func (m *moduleSite) checkStream(about string, got []event, least int, killed []time.Time, mayRepeat bool) {
	m.t.Helper()
	c := complaints{t: m.t, about: about}
	defer c.end()
	processed := map[string]bool{}
	for _, l := range perfdataTruth(m.t, m.Site) {
		processed[l.n] = true
	}
	executed := maps.Clone(m.handed)
	for _, x := range m.Checks() {
		executed[strconv.FormatInt(x.N(), 10)] = true
	}
	ids, numbers := map[string]bool{}, map[string]bool{}
	last := map[entity]string{}
	repeated, repeatedByNagios := 0, 0
	for _, e := range got {
		n := e.n()
		if e.kind() != "check" || n == "" {
			continue
		}
		again := numbers[n]
		switch {
		case !executed[n]:
			c.add("nobody executed", "%s", e.Body)
		case ids[e.MessageId] && mayRepeat:
			repeated++
			continue
		case ids[e.MessageId]:
			c.add("the same message twice", "%s", e.Body)
		case again && slices.ContainsFunc(killed, func(k time.Time) bool { return startOf(n).Before(k) }):
			repeatedByNagios++
		case again:
			c.add("reported twice", "%s", e.Body)
		case last[e.entity()] > n:
			c.add("out of order", "%s after %s", e.Body, last[e.entity()])
		}
		ids[e.MessageId], numbers[n] = true, true
		last[e.entity()] = n
	}
	for n := range processed {
		if n != "" && !numbers[n] {
			c.add("lost", "result %s, executed at %s", n, startOf(n))
		}
	}
	m.t.Logf("%s: %d results processed, %d events, %d messages repeated after a kill of the connector, %d results "+
		"reported again after a kill of Nagios",
		about, len(processed), len(got), repeated, repeatedByNagios)
	if len(processed) < least {
		m.t.Errorf("%s: only %d results, want %d at least", about, len(processed), least)
	}
}

// reload makes Nagios read its configuration again, and waits until its event
// loop runs: a SIGHUP that comes before is forgotten.
func (m *moduleSite) reload() {
	m.t.Helper()
	workers := func() int { return strings.Count(string(m.Read("nagios.log")), "Registry request") }
	before := workers()
	m.Reload()
	Eventually(m.t, "a reload", 30*time.Second, func() bool { return workers() >= before+2 })
}

// startOf is the moment at which the plugin began: its number.
func startOf(n string) time.Time {
	nanoseconds, _ := strconv.ParseInt(n, 10, 64)
	return time.Unix(0, nanoseconds)
}

// openSegments counts the descriptors that a process has on segments.
func openSegments(t *testing.T, pid int) (n int) {
	t.Helper()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
		if err == nil && strings.Contains(target, "/spool/") && strings.Contains(target, ".log") {
			n++
		}
	}
	return n
}

// TestModuleThroughFaults: twenty reloads under load, restarts and kill -9 of
// Nagios and of the connector; and a connector that was stopped for all of it,
// whose spool directory is missing during two reloads.
func TestModuleThroughFaults(t *testing.T) {
	t.Parallel()
	m := newModuleSite(t, "live", "after")
	live, liveQueue := m.connector("live")
	live.Start()
	m.Start()
	stop := m.handOver()
	var killed []time.Time
	spool := filepath.Join(m.Dir, "spool", "after")
	for i := range 20 {
		m.awaitProcessed(50)
		m.reload()
		switch i % 5 {
		case 1, 3:
			live.Kill()
			live.Start()
		case 4:
			live.Stop()
			m.awaitProcessed(50)
			live.Start()
		}
		switch i {
		case 6:
			m.Stop()
			m.Start()
		case 9:
			must(t, os.Rename(spool, spool+".away"))
		case 11:
			must(t, os.Rename(spool+".away", spool))
		case 13:
			m.awaitProcessed(50)
			m.Kill()
			killed = append(killed, time.Now())
			m.Start()
		}
	}
	m.awaitProcessed(200)
	// One for each copy of the module, whatever was reloaded before.
	Eventually(t, "two open segments", 10*time.Second, func() bool { return openSegments(t, m.PID()) == 2 })
	stop()
	m.Stop()
	if !strings.Contains(string(m.Read("nagios.log")), "records wait that could not be written before the reload") {
		t.Error("no reload came while records waited")
	}
	m.checkStream("a connector that was killed and stopped", m.drain(live, liveQueue), 500, killed, true)
	after, afterQueue := m.connector("after")
	after.Start()
	m.checkStream("a connector that was started afterwards", m.drain(after, afterQueue), 500, killed, false)
	for _, name := range []string{"live", "after"} {
		left, err := filepath.Glob(filepath.Join(m.Dir, "spool", name, "*.log"))
		// The last of each process: two that ended less than five minutes ago, and the newest
		if err != nil || len(left) > 3 {
			t.Errorf("%d segments are left in %s: %v, %v", len(left), name, left, err)
		}
	}
}

// TestTheModuleIsFoundBesideARunningNagios: without a word about readers in the
// configuration the module is the source, and neb status shows its state.
func TestTheModuleIsFoundBesideARunningNagios(t *testing.T) {
	t.Parallel()
	m := newModuleSite(t, "found")
	dir := t.TempDir()
	queue := m.exchange + ".found"
	m.broker.DeclareQueue(t, queue, nil)
	m.broker.Bind(t, queue, "#", m.exchange)
	c := NewConnector(t, program(t), Settings{
		"supervisor": m.MainConfig(), "connector_name": "found",
		"journal.path": filepath.Join(dir, "journal.db"), "quarantine.path": filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.urls": []string{m.broker.URL()}, "publish.amqp.exchange": m.exchange,
	}.YAML(t))
	c.Start()
	c.AwaitLog("does not write now: the files are read until it does", 10*time.Second)
	c.AwaitLog("msg=reading reader=log", 10*time.Second)
	m.Start()
	c.AwaitLog("the readers are chosen anew", 30*time.Second)
	c.AwaitLog("the broker module brings everything", 10*time.Second)
	stop := m.handOver()
	m.awaitProcessed(250)
	stop()
	status := func() (string, error) {
		out, err := exec.Command(program(t), "neb", "status", "--config", c.config).CombinedOutput()
		return string(out), err
	}
	out, err := status()
	if err != nil || !strings.Contains(out, fmt.Sprintf("Connector    process %d;", c.PID())) ||
		!strings.Contains(out, "Lost         0\n") || !strings.Contains(out, "Loaded       yes: neb ") ||
		!strings.HasSuffix(out, "All is well.\n") {
		t.Errorf("%v\n%s", err, out)
	}
	m.Stop()
	awaitQuiet(t, m.broker, queue)
	c.Stop()
	// Only now can others read the journal.
	if out, _ := status(); !strings.Contains(out, "Backlog      0 B\n") {
		t.Errorf("not everything was read:\n%s", out)
	}
	if n := strings.Count(c.Log(), "msg=reading reader=log"); n != 1 {
		t.Errorf("the log was read in %d of two plans, want the first only", n)
	}
	m.checkStream("found by itself", decodeEvents(t, m.broker.Drain(t, queue)), 200, nil, false)
}
