package endtoend

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rabbitmq/amqp091-go"
)

// measured is how well the events of a reader agree with the truth.
type measured struct{ want, got, found, faithful, completions int }

func (m measured) String() string {
	percent := func(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }
	return fmt.Sprintf("%d results, %d events: recall %.2f %%, precision %.2f %%, every field right %.2f %%, "+
		"%d completions",
		m.want, m.got, percent(m.found, m.want), percent(m.found, m.got), percent(m.faithful, m.found), m.completions)
}

// differences are reported up to this number of each kind; the rest is counted.
const shownDifferences = 12

// complaints gathers differences, of which there may be many.
type complaints struct {
	t     testing.TB
	about string
	n     map[string]int
}

func (c *complaints) add(kind, format string, args ...any) {
	c.t.Helper()
	if c.n == nil {
		c.n = map[string]int{}
	}
	if c.n[kind]++; c.n[kind] <= shownDifferences {
		c.t.Errorf("%s: %s: %s", c.about, kind, fmt.Sprintf(format, args...))
	}
}

func (c *complaints) end() {
	for kind, n := range c.n {
		if n > shownDifferences {
			c.t.Errorf("%s: %s: %d in all", c.about, kind, n)
		}
	}
}

// compare compares the check events that came with those that had to come: each
// once, each field, and the order within an object. What completes an event, with
// what another reader has reported later, may follow it.
func compare(t *testing.T, about string, want []check, got []event) {
	t.Helper()
	c := complaints{t: t, about: about}
	defer c.end()
	left := map[string][]int{} // of want, by key
	for i, w := range want {
		left[w.key] = append(left[w.key], i)
	}
	m := measured{want: len(want)}
	last := map[entity]int{}
	found := map[string]event{}
	differing := map[string]string{} // by key, as long as nothing completes it
	faithful := func(w check, e event) string {
		diff := differences(w.body, e.body)
		if diff != "" && w.or != nil && differences(w.or, e.body) == "" {
			return ""
		}
		return diff
	}
	matched := map[string]check{}
	for _, e := range got {
		if e.kind() != "check" {
			continue
		}
		m.got++
		key := keyOf(e.body)
		candidates := left[key]
		if before, ok := found[key]; ok && completes(before, e) {
			m.completions++
			found[key] = e
			if differing[key] != "" && faithful(matched[key], e) == "" {
				delete(differing, key)
				m.faithful++
			}
			continue
		}
		found[key] = e
		if len(candidates) == 0 {
			c.add("an event too many", "%s: %s", key, e.Body)
			continue
		}
		m.found++
		i := candidates[0]
		left[key] = candidates[1:]
		if i < last[e.entity()] {
			c.add("out of order", "%s comes behind %s", key, want[last[e.entity()]].key)
		}
		last[e.entity()] = i
		matched[key] = want[i]
		if diff := faithful(want[i], e); diff != "" {
			differing[key] = diff
			continue
		}
		m.faithful++
	}
	for key, diff := range differing {
		c.add("fields differ", "%s (-want +got):\n%s", key, diff)
	}
	m.got -= m.completions
	for key, missing := range left {
		for _, i := range missing {
			if want[i].optional {
				m.want--
				continue
			}
			c.add("no event", "%s", key)
		}
	}
	t.Logf("%s: %s", about, m)
}

// completes reports whether an event is the one before, with more.
func completes(before, after event) bool {
	more := false
	for _, field := range []string{"output", "perf_data", "long_output"} {
		was, is := before.text(field), after.text(field)
		if was != "" && was != is {
			return false
		}
		more = more || was != is
	}
	return more && before.body["state"] == after.body["state"]
}

// joined are the fields that another reader may add to what one reports.
var joined = []string{"check_type", "long_output", "execution_time", "latency"}

// cameByAnother reports whether a reader that was faster than the perfdata file has
// reported the result. The perfdata is sent after it only if it adds something.
func cameByAnother(want, got map[string]any) bool {
	return want["macro_HOSTSTATE"] != nil && got["macro_HOSTSTATE"] == nil
}

// isOfPerfdata reports whether only the perfdata file has a field.
func isOfPerfdata(key string) bool {
	return strings.HasPrefix(key, "macro_") || key == "execution_time" || key == "latency"
}

