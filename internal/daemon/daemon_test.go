package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// rig is a daemon on supervisors that are nothing but files.
type rig struct {
	t      *testing.T
	dir    string
	config string // YAML
	daemon *Daemon
	log    *output
	out    *output
	level  string
	reload chan os.Signal
}

// output is a writer whose content can be waited for.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(p)
}

func (o *output) count(part string) (int, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Count(o.text.String(), part), o.changed
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until a part was written at least n times.
func (o *output) await(t *testing.T, n int, part string) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		got, changed := o.count(part)
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%q %d times, want %d, in:\n%s", part, got, n, o)
		}
	}
}

func newRig(t *testing.T, names ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), log: newOutput(), out: newOutput(), reload: make(chan os.Signal)}
	for _, name := range names {
		must(t, os.Mkdir(r.path(name), 0o755))
		r.write(name+"/nagios.log", "")
		r.write(name+"/nagios.cfg",
			fmt.Sprintf("log_file=%[1]s/nagios.log\nstatus_file=%[1]s/status.dat\n"+
				"object_cache_file=%[1]s/objects.cache\n", r.path(name)))
		r.write(name+"/objects.cache",
			fmt.Sprintf("define host {\n\thost_name\t%s\n\t}\ndefine host {\n\thost_name\tlocalhost\n\t}\n", name))
	}
	r.daemon = &Daemon{
		Load: func() (*assembly.Plan, error) {
			l, err := config.Parse(strings.NewReader(strings.ReplaceAll(r.config, "{DIR}", r.dir)), "c.yml")
			if err != nil {
				return nil, err
			}
			return assembly.Resolve(l, r.dir)
		},
		Print: r.out, Logger: slog.New(slog.NewTextHandler(r.log, nil)),
		SetLevel: func(level string) { r.level = level }, Version: "test",
	}
	return r
}

const twoSites = `
journal: {path: "{DIR}/journal.db", max_size: 2MiB}
quarantine: {path: "{DIR}/quarantine.ndjson"}
targets: [{type: stdout}]
sites:
  - {name: paris, readers: {log: {begin: beginning}}, supervisor: "{DIR}/paris/nagios.cfg"}
  - {name: lyon, readers: {log: {begin: beginning}}, supervisor: "{DIR}/lyon/nagios.cfg"}
`

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string) {
	r.t.Helper()
	must(r.t, os.WriteFile(r.path(name), []byte(text), 0o644))
}

// alert lets a supervisor log a problem of a host.
func (r *rig) alert(site, host, output string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(site+"/nagios.log"), os.O_APPEND|os.O_WRONLY, 0)
	must(r.t, err)
	_, err = fmt.Fprintf(f, "[%d] HOST ALERT: %s;DOWN;HARD;1;%s\n", time.Now().Unix(), host, output)
	must(r.t, errors.Join(err, f.Close()))
}

// run runs the daemon until stop is called, which returns what Run returned.
func (r *rig) run() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.daemon.Run(ctx, r.reload) }()
	once := sync.OnceValue(func() error { cancel(); return <-ended })
	r.t.Cleanup(func() { _ = once() })
	return once
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSitesOfOneNameDoNotMix(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	stop := r.run()
	r.log.await(t, 1, "share the name of 1 host (localhost)")
	r.alert("paris", "localhost", "from paris")
	r.alert("lyon", "localhost", "from lyon")
	r.out.await(t, 1, `nagios.paris.check.component.localhost`)
	r.out.await(t, 1, `nagios.lyon.check.component.localhost`)
	must(t, stop())

	// Each goes on where it was.
	r.alert("lyon", "localhost", "while nobody read")
	stop = r.run()
	r.out.await(t, 1, "while nobody read")
	must(t, stop())
	for _, text := range []string{"from paris", "from lyon", "while nobody read"} {
		if n, _ := r.out.count(`"output":"` + text + `"`); n != 1 {
			t.Errorf("%q was sent %d times", text, n)
		}
	}
}

