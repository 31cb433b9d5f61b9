package endtoend

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

func readIfThere(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return b
}

// play is a Nagios that lives through the scenario while connectors read it,
// each with readers and a queue of its own; and what they sent, by their names.
type play struct {
	*scenario
	*objects
	t      *testing.T
	broker *testbroker.Broker
	got    map[string][]event

	// What was true, and what Nagios wrote.
	byNumber map[string]result
	runs     []result
	lines    []line
	states   []stateLine
	statuses *statusRecord
}

// event is a message of a queue with its decoded body.
type event struct {
	amqp091.Delivery
	body map[string]any
}

func (e event) entity() entity { return entity{e.text("component"), e.text("resource")} }

func (e event) text(field string) string { s, _ := e.body[field].(string); return s }

func (e event) kind() string { return e.text("event_type") }

func (e event) n() string { return runNumber.FindString(e.text("output")) }

// reader is a connector of a play.
type reader struct {
	name string
	with Settings
}

// playWith plays the scenario with a Nagios of these settings. The connectors
// are there before Nagios is, so that they can miss nothing; the object cache
// is that of a first, short run.
func playWith(t *testing.T, settings map[string]string, readers ...reader) *play {
	p := &play{objects: scenarioObjects(settings), t: t, broker: quiet.Use(t), got: map[string][]event{}}
	site := testnagios.New(t, p.options)
	for _, r := range readers {
		if strings.Contains(settings["broker_module"], moduleFile(r.name)) {
			installModule(t, site, r.name)
		}
	}
	p.scenario = newScenario(t, site, p.options)
	exchange := "fidelity." + filepath.Base(site.Dir)
	p.broker.DeclareExchange(t, exchange)
	p.outage(func() { site.Start(); site.Stop() })
	p.statuses = recordStatus(filepath.Join(site.Dir, "status.dat"))
	var connectors []*Connector
	for _, r := range readers {
		connectors = append(connectors, p.connect(exchange, r))
	}
	site.Start()
	p.scenario.run()
	p.outage(site.Stop)
	p.statuses.stop()
	for i, c := range connectors {
		queue := exchange + "." + readers[i].name
		awaitQuiet(t, p.broker, queue)
		c.Stop()
		if !strings.Contains(c.Log(), "unsent=0") {
			t.Errorf("%s stopped with events that were not sent:\n%s", readers[i].name, c.Log())
		}
		p.got[readers[i].name] = decodeEvents(t, p.broker.Drain(t, queue))
	}
	p.byNumber, p.runs = p.results()
	p.lines, p.states = perfdataTruth(t, site), logStates(t, site)
	return p
}

// connect starts a connector that sends to a queue of its own.
func (p *play) connect(exchange string, r reader) *Connector {
	queue := exchange + "." + r.name
	p.broker.DeclareQueue(p.t, queue, nil)
	p.broker.Bind(p.t, queue, "nagios."+r.name+".#", exchange)
	dir := p.t.TempDir()
	settings := Settings{
		"supervisor":            p.site.MainConfig(),
		"connector_name":        r.name,
		"journal.path":          filepath.Join(dir, "journal.db"),
		"quarantine.path":       filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.urls":     []string{p.broker.URL()},
		"publish.amqp.exchange": exchange,

		"readers.log.begin":      "beginning",
		"readers.perfdata.begin": "beginning",

		"mapping.events.downtime_comment": true,
	}.With(r.with)
	for key, value := range settings {
		if text, ok := value.(string); ok {
			settings[key] = strings.ReplaceAll(text, "{DIR}", p.site.Dir)
		}
	}
	c := NewConnector(p.t, program(p.t), settings.YAML(p.t))
	c.Start()
	Eventually(p.t, r.name+" ready", 30*time.Second, func() bool {
		return strings.Contains(c.Log(), "object cache loaded") &&
			(r.with["readers.status.enabled"] == "off" || strings.Contains(c.Log(), "there is no status file"))
	})
	p.t.Cleanup(func() {
		if q := readIfThere(p.t, filepath.Join(dir, "quarantine.ndjson")); len(q) > 0 {
			p.t.Errorf("%s quarantined:\n%s", r.name, q)
		}
	})
	return c
}

// awaitQuiet waits until nothing has arrived in a queue for a while.
func awaitQuiet(t *testing.T, broker *testbroker.Broker, queue string) {
	t.Helper()
	const quiet, pause = 1500 * time.Millisecond, 300 * time.Millisecond
	last, since, looked := -1, time.Now(), time.Time{}
	Eventually(t, "a quiet queue", 30*time.Second, func() bool {
		if time.Since(looked) > pause {
			looked = time.Now()
			if n := broker.Depth(t, queue); n != last {
				last, since = n, looked
			}
		}
		return time.Since(since) > quiet
	})
}

func decodeEvents(t *testing.T, messages []amqp091.Delivery) (all []event) {
	for _, m := range messages {
		e := event{Delivery: m}
		if err := json.Unmarshal(m.Body, &e.body); err != nil {
			t.Errorf("%q: %v", m.Body, err)
		}
		all = append(all, e)
	}
	return all
}

// only switches one reader on.
func only(name string, more Settings) Settings {
	s := Settings{}
	for _, reader := range []string{"log", "perfdata", "status"} {
		s["readers."+reader+".enabled"] = "off"
	}
	s["readers."+name+".enabled"] = "on"
	return s.With(more)
}