// differences compares two bodies, but for the connector's name, and what was added
// by another reader.
func differences(want, got map[string]any) string {
	a, b := map[string]any{}, map[string]any{}
	for key, value := range want {
		if value == (anything{}) {
			continue
		}
		a[key] = value
	}
	for key, value := range got {
		if want[key] != any(anything{}) && key != "connector_name" {
			b[key] = value
		}
	}
	if cameByAnother(a, b) {
		maps.DeleteFunc(a, func(key string, _ any) bool { return isOfPerfdata(key) })
		maps.DeleteFunc(b, func(key string, _ any) bool { return isOfPerfdata(key) })
	}
	for _, key := range joined {
		if a[key] == nil || a[key] == "" {
			delete(a, key)
			delete(b, key)
		}
	}
	return cmp.Diff(a, b)
}

// compareOrders compares the events that are no check results with what was
// ordered: each once.
func (p *play) compareOrders(t *testing.T, about string) {
	t.Helper()
	c := complaints{t: t, about: about}
	defer c.end()
	left := slices.Clone(p.orders)
	for _, e := range p.got[about] {
		if e.kind() == "check" {
			continue
		}
		i := slices.IndexFunc(left, func(o order) bool { return o.matches(e) })
		if i < 0 {
			c.add("an event that nobody ordered", "%s", e.Body)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, o := range left {
		c.add("no event", "%s", o)
	}
	t.Logf("%s: %d of %d acknowledgements, comments, downtimes and flappings",
		about, len(p.orders)-len(left), len(p.orders))
}

func (o order) matches(e event) bool {
	begin, end, open := strings.Cut(o.output, "…")
	text := e.text("output")
	if e.kind() != o.event || e.entity() != o.entity || !open && text != o.output || !strings.HasPrefix(text, begin) ||
		!strings.HasSuffix(text, end) {
		return false
	}
	author := o.author
	if author == "" {
		author = "nagios." + e.text("connector_name")
	}
	return author == "*" || e.text("author") == author
}

// replayFlags follows the stream of each object: a check event has the
// conditions that the events before it have brought about.
func replayFlags(t *testing.T, about string, got []event) {
	t.Helper()
	c := complaints{t: t, about: about}
	defer c.end()
	type flags struct {
		acknowledged, flapping bool
		depth                  float64
	}
	now := map[entity]flags{}
	for i, e := range got {
		f := now[e.entity()]
		switch text := e.text("output"); {
		case e.kind() == "ack":
			f.acknowledged = true
		case e.kind() == "ackremove":
			f.acknowledged = false
		case strings.HasPrefix(text, "flapping "):
			f.flapping = strings.HasPrefix(text, "flapping started")
		case strings.HasPrefix(text, "downtime started"):
			f.depth = 1
		case strings.HasPrefix(text, "downtime ended"), strings.HasPrefix(text, "downtime cancelled"):
			f.depth = 0
		case e.kind() == "check":
			has := flags{
				e.body["acknowledged"] == true, e.body["is_flapping"] == true,
				e.body["scheduled_downtime_depth"].(float64),
			}
			if f.acknowledged && !has.acknowledged && (e.body["state"] == 0.0 || endsHere(e, got[i+1:])) {
				f.acknowledged = false
			}
			if has != f {
				c.add("conditions differ", "%s: %+v, want %+v", e.Body, has, f)
			}
		}
		now[e.entity()] = f
	}
}

// endsHere reports whether a check event is followed by the end of the
// acknowledgement that it caused.
func endsHere(e event, next []event) bool {
	for _, n := range next {
		if n.entity() == e.entity() {
			return n.kind() == "ackremove"
		}
	}
	return false
}

var messageID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkMessages checks what is around the bodies.
func checkMessages(t *testing.T, about string, got []event) {
	t.Helper()
	c := complaints{t: t, about: about}
	defer c.end()
	seen := map[string]bool{}
	for _, e := range got {
		key := strings.Join([]string{"nagios", about, e.kind(), e.text("source_type"), e.text("component")}, ".")
		if resource := e.text("resource"); resource != "" {
			key += "." + resource
		}
		if e.RoutingKey != key || e.text("connector_name") != about {
			c.add("routing key", "%q, want %q", e.RoutingKey, key)
		}
		if e.ContentType != "application/json" || e.ContentEncoding != "UTF-8" ||
			e.DeliveryMode != amqp091.Persistent || e.AppId != "nagios2canopsis" {
			c.add("properties", "%q %q %d %q", e.ContentType, e.ContentEncoding, e.DeliveryMode, e.AppId)
		}
		if float64(e.Timestamp.Unix()) != e.body["supervisor_timestamp"] {
			c.add("timestamp", "%d, body %v", e.Timestamp.Unix(), e.body["supervisor_timestamp"])
		}
		if !messageID.MatchString(e.MessageId) || seen[e.MessageId] {
			c.add("message id", "%q, seen before: %t", e.MessageId, seen[e.MessageId])
		}
		seen[e.MessageId] = true
	}
}