// A journal of version 0.1 has a single site, under the empty scope.
func TestASiteTakesOverWhatWasStoredBefore(t *testing.T) {
	const common = "connector_name: paris\njournal: {path: '{DIR}/journal.db'}\nquarantine: {path: '{DIR}/q'}\n" +
		"publish: {amqp: {enabled: false}, stdout: {enabled: true}}\n"
	r := newRig(t, "paris", "lyon")
	r.config = common + "supervisor: none\nreaders: {log: {path: '{DIR}/paris/nagios.log', begin: beginning}}\n"
	stop := r.run()
	r.alert("paris", "web", "of version 0.1")
	r.out.await(t, 1, "of version 0.1")
	must(t, stop())
	r.alert("paris", "web", "while it was upgraded")

	r.config = common + "supervisor: '{DIR}/paris/nagios.cfg'\nreaders: {log: {begin: beginning}}\n"
	stop = r.run()
	r.out.await(t, 1, "while it was upgraded")
	must(t, stop())

	// Its file is moved, and then it gets a name beside another site.
	must(t, os.Rename(r.path("paris/nagios.cfg"), r.path("moved.cfg")))
	r.alert("paris", "web", "while it was moved")
	r.config = common + "supervisor: '{DIR}/moved.cfg'\nreaders: {log: {begin: beginning}}\n"
	stop = r.run()
	r.out.await(t, 1, "while it was moved")
	must(t, stop())
	r.alert("paris", "web", "while it got a name")
	r.config = strings.Replace(twoSites, "{DIR}/paris/nagios.cfg", "{DIR}/moved.cfg", 1)
	stop = r.run()
	r.out.await(t, 1, "while it got a name")
	must(t, stop())
	for _, text := range []string{
		"of version 0.1", "while it was upgraded", "while it was moved", "while it got a name",
	} {
		if n, _ := r.out.count(`"output":"` + text + `"`); n != 1 {
			t.Errorf("%q was sent %d times", text, n)
		}
	}
}

// Two sites, the second of which is that of the journal of version 0.1.
func TestTheSiteOfTheStoredPositionsTakesThemOver(t *testing.T) {
	const common = "journal: {path: '{DIR}/journal.db'}\nquarantine: {path: '{DIR}/q'}\n"
	r := newRig(t, "paris", "lyon")
	r.config = common + "publish: {amqp: {enabled: false}, stdout: {enabled: true}}\nconnector_name: lyon\n" +
		"supervisor: none\nreaders: {log: {path: '{DIR}/lyon/nagios.log', begin: beginning}}\n"
	stop := r.run()
	r.alert("lyon", "web", "of version 0.1")
	r.out.await(t, 1, "of version 0.1")
	must(t, stop())
	r.alert("lyon", "web", "while it was upgraded")
	r.alert("paris", "web", "of another site")
	r.config = twoSites
	stop = r.run()
	r.out.await(t, 1, "while it was upgraded")
	r.out.await(t, 1, "of another site")
	must(t, stop())
	for _, text := range []string{"of version 0.1", "while it was upgraded", "of another site"} {
		if n, _ := r.out.count(`"output":"` + text + `"`); n != 1 {
			t.Errorf("%q was sent %d times", text, n)
		}
	}
}

// From two named sites back to one without a name: its files show which of the
// two it was.
func TestASiteThatLosesItsNameGoesOn(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	stop := r.run()
	r.alert("lyon", "web", "under a name")
	r.alert("paris", "web", "of another site")
	r.out.await(t, 1, "under a name")
	r.out.await(t, 1, "of another site")
	must(t, stop())
	r.alert("lyon", "web", "while it lost its name")
	r.config = "journal: {path: '{DIR}/journal.db'}\nquarantine: {path: '{DIR}/q'}\n" +
		"publish: {amqp: {enabled: false}, stdout: {enabled: true}}\nsupervisor: '{DIR}/lyon/nagios.cfg'\n"
	stop = r.run()
	r.out.await(t, 1, "while it lost its name")
	must(t, stop())
	for _, text := range []string{"under a name", "of another site", "while it lost its name"} {
		if n, _ := r.out.count(`"output":"` + text + `"`); n != 1 {
			t.Errorf("%q was sent %d times", text, n)
		}
	}
}

