package endtoend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mark waits until the program has read all that the log and the perfdata file
// hold.
func (p *played) mark() {
	p.t.Helper()
	p.marks++
	mark := fmt.Sprintf("log-%d", p.marks)
	p.log(p.logged, "SERVICE ALERT: h;"+mark+";OK;HARD;1;read")
	p.awaitMark(mark)
}

func (p *played) awaitMark(mark string) {
	p.t.Helper()
	Eventually(p.t, "the event of "+mark, 20*time.Second, func() bool {
		return strings.Contains(p.out.String(), `"resource":"`+mark+`"`)
	})
}

// events returns what was printed of the service s, a line for each event.
func (p *played) events() (lines []string) {
	p.t.Helper()
	for line := range bytes.Lines([]byte(p.out.String())) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		var e event
		must(p.t, json.Unmarshal(line, &struct{ Body *map[string]any }{&e.body}))
		if e.body["resource"] == "s" {
			lines = append(lines, p.line(e))
		}
	}
	return lines
}

// line writes an event as its type, stamp, state, output, performance data and
// conditions.
func (p *played) line(e event) string {
	at, _ := e.body["supervisor_timestamp"].(float64)
	stamp := fmt.Sprintf("%+d", int64(at)-p.base)
	if e.body["macro_OLDERSTATE"] != nil {
		stamp = "older" // it has the time at which it is sent
	}
	words := []string{e.kind(), stamp}
	if e.kind() != "check" {
		return strings.Join(append(words, fmt.Sprintf("%q", e.text("output"))), " ")
	}
	words = append(words, e.text("supervisor_state"), fmt.Sprintf("%q %q", e.text("output"), e.text("perf_data")))
	if long := e.text("long_output"); long != "" && long != e.text("output") {
		words = append(words, fmt.Sprintf("long %q", long))
	}
	for _, condition := range []string{"acknowledged", "is_flapping"} {
		if e.body[condition] == true {
			words = append(words, condition)
		}
	}
	return strings.Join(words, " ")
}

// expect waits until these events have followed the expected ones before.
func (p *played) expect(lines ...string) {
	p.t.Helper()
	p.want = append(p.want, lines...)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && len(p.events()) < len(p.want); {
		time.Sleep(20 * time.Millisecond)
	}
	got := p.events()
	p.compare(got[:min(len(got), len(p.want))])
}

// expectAlarm waits for a result that the log has shown: with everything that
// belongs to it, or first without, if that took longer than an alarm may wait.
func (p *played) expectAlarm(early, full string) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && !slices.Contains(p.events(), full); {
		time.Sleep(20 * time.Millisecond)
	}
	if got := p.events(); len(got) > len(p.want) && got[len(p.want)] == early {
		p.want = append(p.want, early)
	}
	p.expect(full)
}

func (p *played) compare(got []string) {
	p.t.Helper()
	if !slices.Equal(got, p.want) {
		p.t.Fatalf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(p.want, "\n\t"))
	}
}

// patience is longer than anything waits for another reader when all are at their
// ends.
const patience = 2500 * time.Millisecond

// nothingMore checks that nothing follows the expected events.
func (p *played) nothingMore() {
	p.t.Helper()
	time.Sleep(patience) // only time shows that nothing follows
	p.compare(p.events())
}

// finish checks that nothing follows the expected events, and stops the program.
func (p *played) finish() {
	p.t.Helper()
	p.nothingMore()
	p.Stop()
	p.compare(p.events())
}
