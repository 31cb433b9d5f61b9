package eventmap

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"web", "web", true}, {"web", "web1", false}, {"web", "Web", false}, {"a.c", "abc", false}, {"", "", true},
		{"web*", "web1/x\ny", true}, {"web?", "web", false}, {"web?", "webé", true}, {"*é*", "été", true},
		{"a.*", "abc", false}, {"web[1-3]", "web2", true}, {"web[!1-3]", "web2", false}, {"web[!1-3]", "web4", true},
		{"web[", "web[", true}, {`*\d`, "5", false}, {"/^web[0-9]+$/", "web12", true}, {"/eb/", "web", true},
		{"/", "/", true}, {"//", "x", true},
	} {
		matches, err := compilePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := matches(c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}

func TestRules(t *testing.T) {
	only := func(rules ...Rule) func(*Options) { return func(o *Options) { o.Include = rules } }
	but := func(rules ...Rule) func(*Options) { return func(o *Options) { o.Exclude = rules } }
	both := func(o *Options) { o.Include, o.Exclude = []Rule{{Host: "h*"}}, []Rule{{Service: "svc0"}} }
	critical := checkRecord(service, supervision.Critical)
	down := checkRecord(host, supervision.Down)
	ack := record(supervision.Acknowledged, service)
	latin1 := checkRecord(supervision.Entity{Host: "d\xe9faut"}, supervision.Up)
	extra := checkRecord(supervision.Entity{Host: "x", Service: "y"}, supervision.OK)
	extra.Check.Extra = map[string]string{
		"HOSTGROUPNAMES": "a, b", "SERVICEGROUPNAMES": "c", "_HOSTSITE": "lyon", "_SERVICEAPP": "z",
	}
	for _, c := range []struct {
		name   string
		change func(*Options)
		rec    *supervision.Record
		want   bool
	}{
		{"host", only(Rule{Host: "h00"}), critical, true},
		{"other host", only(Rule{Host: "h01"}), critical, false},
		{"any of several", only(Rule{Host: "h01"}, Rule{Service: "svc?"}), critical, true},
		{"all fields of one", only(Rule{Host: "h00", Service: "svc1"}), critical, false},
		{"a service rule on a host", only(Rule{Service: "*"}), down, false},
		{"hostgroup", only(Rule{Hostgroup: "hg-e*"}), critical, true},
		{"other hostgroup", only(Rule{Hostgroup: "hg-odd"}), critical, false},
		{"servicegroup", but(Rule{Servicegroup: "sg-0"}), critical, false},
		{"servicegroup on a host", but(Rule{Servicegroup: "*"}), down, true},
		{"custom variable", only(Rule{CustomVars: map[string]string{"APP": "/^app/"}}), critical, true},
		{"with underscore, other case", only(Rule{CustomVars: map[string]string{"_app": "app-0"}}), critical, true},
		{"of the host", only(Rule{CustomVars: map[string]string{"SITE": "paris-*"}}), critical, true},
		{"missing", but(Rule{CustomVars: map[string]string{"NONE": "*"}}), critical, true},
		{"state", only(Rule{State: "CRITICAL"}), critical, true},
		{"other state", only(Rule{State: "WARNING"}), critical, false},
		{"state of a host", but(Rule{State: "DOWN"}), down, false},
		{"included state and an acknowledgement", only(Rule{Host: "h00", State: "WARNING"}), ack, true},
		{"that of another host", only(Rule{Host: "h01", State: "WARNING"}), ack, false},
		{"excluded state and an acknowledgement", but(Rule{Host: "h00", State: "WARNING"}), ack, true},
		{"exclude wins", both, critical, false},
		{"exclude of another", both, down, true},
		{"name that is not UTF-8", only(Rule{Host: "défaut"}), latin1, true},
		{"groups that came with the record", only(Rule{Hostgroup: "b", Servicegroup: "c"}), extra, true},
		{
			"variables that came with the record",
			only(Rule{CustomVars: map[string]string{"site": "lyon", "APP": "z"}}), extra, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, outcome := newMapper(t, testOptions(c.change)).Map(nil, c.rec, testInventory(), nil, now)
			if sent := len(events) == 1; sent != c.want || !sent && outcome.Reason != Excluded {
				t.Errorf("sent %v, %v", sent, outcome.Reason)
			}
		})
	}
}
