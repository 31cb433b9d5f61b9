package eventmap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestOptionFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   []string // the option of each fault
	}{
		{"none", func(*Options) {}, nil},
		{"empty", func(o *Options) { *o = Options{} }, []string{
			"charset", "connector", "connector_name", "canopsis", "max_output", "max_long_output", "max_perfdata",
		}},
		{"connector", func(o *Options) { o.Connector = "a/b" }, []string{"connector"}},
		{
			"controls", func(o *Options) { o.Connector, o.ConnectorName = "a\nb", "\xe9" },
			[]string{"connector", "connector_name"},
		},
		{"long", func(o *Options) { o.ConnectorName = repeat("x", 81) }, []string{"connector_name"}},
		{
			"scales", func(o *Options) { o.HostStates, o.ServiceStates = Scale{0, 4, 0, 0}, Scale{0, 0, 0, -1} },
			[]string{"host_states", "service_states"},
		},
		{"unused host state", func(o *Options) { o.HostStates = Scale{0, 1, 2, 99} }, nil},
		{"charset", func(o *Options) { o.Charset = "utf-16" }, []string{"charset"}},
		{"extra", func(o *Options) {
			o.Extra = map[string]any{
				"Status": "x", "ADDRESS": "x", "a.b": "x", "": "x", "m": map[string]any{},
				"l": []any{1}, "t": "\x01", "ok": []string{"a"}, "n": nil,
			}
		},
			[]string{
				"extra.", "extra.ADDRESS", "extra.Status", "extra.a.b", "extra.l", "extra.m", "extra.n", "extra.t",
			}},
		{"tags", func(o *Options) {
			o.Tags = map[string]string{"a": "$NOPE$", "b": "$HOSTNAME", "c\n": "x", "d": "$$5"}
		}, []string{"tags.a", "tags.b", "tags.c\n"}},
		{
			"component", func(o *Options) { o.Component, o.Resource = "$SERVICEDESC$", "$_SERVICE$" },
			[]string{"component", "resource"},
		},
		{"rules", func(o *Options) {
			o.Include = []Rule{{Host: "ok"}, {}, {Host: "/(/"}, {State: "BAD"}}
			o.Exclude = []Rule{{Service: "[z-a]"}, {CustomVars: map[string]string{"A": "/[/"}}}
		}, []string{"include[1]", "include[2].host", "include[3].state", "exclude[0].service", "exclude[1].vars.A"}},
		{
			"two faults of a rule", func(o *Options) { o.Include = []Rule{{Host: "/(/", State: "BAD"}} },
			[]string{"include[0].host", "include[0].state"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(testOptions(c.change))
			var names []string
			for _, e := range option.Split(err) {
				f, ok := option.Of(e)
				if !ok || f.Err == nil || f.Err.Error() == "" {
					t.Fatalf("%v is no fault of an option", e)
				}
				names = append(names, f.Name)
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	for release, want := range map[string]Version{
		"2": Canopsis2, "2.3": Canopsis2, "3.48": Canopsis3, "4": Canopsis40, "4.2.5": Canopsis40, "4.3": Canopsis43,
		"4.6": Canopsis43, "22.10": Canopsis43, "23.04": Canopsis43, "23.10": Canopsis2310, "24.04": Canopsis2310,
		"24.10": Canopsis2410, "24.10.3": Canopsis2410, "25.04": Canopsis2410,
	} {
		if got, err := ParseVersion(release); err != nil || got != want {
			t.Errorf("%s: %v, %v", release, got, err)
		}
	}
	for _, release := range []string{"", "1.9", "x", "24.x", "v24.10"} {
		got, err := ParseVersion(release)
		if f, ok := option.Of(err); !ok || f.Name != "canopsis" {
			t.Errorf("%q: %v, %v", release, got, err)
		}
	}
}

func TestParseStates(t *testing.T) {
	services := map[string]int{"ok": 0, "warning": 3, "critical": 2, "unknown": 1}
	for _, c := range []struct {
		name  string
		parse func(string, map[string]int) (Scale, error)
		table map[string]int
		want  Scale
		fault string
	}{
		{"severity", ParseHostStates, nil, Scale{0, 3, 2}, ""},
		{"severity", ParseServiceStates, nil, Scale{0, 1, 3, 2}, ""},
		{"nagios", ParseHostStates, nil, Scale{0, 1, 2, 3}, ""},
		{"", ParseHostStates, map[string]int{"up": 1, "down": 2, "unreachable": 3}, Scale{1, 2, 3}, ""},
		{"", ParseServiceStates, services, Scale{0, 3, 2, 1}, ""},
		{"", ParseHostStates, services, Scale{}, "host_states: the table has no value for up"},
		{
			"", ParseHostStates, map[string]int{"up": 1, "down": 2, "unreachable": 3, "lost": 0}, Scale{},
			"host_states: the table has other states than up, down, unreachable",
		},
		{
			"loud", ParseServiceStates, nil, Scale{},
			`service_states: "loud" is not severity, nagios or a table of ok, warning, critical, unknown`,
		},
	} {
		got, err := c.parse(c.name, c.table)
		if _, ok := option.Of(err); ok != (c.fault != "") || ok && err.Error() != c.fault || got != c.want {
			t.Errorf("%q %v: %v, %v", c.name, c.table, got, err)
		}
	}
}

func TestNaming(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) {
		o.Component, o.Resource = "$HOSTALIAS$", "$SERVICEDESC$ @ $_HOSTSITE$ $$"
	}))
	e, body, outcome := mapOne(t, m, checkRecord(service, supervision.OK))
	if e.Entity != "svc0 @ paris-0 $/Host 0" || body["component"] != "Host 0" || outcome.Repairs != FieldRenamed {
		t.Errorf("%q %b", e.Entity, outcome.Repairs)
	}
	if e.RoutingKey != "nagios.Central.check.resource.Host 0.svc0 @ paris-0 $" {
		t.Errorf("%q", e.RoutingKey)
	}
	// A name may not depend on what a single record brings.
	unknown := checkRecord(supervision.Entity{Host: "h9"}, supervision.Up)
	unknown.Check.Extra = map[string]string{"HOSTALIAS": "other"}
	if e, _, outcome = mapOne(t, m, unknown); e.Entity != "h9" || outcome.Repairs != NameReplaced {
		t.Errorf("%q %b", e.Entity, outcome.Repairs)
	}
}

