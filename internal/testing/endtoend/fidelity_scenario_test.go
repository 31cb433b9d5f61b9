package endtoend

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// checkTimeout is how long Nagios waits for a plugin.
const checkTimeout = 6 * time.Second

// scenarioLength is how long Nagios runs.
const scenarioLength = 44 * time.Second

// scenario plays a story with a Nagios, and notes what it ordered.
type scenario struct {
	t     testing.TB
	site  *testnagios.Site
	began time.Time
	steps []step

	passive []passiveResult
	orders  []order
	outages []period // in which Nagios may lose the results of running checks
}

type step struct {
	at time.Duration
	do func()
}

type period struct{ from, to time.Time }

// passiveResult is one that was handed over by command.
type passiveResult struct {
	entity entity
	saying saying // numbered
	n      string
	at     time.Time
}

// order is an event that has to come of what was ordered, once.
type order struct {
	entity entity
	event  string // event_type
	output string // as it must be, or begin with if it ends in "…"
	author string // empty: the connector
}

func (o order) String() string {
	return fmt.Sprintf("%s %s %q by %q", o.event, o.entity, o.output, o.author)
}

func newScenario(t testing.TB, site *testnagios.Site, of testnagios.Options) *scenario {
	s := &scenario{t: t, site: site}
	for _, h := range of.Hosts {
		s.print(h.Name, "", fine)
	}
	for _, sv := range of.Services {
		s.print(sv.Host, sv.Name, fine)
	}
	s.states()
	s.passiveResults()
	s.acknowledgements()
	s.comments()
	s.downtimes()
	s.process()
	return s
}

// at plans a step, seconds after the start.
func (s *scenario) at(seconds float64, do func()) {
	s.steps = append(s.steps, step{time.Duration(seconds * float64(time.Second)), do})
}

// set plans what a check prints from then on.
func (s *scenario) set(seconds float64, host, service string, what saying) {
	s.at(seconds, func() { s.print(host, service, what) })
}

func (s *scenario) print(host, service string, what saying) {
	s.site.Set(host, service, what.exit, what.prints)
}

// run plays the story on a Nagios that has started.
func (s *scenario) run() {
	slices.SortStableFunc(s.steps, func(a, b step) int { return int(a.at - b.at) })
	s.began = time.Now()
	for _, step := range s.steps {
		time.Sleep(time.Until(s.began.Add(step.at)))
		step.do()
	}
	time.Sleep(time.Until(s.began.Add(scenarioLength)))
}

// states are the problems and recoveries of hosts and services.
func (s *scenario) states() {
	s.set(3, "web", "HTTP", warning)
	s.set(8, "web", "HTTP", critical)
	s.set(12, "web", "HTTP", fine)
	s.set(27, "web", "HTTP", critical)
	s.set(4, "Serveur été", "soft", critical)
	s.set(7, "Serveur été", "soft", fine)
	s.set(5, "web", "Disque /", critical)
	s.set(18, "web", "Disque /", fine)
	s.set(3, "web", "unknown", unknown)
	s.set(20, "web", "unknown", fine)
	s.at(2, func() { s.site.Hang("web", "timeout") })
	s.set(30, "web", "timeout", fine)

	s.set(4, "gw", "", down)
	s.set(6, "web", "", down)
	s.set(6, "db", "", down)
	s.set(14, "gw", "", fine)
	s.set(17, "db", "", fine)
	s.set(20, "web", "", fine)
	s.set(26, "Serveur été", "", down)
	s.set(9, "Serveur été", latinService, critical)
	s.set(21, "Serveur été", latinService, warning)
	s.set(7, "Serveur été", withoutPerfdata, critical)
	s.set(19, "Serveur été", withoutPerfdata, fine)

	for i := range 8 {
		s.set(2+float64(i), "db", "flap", []saying{critical, fine}[i%2])
	}
	for i, what := range gallery {
		begin := 2 + 0.2*float64(i)
		s.set(begin, "gallery", what.name, what)
		s.set(begin+13, "gallery", what.name, fine)
		s.set(begin+23, "gallery", what.name, what)
	}
	s.set(5, "gallery", "exit 4", odd)
	s.set(20, "gallery", "exit 4", fine)
}