// TestFidelity compares, on real Nagios of known truth, everything that arrives
// in RabbitMQ with everything that happened.
func TestFidelity(t *testing.T) {
	t.Parallel()
	t.Run("perfdata with state", func(t *testing.T) {
		t.Parallel()
		settings := testnagios.PNPTemplates()
		for _, kind := range []string{"host", "service"} {
			settings[kind+"_perfdata_file_processing_command"] = "move-" + kind + "-perfdata"
			settings[kind+"_perfdata_file_processing_interval"] = "5"
		}
		p := playWith(t, settings,
			reader{"perfdata", only("perfdata", nil)},
			reader{"spool", only("perfdata", Settings{"readers.perfdata.spool.path": "{DIR}/perfdata"})},
			reader{"log", only("log", nil)},
			reader{"status", only("status", nil)},
			reader{"all", nil},
		)
		p.compareExecutions(t)
		p.happened(t, "perfdata", "log")
		owned := p.perfdataChecks()
		compare(t, "perfdata", owned, p.got["perfdata"])
		compare(t, "spool", p.movedChecks(), p.got["spool"])
		compare(t, "log", p.logChecks(), p.got["log"])
		p.compareChanges(t, "log")
		compare(t, "status", p.statusChecks(), p.got["status"])
		compare(t, "all", append(owned, p.unownedChecks()...), p.got["all"])
		p.compareOrders(t, "all")
		replayFlags(t, "all", p.got["all"])
		for name, got := range p.got {
			checkMessages(t, name, got)
		}
	})
	t.Run("perfdata without state", func(t *testing.T) {
		t.Parallel()
		p := playWith(t, map[string]string{"log_initial_states": "1"}, // Nagios' default templates
			reader{"all", nil},
			reader{
				"scaled",
				Settings{
					"mapping.host_states": "nagios", "mapping.service_states": "nagios", "mapping.soft_states": false,
				},
			},
		)
		p.compareExecutions(t)
		want := append(p.statelessChecks(), p.unownedChecks()...)
		compare(t, "all", want, p.got["all"])
		p.compareOrders(t, "all")
		replayFlags(t, "all", p.got["all"])
		compare(t, "scaled", hardOnNagiosScale(want), p.got["scaled"])
		p.compareOrders(t, "scaled")
		for name, got := range p.got {
			checkMessages(t, name, got)
		}
	})
}

// compareExecutions checks that Nagios wrote a perfdata line for everything
// that was executed, so that the lines can stand for the executions.
func (p *play) compareExecutions(t *testing.T) {
	key := func(e entity, n string) string { return e.String() + " " + n }
	written, excused := map[string]int{}, map[string]int{}
	for _, l := range p.lines {
		written[key(l.entity, l.n)]++
	}
	for _, r := range p.runs {
		if p.outageAt(r.started, r.ended) {
			excused[key(r.entity, r.n)]++
		}
	}
	lost, all := 0, 0
	for _, r := range p.runs {
		if r.entity.service == withoutPerfdata {
			continue
		}
		all++
		k := key(r.entity, r.n)
		if written[k]--; written[k] >= 0 {
			continue
		}
		lost++
		if excused[k]--; excused[k] < 0 {
			t.Errorf("%s ran at %s, and Nagios wrote no line of it", r.entity, r.started)
		}
	}
	t.Logf("%d executions and passive results, of which Nagios itself lost %d when it was stopped or killed", all, lost)
}

// compareChanges checks that every change of state that the plugin made is
// among the events of the log reader.
func (p *play) compareChanges(t *testing.T, about string) {
	seen := map[string]bool{}
	for _, e := range p.got[about] {
		seen[e.entity().String()+e.n()] = true
	}
	last, changes := map[entity]int{}, 0
	for _, l := range p.lines {
		r, ok := p.byNumber[l.n]
		if !ok {
			continue
		}
		if r.state != last[l.entity] {
			changes++
			if !seen[l.entity.String()+l.n] {
				t.Errorf("%s: no event of the change of %s to %d at %d", about, l.entity, r.state, l.time)
			}
		}
		last[l.entity] = r.state
	}
	t.Logf("%s: %d changes of state", about, changes)
}

// happened checks that the scenario had what it is for, by what readers sent.
func (p *play) happened(t *testing.T, readers ...string) {
	missing := map[string]func(e event) bool{
		"a soft problem":    func(e event) bool { return e.body["state_type"] == 0.0 && e.body["state"] != 0.0 },
		"a soft recovery":   func(e event) bool { return e.body["state_type"] == 0.0 && e.body["state"] == 0.0 },
		"unknown":           func(e event) bool { return e.text("supervisor_state") == "UNKNOWN" },
		"host down":         func(e event) bool { return e.text("supervisor_state") == "DOWN" },
		"host unreachable":  func(e event) bool { return e.text("supervisor_state") == "UNREACHABLE" },
		"timeout":           func(e event) bool { return strings.Contains(e.text("output"), "timed out after") },
		"exit code over 3":  func(e event) bool { return strings.Contains(e.text("output"), "Return code of 4") },
		"a name in Latin-1": func(e event) bool { return e.text("resource") == "Journal système" },
		"several lines":     func(e event) bool { return strings.Contains(e.text("long_output"), "\n") },
	}
	for _, reader := range readers {
		for _, e := range p.got[reader] {
			maps.DeleteFunc(missing, func(_ string, is func(event) bool) bool { return is(e) })
		}
	}
	for what := range missing {
		t.Errorf("the scenario brought no %s", what)
	}
}