func TestMacros(t *testing.T) {
	s := newSubject(service, testInventory(),
		&supervision.Check{Extra: map[string]string{"SERVICENOTES": "from the record", "_SERVICEAPP": "new"}})
	for macro, want := range map[string]string{
		"HOSTNAME": "h00", "SERVICEDESC": "svc0", "HOSTALIAS": "Host 0", "HOSTADDRESS": "127.0.1.0",
		"HOSTDISPLAYNAME": "The host", "SERVICEDISPLAYNAME": "The service", "HOSTGROUPNAMES": "hg-even,hg-all",
		"SERVICEGROUPNAMES": "sg-all,sg-0", "HOSTNOTES": "n", "SERVICENOTES": "from the record",
		"HOSTNOTESURL": "http://notes/h00", "HOSTACTIONURL": "http://action/h00", "SERVICEACTIONURL": "",
		"HOSTCHECKCOMMAND": "check_host!1", "SERVICECHECKCOMMAND": "check_svc!a!b", "_HOSTSITE": "paris-0",
		"_SERVICEAPP": "new", "_SERVICENONE": "",
	} {
		parsed, err := parseTemplate("<$"+macro+"$>", false)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			want = "<" + want + ">"
		}
		if got := parsed.expand(&s); got != want {
			t.Errorf("$%s$: %q, want %q", macro, got, want)
		}
	}
}