// What waits for a restart is compared with what the process was started with.
func TestChangesThatWaitAreNamedAtEachReload(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	l, stop := r.begin()
	defer stop()
	r.config = strings.Replace(twoSites, "max_size: 2MiB", "max_size: 4MiB", 1)
	l.reload(t.Context())
	l.reload(t.Context())
	r.log.await(t, 2, `next restart" keys=[journal.max_size]`)
	r.config = twoSites
	l.reload(t.Context())
	if n, _ := r.log.count("next restart"); n != 2 {
		t.Errorf("%d lines about changes that wait, and the last reload has taken them back", n)
	}
}

func TestAReloadReplacesWhatHasChanged(t *testing.T) {
	r := newRig(t, "paris", "lyon", "lille")
	r.config = twoSites
	stop := r.run()
	r.log.await(t, 2, "reader=log path")
	r.config = strings.Replace(twoSites, "lyon/nagios.cfg\"}", "lyon/nagios.cfg\", connector_name: rhone}", 1) +
		"  - {name: lille, readers: {log: {begin: beginning}}, supervisor: \"{DIR}/lille/nagios.cfg\"}\n"
	r.reload <- syscall.SIGHUP
	r.log.await(t, 1, "configuration read again")
	r.alert("lyon", "web", "x")
	r.alert("lille", "web", "y")
	r.out.await(t, 1, "nagios.rhone.check.component.web")
	r.out.await(t, 1, "nagios.lille.check.component.web")
	must(t, stop())
}

func TestWhatHasNotChangedGoesOn(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	l, stop := r.begin()
	defer stop()
	before := slices.Clone(l.sites)
	screen := l.targets[0]

	r.config = strings.Replace(twoSites, "lyon/nagios.cfg\"}", "lyon/nagios.cfg\", mapping: {soft_states: false}}", 1)
	l.reload(t.Context())
	if l.sites[0] != before[0] || l.sites[1] == before[1] || l.targets[0] != screen {
		t.Errorf("a change of lyon replaced paris: %t, lyon: %t, the target: %t",
			l.sites[0] != before[0], l.sites[1] != before[1], l.targets[0] != screen)
	}
	l.reload(t.Context())
	if l.sites[0] != before[0] {
		t.Error("a reload without a change replaced a site")
	}

	// A broker module of lyon begins to write.
	lyon := l.sites[1]
	r.write("lyon/nagios.cfg",
		fmt.Sprintf("log_file=%[1]s/nagios.log\n"+
			"broker_module=/usr/lib/nagios2canopsis/nagios2canopsis.so spool=%[1]s/neb\n", r.path("lyon")))
	must(t, os.Mkdir(r.path("lyon/neb"), 0o755))
	r.write("lyon/neb/neb-1700000000000000-1-1.log", "")
	if !l.plan.Outdated(time.Now().Add(time.Second)) {
		t.Fatal("the module was not noticed")
	}
	l.chooseAgain(t.Context())
	if l.sites[0] != before[0] || l.sites[1] == lyon ||
		!strings.Contains(l.sites[1].plan.ResultsFrom(), "brings everything") {
		t.Errorf("paris replaced: %t; lyon: %s", l.sites[0] != before[0], l.sites[1].plan.ResultsFrom())
	}
}

// begin starts a daemon without waiting for anything.
func (r *rig) begin() (l *life, stop func()) {
	r.t.Helper()
	plan, err := r.daemon.Load()
	must(r.t, err)
	l, err = r.daemon.open(r.t.Context(), plan)
	must(r.t, err)
	must(r.t, l.begin(r.t.Context(), plan))
	return l, func() { must(r.t, l.stop()) }
}

func TestAFaultyConfigurationIsRefused(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	stop := r.run()
	r.log.await(t, 2, "reader=log path")
	r.config = strings.Replace(twoSites, "name: lyon", "name: lyon, conector: x", 1)
	r.reload <- syscall.SIGHUP
	r.log.await(t, 1, "the new configuration is refused, the old one goes on")
	r.log.await(t, 1, `unknown key \"conector\"`)
	r.alert("lyon", "web", "x")
	r.out.await(t, 1, "nagios.lyon.check.component.web")
	must(t, stop())
}

