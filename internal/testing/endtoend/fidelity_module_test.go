package endtoend

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// moduleSettings are the lines of nagios.cfg that load a copy of the module for
// each name, with a spool directory of its own: {DIR}/spool/NAME. One core can
// load several modules, as long as they are different files.
func moduleSettings(names ...string) map[string]string {
	var lines []string
	for _, name := range names {
		lines = append(lines, "{DIR}/libexec/"+moduleFile(name)+" spool={DIR}/spool/"+name+" segment_age=5")
	}
	return map[string]string{"event_broker_options": "-1", "broker_module": strings.Join(lines, "\nbroker_module=")}
}

func moduleFile(name string) string { return "nagios2canopsis-" + name + ".so" }

// installModule puts a copy of the module and its directory in place.
func installModule(t testing.TB, site *testnagios.Site, name string) {
	t.Helper()
	copyFile(t, module(t), filepath.Join(site.Dir, "libexec", moduleFile(name)))
	site.Mkdir("spool/" + name)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// moduleChecks are the events that the results that Nagios processed shall
// become by a broker module: those of the perfdata file with what only a module
// sees, and those of the service that has no performance data.
func (p *play) moduleChecks() (all []check) {
	for i, c := range p.perfdataChecks() {
		l := p.lines[i]
		delete(c.body, "macro_HOSTSTATE")
		delete(c.body, "macro_HOSTSTATETYPE")
		p.addModuleFields(l.entity, c.body)
		c.body["check_type"] = 0.0
		if p.byNumber[l.n].passive {
			c.body["check_type"] = 1.0
		}
		all = append(all, c)
	}
	for _, r := range p.runs {
		if r.entity.service != withoutPerfdata {
			continue
		}
		b := p.body(r.entity, serviceStates[r.state], "")
		p.addModuleFields(r.entity, b)
		r.fillIn(b, true, true)
		stamp(b, r.ended.Unix())
		b["state_type"], b["current_attempt"], b["check_type"] = 1.0, 1.0, 0.0
		c := newCheck(b)
		c.optional = p.outageAt(r.started, r.ended)
		all = append(all, c)
	}
	return all
}

// addModuleFields adds what a module hands over besides: times that nothing
// else reports as exactly are compared by withinAMoment.
func (p *play) addModuleFields(e entity, body map[string]any) {
	for _, field := range []string{
		"execution_time", "latency", "macro_CHECKENDTIME", "macro_RETURNCODE", "macro_TIMEOUT", "macro_EARLYTIMEOUT",
	} {
		body[field] = anything{}
	}
	if e.service == "" {
		return
	}
	for _, h := range p.options.Hosts {
		if utf8(h.Name) == e.host {
			for name, value := range h.Options {
				if strings.HasPrefix(name, "_") {
					body["macro__HOST"+name[1:]] = value
				}
			}
		}
	}
}

// align sets the events of a module to the seconds of the perfdata file: both are
// taken as the result is processed, around the end of a second. What a Nagios
// that was killed reports anew when it starts, from what it had saved, is left
// out: it is older than what came before.
func (p *play) align(want []check, got []event) (aligned []event, again int) {
	seen := map[string]bool{}
	for _, e := range got {
		if e.kind() != "check" {
			aligned = append(aligned, e)
			continue
		}
		e.body = maps.Clone(e.body)
		at, _ := e.body["supervisor_timestamp"].(float64)
		for _, c := range want {
			of, _ := c.body["supervisor_timestamp"].(float64)
			if (event{body: c.body}).entity() == e.entity() && c.n == e.n() &&
				(c.n != "" || c.body["output"] == e.body["output"]) &&
				math.Abs(of-at) <= p.slack(e) {
				e.body["supervisor_timestamp"], e.body["timestamp"] = of, of
				break
			}
		}
		if key := keyOf(e.body); seen[key] {
			again++
			continue
		} else {
			seen[key] = true
		}
		aligned = append(aligned, e)
	}
	return aligned, again
}

// slack is how far the plugin's own end and Nagios' processing may be apart
// where there is no perfdata line.
func (p *play) slack(e event) float64 {
	if e.body["resource"] == withoutPerfdata {
		return 10
	}
	return 1
}

// compareTimes checks the times that a module reports more exactly than the
// perfdata file.
func (p *play) compareTimes(t *testing.T, about string, got []event) {
	c := complaints{t: t, about: about}
	defer c.end()
	byNumber := map[string]line{}
	for _, l := range p.lines {
		byNumber[l.n] = l
	}
	for _, e := range got {
		l, ok := byNumber[e.n()]
		if e.kind() != "check" || !ok || e.n() == "" {
			continue
		}
		kind := "SERVICE"
		if l.entity.service == "" {
			kind = "HOST"
		}
		for field, macro := range map[string]string{"execution_time": "EXECUTIONTIME", "latency": "LATENCY"} {
			got, _ := e.body[field].(float64)
			var want float64
			fmt.Sscan(l.fields[kind+macro], &want)
			if math.Abs(got-want) > 0.0011 {
				c.add(field, "%s: %v, want %v", keyOf(e.body), got, want)
			}
		}
		r, ok := p.byNumber[e.n()]
		if code := fmt.Sprint(r.saying.exit); ok && e.body["macro_RETURNCODE"] != code &&
			!(r.passive && l.entity.service == "") {
			c.add("return code", "%s: %v, want %s", keyOf(e.body), e.body["macro_RETURNCODE"], code)
		}
		var ended float64
		fmt.Sscan(e.text("macro_CHECKENDTIME"), &ended)
		if late := time.Unix(0, int64(ended*1e9)).Sub(r.ended); ok && (late < -time.Second || late > 2*time.Second) {
			c.add("end of the check", "%s: %s after the plugin's own", keyOf(e.body), late)
		}
	}
}

// TestModuleFidelity compares what a broker module brings with everything that
// happened, in a real Nagios through reloads, a restart and kill -9.
func TestModuleFidelity(t *testing.T) {
	t.Parallel()
	settings := testnagios.PNPTemplates()
	maps.Copy(settings, moduleSettings("all", "module"))
	p := playWith(t, settings,
		reader{"module", only("module", Settings{"readers.module.path": "{DIR}/spool/module"})},
		reader{"all", nil},
	)
	p.compareExecutions(t)
	for name, got := range p.got {
		want := p.moduleChecks()
		aligned, again := p.align(want, got)
		t.Logf("%s: %d results reported again from the retention file of a killed Nagios", name, again)
		compare(t, name, want, aligned)
		p.compareTimes(t, name, aligned)
		p.compareOrders(t, name)
		checkMessages(t, name, got)
		replayFlags(t, name, aligned)
	}
}