// passiveResults come a while apart, as two in one second have no order in time.
func (s *scenario) passiveResults() {
	for i, what := range passives {
		s.at(3+2.1*float64(i), func() { s.hand("trap", "passive", what) })
	}
	s.at(9, func() { s.hand("trap", "trap été", passives[1]) })
	s.at(20, func() { s.hand("trap", "trap été", passives[0]) })
	s.at(4, func() { s.hand("trap", "", fine) })
	s.at(11, func() {
		s.hand("trap", "",
			saying{exit: 1, prints: down.prints, output: down.output, perf: down.perf, metrics: down.metrics})
	})
	s.at(28, func() { s.hand("trap", "", fine) })
}

func (s *scenario) hand(host, service string, what saying) {
	now := time.Now()
	n := strconv.FormatInt(now.UnixNano(), 10)
	what = what.numbered(n)
	s.site.Passive(host, service, what.exit, strings.TrimSuffix(what.prints, "\n"))
	s.passive = append(s.passive, passiveResult{entity{host, service}, what, n, now})
}

const (
	byChange = "acknowledgement cleared by a change of state"
	byHand   = "acknowledgement removed"
)

// acknowledgements are those of every way to begin and to end. One that ends with
// its problem is not ended in Canopsis before the next one, and there is none.
func (s *scenario) acknowledgements() {
	ack := func(seconds float64, service string, sticky int, author, text string) {
		s.at(seconds, func() {
			s.site.Command("ACKNOWLEDGE_SVC_PROBLEM;db;%s;%d;1;0;%s;%s", service, sticky, author, text)
		})
		s.expect(service, "ack", utf8(author), utf8(text))
	}
	removed := func(service, why string) { s.expect(service, "ackremove", "", why) }
	for _, name := range []string{"ack sticky", "ack normal", "ack removed", "ack recovery", "ack twice"} {
		s.set(2, "db", name, critical)
	}
	ack(7, "ack sticky", 2, "alice", "sticky; with a semicolon")
	s.set(15, "db", "ack sticky", warning)
	s.set(23, "db", "ack sticky", fine)

	ack(7, "ack normal", 1, "Jean-\xc9ric", "normal, in Latin-1: \xe9t\xe9")
	s.set(15, "db", "ack normal", warning)
	removed("ack normal", byChange)

	ack(7.5, "ack removed", 2, "Zoé", "first")
	s.at(15, func() { s.site.Command("REMOVE_SVC_ACKNOWLEDGEMENT;db;ack removed") })
	removed("ack removed", byHand)
	ack(19, "ack removed", 2, "Zoé", "second, stays")

	ack(7.5, "ack recovery", 1, "bob", "until it is well")
	s.set(17, "db", "ack recovery", fine)

	ack(8, "ack twice", 2, "bob", "one")
	ack(13, "ack twice", 2, "carol", "two")

	s.at(8, func() {
		s.site.Command("ACKNOWLEDGE_SVC_PROBLEM;db;ack refused;2;1;0;dave;there is no problem")
		s.site.Command("ACKNOWLEDGE_SVC_PROBLEM;db;no such service;2;1;0;dave;there is no service")
	})
	s.at(11, func() {
		s.site.Command("ACKNOWLEDGE_HOST_PROBLEM;db;2;1;0;erin;the host is known to be down")
	})
	s.expect("", "ack", "erin", "the host is known to be down")
}

// expect notes an event about the host db, or a service of it.
func (s *scenario) expect(service, event, author, output string) {
	s.orders = append(s.orders, order{entity{"db", service}, event, output, author})
}