func TestEachSectionIsTakenOverOrWaits(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	l, stop := r.begin()
	defer stop()
	r.config = strings.NewReplacer("max_size: 2MiB", "max_size: 4MiB, max_age: 1h",
		"quarantine.ndjson", "other.ndjson").Replace(twoSites) +
		"log: {level: warn, format: json}\n"
	l.reload(t.Context())
	r.log.await(t, 1,
		`these changes take effect at the next restart" keys="[journal.max_size journal.max_age log.format]"`)
	if r.level != "warn" {
		t.Errorf("the level is %q", r.level)
	}
	r.alert("paris", "\x01", "a name that nobody can read")
	l.awaitCount(t, "input quarantined")
	if _, err := os.Stat(r.path("other.ndjson")); err != nil {
		t.Errorf("the new quarantine: %v", err)
	}
	if _, err := os.Stat(r.path("quarantine.ndjson")); err == nil {
		t.Error("the old quarantine is still used")
	}
}

// awaitCount waits until something was counted.
func (l *life) awaitCount(t *testing.T, what string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if slices.ContainsFunc(l.Report().Counts, func(c tally.Count) bool { return c.What == what }) {
			return
		}
	}
	t.Fatalf("no %q in %+v", what, l.Report().Counts)
}

// A full disk may keep the journal from taking the targets: that is tried again.
func TestWhatTheJournalRefusesIsTriedAgain(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	l, stop := r.begin()
	defer stop()
	paris := l.sites[0]
	r.config = strings.NewReplacer("[{type: stdout}]", "[{type: stdout}, {name: second, type: stdout}]",
		"name: lyon", "name: nice").Replace(twoSites)
	plan, err := r.daemon.Load()
	must(t, err)
	next, err := l.prepare(t.Context(), plan, false)
	must(t, err)
	// The journal refuses a target without a route, as it refuses any on a full disk.
	second := next.targets[1].plan
	routes := second.Routes
	second.Routes = nil
	l.run(t.Context(), next)
	if l.unfinished == nil || l.sites[0] != paris || l.sites[1].activity != nil {
		t.Fatalf("unfinished %v, paris replaced: %t", l.unfinished, l.sites[0] != paris)
	}
	second.Routes = routes
	l.finish(t.Context())
	if l.unfinished != nil || l.sites[0] != paris || l.sites[1].activity == nil ||
		len(l.Report().Journal.Cursors) != 2 {
		t.Errorf("unfinished %v, cursors %v", l.unfinished, l.Report().Journal.Cursors)
	}
	r.alert("lyon", "web", "x")
	r.out.await(t, 2, "nagios.nice.check.component.web")
}

// hanging is a pipe that nobody reads.
type hanging chan struct{}

func (h hanging) Write([]byte) (int, error) {
	close(h)
	select {}
}

func TestStopsInTimeWhateverHangs(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = twoSites
	print := make(hanging)
	r.daemon.Print = print
	stop := r.run()
	r.alert("paris", "web", "x")
	<-print
	began := time.Now()
	must(t, stop())
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("stopping took %s", took)
	}
	r.log.await(t, 1, "msg=stopped")
}

func TestStepsAreTakenInOrder(t *testing.T) {
	log := newOutput()
	var order []string
	note := func(name string, err error) func() error {
		return func() error { order = append(order, name); return err }
	}
	err := inOrder(slog.New(slog.NewTextHandler(log, nil)), []step{
		{"readers", time.Minute, note("readers", nil)},
		{"targets", time.Millisecond, func() error { select {} }},
		{"journal", time.Minute, note("journal", errors.New("disk full"))},
	})
	if !slices.Equal(order, []string{"readers", "journal"}) {
		t.Errorf("order %v", order)
	}
	if err == nil || err.Error() != "stopping the journal: disk full" {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(log.String(), "part=targets") {
		t.Errorf("nothing says what hangs:\n%s", log)
	}
}

func TestAJournalThatCannotBeOpened(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = strings.Replace(twoSites, "{DIR}/journal.db", "{DIR}/absent/journal.db", 1)
	err := r.daemon.Run(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "journal.path") ||
		!strings.Contains(err.Error(), "create the directory") {
		t.Errorf("error %v", err)
	}
}