func TestExtraFields(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.Extra = map[string]any{"zone": "1"} }))
	rec := checkRecord(service, supervision.OK)
	rec.Check.Extra = map[string]string{
		"_SERVICEAPP": "from the record", "_SERVICEZONE": "2", "_SERVICEa.b": "3", "_SERVICEA_B": "4", "_SERVICE": "5",
		"_SERVICEd\xe9j\xe0": "6", "_HOSTSITE": "7", "HOSTADDRESS": "8", "TIMET": "9", "SHORT.DATE": "10",
	}
	_, body, outcome := mapOne(t, m, rec)
	got := make(map[string]any)
	for key, value := range body {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.Name == key }) {
			got[key] = value
		}
	}
	want := map[string]any{
		"zone": "1", "APP": "from the record", "cv_ZONE": "2", "A_B": "4", "cv_": "5", "DÉJÀ": "6",
		"macro__HOSTSITE": "7", "macro_TIMET": "9", "macro_SHORT_DATE": "10", "cv_STATUS": "x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if body["address"] != "127.0.1.0" || outcome.Repairs != FieldRenamed|FieldDropped|CharsetConverted {
		t.Errorf("address %v, repairs %b", body["address"], outcome.Repairs)
	}
}

// Every name that Canopsis reserves, and every documented field, in any case.
func TestReservedNames(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = Canopsis43 }))
	names := slices.Concat(stringFields, numberFields, forbiddenFields, []string{"extra", "tags", "ref_rk"})
	for _, f := range fields {
		if f.in != downtimeChange {
			names = append(names, f.Name)
		}
	}
	for _, name := range names {
		for _, spelled := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			inv := testInventory()
			inv.objects[host].CustomVars = []supervision.CustomVar{{Name: spelled, Value: "custom"}}
			events, outcome := m.Map(nil, checkRecord(host, supervision.Up), inv, nil, now)
			body := decode(t, m, events[0])
			if key := "cv_" + strings.ToUpper(name); body[key] != "custom" || outcome.Repairs != FieldRenamed {
				t.Errorf("%s: %v, repairs %b", spelled, body[key], outcome.Repairs)
			}
			if _, err := New(testOptions(func(o *Options) { o.Extra = map[string]any{spelled: "x"} })); err == nil {
				t.Errorf("extra field %s is allowed", spelled)
			}
		}
	}
}

// The names of fields that only a downtime_change has are free in a check event.
func TestNamesOfDowntimeChangesAreFree(t *testing.T) {
	inv := testInventory()
	inv.objects[host].CustomVars = []supervision.CustomVar{
		{Name: "COMMENT", Value: "custom"}, {Name: "CHANGE", Value: "custom"},
	}
	m := newMapper(t, testOptions())
	events, outcome := m.Map(nil, checkRecord(host, supervision.Up), inv, nil, now)
	if body := decode(t, m, events[0]); body["COMMENT"] != "custom" || body["CHANGE"] != "custom" ||
		outcome.Repairs != 0 {
		t.Errorf("%v, repairs %b", body, outcome.Repairs)
	}
}

func TestManyExtraFields(t *testing.T) {
	inv := testInventory()
	for i := range 400 {
		inv.objects[host].CustomVars = append(inv.objects[host].CustomVars,
			supervision.CustomVar{Name: "V" + repeat("x", i), Value: "v"})
	}
	events, outcome := newMapper(t, testOptions()).Map(nil, checkRecord(host, supervision.Up), inv, nil, now)
	if strings.Count(string(events[0].Body), `"v"`) != maxExtraFields-1 || outcome.Repairs != FieldDropped {
		t.Errorf("repairs %b", outcome.Repairs)
	}
}

func TestNames(t *testing.T) {
	for r := range Unmappable + 1 {
		if r.String() == "" || r.String() == "unknown reason" {
			t.Errorf("reason %d has no name", r)
		}
	}
	all := slices.Collect((CharsetConverted | TimestampMoved).Names())
	if diff := cmp.Diff([]string{"charset converted", "timestamp moved"}, all); diff != "" {
		t.Error(diff)
	}
	if n := len(slices.Collect((TimestampMoved<<1 - 1).Names())); n != len(repairNames) {
		t.Errorf("%d repairs have a name", n)
	}
}
