package eventmap

import (
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestRoutingKey(t *testing.T) {
	m := newMapper(t, testOptions())
	key := func(e supervision.Entity) (string, Repairs) {
		t.Helper()
		event, _, outcome := mapOne(t, m, checkRecord(e, supervision.OK))
		return event.RoutingKey, outcome.Repairs
	}
	const head = "nagios.Central.check.component."
	dotted := supervision.Entity{Host: "www.example.org", Service: "a.b / c"}
	if got, repairs := key(dotted); got != "nagios.Central.check.resource.www.example.org.a.b / c" || repairs != 0 {
		t.Errorf("%q %b", got, repairs)
	}
	whole := strings.Repeat("h", 255-len(head))
	if got, repairs := key(supervision.Entity{Host: whole}); got != head+whole || repairs != 0 {
		t.Errorf("a key of 255 bytes is cut to %q", got)
	}
	one, repairs := key(supervision.Entity{Host: whole + "a"})
	two, _ := key(supervision.Entity{Host: whole + "b"})
	if len(one) != 255 || one == two || one[:246] != two[:246] || repairs != RoutingKeyCut {
		t.Errorf("cut keys %q, %q, %b", one, two, repairs)
	}
	for n := range 8 { // wherever the key is cut, no character is split
		got, _ := key(supervision.Entity{Host: strings.Repeat("x", n) + strings.Repeat("€", 200)})
		if len(got) > 255 || len(got) < 252 || !strings.HasPrefix(got, head) {
			t.Errorf("%q", got)
		}
	}
}

// An acknowledgement refers to the key of the check events even when that is cut.
func TestReferenceToCutKey(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = Canopsis2 }))
	e := supervision.Entity{Host: strings.Repeat("h", 200), Service: strings.Repeat("s", 200)}
	check, _, _ := mapOne(t, m, checkRecord(e, supervision.OK))
	_, ack, outcome := mapOne(t, m, record(supervision.Acknowledged, e))
	if ack["ref_rk"] != check.RoutingKey || outcome.Repairs&RoutingKeyCut == 0 {
		t.Errorf("%q refers to %q", ack["ref_rk"], check.RoutingKey)
	}
}