func (s *scenario) comments() {
	comment := func(seconds float64, author, text string) {
		s.at(seconds, func() { s.site.Command("ADD_SVC_COMMENT;db;comment;1;%s;%s", author, text) })
		s.expect("comment", "comment", utf8(author), utf8(text))
	}
	comment(5, "alice", "a comment")
	comment(9, "alice", "semi;colon, \"quotes\", été")
	comment(10, "Jean-\xc9ric", "latin \xe9t\xe9")
	comment(16, "alice", "a comment") // the same once more
	s.at(6, func() { s.site.Command("ADD_HOST_COMMENT;db;1;bob;of the host") })
	s.expect("", "comment", "bob", "of the host")
	s.at(26, func() { s.site.Command("DEL_ALL_SVC_COMMENTS;db;comment") })
	for _, text := range []string{"flapping started…", "flapping stopped…"} {
		s.expect("flap", "comment", "", text)
	}
}

func (s *scenario) downtimes() {
	triggered := func(seconds float64, service, by string, from, to, fixed, duration int, phases ...string) {
		text := "planned: " + service
		s.at(seconds, func() {
			trigger, now := 0, int(time.Now().Unix())
			if by != "" {
				trigger = s.downtimeID(by)
			}
			s.site.Command("SCHEDULE_SVC_DOWNTIME;db;%s;%d;%d;%d;%d;%d;alice;%s", service, now+from, now+to, fixed,
				trigger, duration, text)
		})
		s.expect(service, "comment", "alice", "downtime scheduled…"+text)
		for _, phase := range phases {
			s.expect(service, "comment", "*", phase+"…")
		}
	}
	schedule := func(seconds float64, service string, from, to, fixed, duration int, phases ...string) {
		triggered(seconds, service, "", from, to, fixed, duration, phases...)
	}
	schedule(4, "dt fixed", 1, 12, 1, 0, "downtime started", "downtime ended")
	schedule(4, "dt flexible", 0, 30, 0, 8, "downtime started", "downtime ended")
	triggered(7, "dt triggered", "dt flexible", 0, 5, 1, 0, "downtime started", "downtime ended")
	s.set(8, "db", "dt flexible", critical)
	schedule(5, "dt cancelled", 0, 600, 1, 0, "downtime started", "downtime cancelled")
	s.at(20, func() { s.site.Command("DEL_DOWNTIME_BY_HOST_NAME;db;dt cancelled") })
	schedule(5, "dt never", 300, 600, 1, 0, "downtime cancelled")
	s.at(21, func() { s.site.Command("DEL_DOWNTIME_BY_HOST_NAME;db;dt never") })
	schedule(6, "dt by id", 0, 600, 1, 0, "downtime started", "downtime cancelled")
	s.at(22, func() { s.site.Command("DEL_SVC_DOWNTIME;%d", s.downtimeID("dt by id")) })
}

// downtimeID finds the number that Nagios gave to the downtime of a service.
func (s *scenario) downtimeID(service string) int {
	for _, b := range statusBlocks(s.t, s.site.Read("status.dat")) {
		if b.kind == "servicedowntime" && b.fields["service_description"] == service {
			id, _ := strconv.Atoi(b.fields["downtime_id"])
			return id
		}
	}
	s.t.Errorf("no downtime of %s in the status file", service)
	return 0
}

// process is what becomes of Nagios itself and of its log.
func (s *scenario) process() {
	s.at(13, func() { s.outage(s.site.Reload) })
	s.at(24, func() { s.outage(func() { s.site.Stop(); s.site.Start() }) })
	s.at(32, func() {
		s.site.Command("SAVE_STATE_INFORMATION")
		s.outage(func() { time.Sleep(time.Second); s.site.Kill(); s.site.Start() })
	})
	s.at(37, func() {
		s.site.RenameLog("nagios-renamed.log")
		time.Sleep(time.Second) // Nagios goes on writing to the renamed file
		s.outage(s.site.Reload)
	})
}

func (s *scenario) outage(do func()) {
	from := time.Now()
	do()
	s.outages = append(s.outages, period{from.Add(-2 * time.Second), time.Now().Add(3 * time.Second)})
}

// outageAt reports whether Nagios may have lost the result of a check that ran
// from start to end.
func (s *scenario) outageAt(start, end time.Time) bool {
	if end.IsZero() {
		end = start.Add(checkTimeout + time.Second)
	}
	for _, o := range s.outages {
		if end.After(o.from) && start.Before(o.to) {
			return true
		}
	}
	return false
}
