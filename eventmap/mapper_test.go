package eventmap

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// now is the present time of the tests.
var now = time.Unix(1795426900, 0)

// inventory is an Inventory of maps.
type inventory struct {
	objects map[supervision.Entity]*supervision.Object
}

func (i inventory) Object(e supervision.Entity) *supervision.Object { return i.objects[e] }

func (inventory) Members(supervision.DowntimeScope, supervision.Entity, string) []supervision.Entity {
	return nil
}

var (
	host    = supervision.Entity{Host: "h00"}
	service = supervision.Entity{Host: "h00", Service: "svc0"}
)

func testInventory() inventory {
	return inventory{
		objects: map[supervision.Entity]*supervision.Object{
			host: {
				Alias: "Host 0", DisplayName: "The host", Address: "127.0.1.0", Groups: []string{"hg-even", "hg-all"},
				CheckCommand: "check_host!1", MaxAttempts: 3, Notes: "n", NotesURL: "http://notes/h00",
				ActionURL: "http://action/h00", CustomVars: []supervision.CustomVar{{Name: "SITE", Value: "paris-0"}},
				ContactGroups: []string{"ops"},
			},
			service: {
				DisplayName: "The service", Groups: []string{"sg-all", "sg-0"}, CheckCommand: "check_svc!a!b",
				MaxAttempts: 4, NotesURL: "http://notes/h00/svc0",
				CustomVars: []supervision.CustomVar{{Name: "app", Value: "app-0"}, {Name: "STATUS", Value: "x"}},
			},
		},
	}
}

func testOptions(change ...func(*Options)) Options {
	o := DefaultOptions()
	o.ConnectorName = "Central"
	for _, c := range change {
		c(&o)
	}
	return o
}

func newMapper(t testing.TB, o Options) *Mapper {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func checkRecord(e supervision.Entity, state supervision.State) *supervision.Record {
	return &supervision.Record{
		Kind: supervision.CheckResult, Entity: e, Time: now.Add(-time.Minute), Ref: "perfdata:1:100",
		Check: &supervision.Check{
			State: state, StateType: supervision.Hard, Attempt: 1, MaxAttempts: 3, Output: "out", LongOutput: "l1\nl2",
			Perfdata: "time=0.1s;1;2", Command: "check_x!secret", CheckType: supervision.Active, Latency: 0.25,
			Execution: 1.5,
		},
	}
}

// mapOne maps a record to its one event, and returns the decoded body too.
func mapOne(t testing.TB, m *Mapper, rec *supervision.Record) (outbox.Event, map[string]any, Outcome) {
	t.Helper()
	events, outcome := m.Map(nil, rec, testInventory(), nil, now)
	if len(events) != 1 || outcome.Reason != Sent {
		t.Fatalf("got %d events, outcome %v %s", len(events), outcome.Reason, outcome.Detail)
	}
	return events[0], decode(t, m, events[0]), outcome
}

// decode decodes a body after checking the event against Canopsis' rules.
func decode(t testing.TB, m *Mapper, e outbox.Event) map[string]any {
	t.Helper()
	if err := acceptable(m.options.Canopsis, e, now); err != nil {
		t.Fatalf("Canopsis %s wouldn't accept it: %v\n%s", m.options.Canopsis, err, e.Body)
	}
	var body map[string]any
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestServiceCheck(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) {
		o.Extra = map[string]any{"site": "lyon", "prod": true, "rank": 3, "ratio": 0.5, "owners": []any{"a", "b"}}
		o.Tags = map[string]string{
			"Env": "prod", "App": "$_SERVICEAPP$ on $HOSTALIAS$", "MySQL": "", "Gone": "$_HOSTNONE$",
		}
	}))
	e, body, outcome := mapOne(t, m, checkRecord(service, supervision.Critical))
	want := map[string]any{
		"connector": "nagios", "connector_name": "Central", "event_type": "check", "source_type": "resource",
		"component": "h00", "resource": "svc0", "timestamp": 1795426840.0, "supervisor_timestamp": 1795426840.0,
		"state": 3.0, "supervisor_state": "CRITICAL", "state_type": 1.0, "check_type": 0.0, "current_attempt": 1.0,
		"max_attempts": 3.0, "output": "out", "long_output": "l1\nl2", "perf_data": "time=0.1s;1;2",
		"perf_data_raw": "time=0.1s;1;2", "output_truncated": false, "execution_time": 1.5, "latency": 0.25,
		"command_name": "check_x", "address": "127.0.1.0", "alias": "Host 0",
		"supervisor_display_name": "The service", "notes": "", "notes_url": "http://notes/h00/svc0", "action_url": "",
		"hostgroups": []any{"hg-all", "hg-even"}, "servicegroups": []any{"sg-0", "sg-all"}, "contactgroups": []any{},
		"acknowledged": nil, "is_flapping": nil, "scheduled_downtime_depth": nil,
		"APP": "app-0", "cv_STATUS": "x",
		"site": "lyon", "prod": true, "rank": 3.0, "ratio": 0.5, "owners": []any{"a", "b"},
		"tags": map[string]any{"Env": "prod", "App": "app-0 on Host 0", "MySQL": ""},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	wantEvent := outbox.Event{
		Route:      outbox.Bus,
		RoutingKey: "nagios.Central.check.resource.h00.svc0", Body: e.Body, Entity: "svc0/h00",
		MessageID: e.MessageID, Supersedable: true, Time: now.Add(-time.Minute),
	}
	if diff := cmp.Diff(wantEvent, e); diff != "" {
		t.Error(diff)
	}
	if outcome.Repairs != FieldRenamed {
		t.Errorf("repairs %b", outcome.Repairs)
	}
}

func TestHostCheck(t *testing.T) {
	m := newMapper(t, testOptions())
	rec := checkRecord(host, supervision.Unreachable)
	rec.Kind = supervision.PresentState
	rec.Check.Flags = &supervision.Flags{Acknowledged: true, DowntimeDepth: 2}
	rec.Check.Command = ""
	e, body, outcome := mapOne(t, m, rec)
	for key, want := range map[string]any{
		"source_type": "component", "component": "h00", "state": 2.0, "supervisor_state": "UNREACHABLE",
		"servicegroups": []any{}, "acknowledged": true, "is_flapping": false, "scheduled_downtime_depth": 2.0,
		"SITE": "paris-0", "command_name": "check_host", "supervisor_display_name": "The host",
		"contactgroups": []any{"ops"},
	} {
		if diff := cmp.Diff(want, body[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	if _, has := body["resource"]; has {
		t.Error("a host's event has a resource")
	}
	if e.RoutingKey != "nagios.Central.check.component.h00" || e.Entity != "h00" || outcome.Repairs != 0 {
		t.Errorf("%q %q %b", e.RoutingKey, e.Entity, outcome.Repairs)
	}
}

func TestFlagsOfTheCaller(t *testing.T) {
	m := newMapper(t, testOptions())
	rec := checkRecord(host, supervision.Up)
	flags := &supervision.Flags{Flapping: true}
	events, _ := m.Map(nil, rec, nil, flags, now)
	if body := decode(t, m, events[0]); body["is_flapping"] != true || body["acknowledged"] != false {
		t.Errorf("flags of the caller: %v %v", body["is_flapping"], body["acknowledged"])
	}
	rec.Check.Flags = &supervision.Flags{}
	events, _ = m.Map(nil, rec, nil, flags, now)
	if body := decode(t, m, events[0]); body["is_flapping"] != false {
		t.Error("the record's flags should take precedence")
	}
}

// What a reader can't see is null and present for the Go engines, absent for
// the Python ones.
func TestNotReported(t *testing.T) {
	rec := &supervision.Record{
		Kind: supervision.CheckResult, Entity: host, Time: now,
		Check: &supervision.Check{
			State: supervision.Down, StateType: supervision.StateTypeNotReported,
			CheckType: supervision.CheckTypeNotReported,
		},
	}
	unseen := []string{
		"state_type", "check_type", "current_attempt", "execution_time", "latency", "acknowledged", "is_flapping",
		"scheduled_downtime_depth",
	}
	for _, version := range []Version{Canopsis2, Canopsis3, Canopsis40, Canopsis43, Canopsis2310, Canopsis2410} {
		m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = version }))
		_, body, _ := mapOne(t, m, rec)
		for _, key := range unseen {
			value, present := body[key]
			if value != nil || present != (version >= Canopsis40) {
				t.Errorf("%s: %s is %v, present %v", version, key, value, present)
			}
		}
		if body["max_attempts"] != 3.0 || body["long_output"] != "" {
			t.Errorf("%s: %v", version, body)
		}
	}
}

func TestScales(t *testing.T) {
	own := func(o *Options) { o.HostStates = Scale{1, 2, 3}; o.ServiceStates = Scale{3, 2, 1, 0} }
	nagios := func(o *Options) { o.HostStates, o.ServiceStates = NagiosScale(), NagiosScale() }
	for _, c := range []struct {
		name     string
		change   func(*Options)
		hosts    []any
		services []any
	}{
		{"severity", func(*Options) {}, []any{0.0, 3.0, 2.0}, []any{0.0, 1.0, 3.0, 2.0}},
		{"nagios", nagios, []any{0.0, 1.0, 2.0}, []any{0.0, 1.0, 2.0, 3.0}},
		{"own", own, []any{1.0, 2.0, 3.0}, []any{3.0, 2.0, 1.0, 0.0}},
	} {
		m := newMapper(t, testOptions(c.change))
		var hosts, services []any
		for state := range supervision.State(3) {
			_, body, _ := mapOne(t, m, checkRecord(host, state))
			hosts = append(hosts, body["state"])
		}
		for state := range supervision.State(4) {
			_, body, _ := mapOne(t, m, checkRecord(service, state))
			services = append(services, body["state"])
		}
		if diff := cmp.Diff([][]any{c.hosts, c.services}, [][]any{hosts, services}); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTimestamps(t *testing.T) {
	for _, c := range []struct {
		name    string
		version Version
		at      time.Time
		want    time.Time
		moved   bool
	}{
		{"recent", Canopsis2410, now.Add(-23 * time.Hour), now.Add(-23 * time.Hour), false},
		{"old", Canopsis2410, now.Add(-72 * time.Hour), now.Add(-timeReach), true},
		{"old, 4.3", Canopsis43, now.Add(-72 * time.Hour), now.Add(-timeReach), true},
		{"old, kept by 4.2", Canopsis40, now.Add(-72 * time.Hour), now.Add(-72 * time.Hour), false},
		{"a little ahead", Canopsis2410, now.Add(time.Hour), now.Add(time.Hour), false},
		{"far ahead", Canopsis2410, now.Add(48 * time.Hour), now, true},
		{"not reported", Canopsis2, time.Time{}, now, true},
		{"1970", Canopsis2410, time.Unix(0, 0), now, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = c.version }))
			rec := checkRecord(host, supervision.Up)
			rec.Time = c.at
			e, body, outcome := mapOne(t, m, rec)
			if got := body["timestamp"]; got != float64(c.want.Unix()) {
				t.Errorf("timestamp %v, want %v", got, c.want.Unix())
			}
			if moved := outcome.Repairs&TimestampMoved != 0; moved != c.moved {
				t.Errorf("moved: %v", moved)
			}
			if got := body["supervisor_timestamp"]; plausible(c.at) && got != float64(c.at.Unix()) {
				t.Errorf("supervisor_timestamp %v", got)
			}
			if want := c.at; !want.IsZero() && !e.Time.Equal(want) || e.Time.IsZero() {
				t.Errorf("Time %v", e.Time)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.MaxOutput, o.MaxLongOutput, o.MaxPerfdata = 64, 65, 64 }))
	rec := checkRecord(host, supervision.Up)
	rec.Check.Output = repeat("é", 100)
	rec.Check.LongOutput = repeat("€", 100)
	const eight = "abc1=1 abc2=1 abc3=1 abc4=1 abc5=1 abc6=1 abc7=1 abc8=1 "
	rec.Check.Perfdata = eight + "abc9=1 abcA=1 abcB=1"
	_, body, outcome := mapOne(t, m, rec)
	for key, want := range map[string]any{
		"output": repeat("é", 30) + "…", "long_output": repeat("€", 20) + "…", "output_truncated": true,
		"perf_data": eight + "abc9=1", "perf_data_raw": eight + "abc9=…",
	} {
		if body[key] != want {
			t.Errorf("%s: got %q, want %q", key, body[key], want)
		}
	}
	if outcome.Repairs != TextCut|MetricDropped|PerfdataNormalised {
		t.Errorf("repairs %b", outcome.Repairs)
	}
	rec.Check.Output, rec.Check.LongOutput, rec.Check.Perfdata = repeat("é", 32), "", ""
	if _, body, _ = mapOne(t, m, rec); body["output"] != repeat("é", 32) || body["output_truncated"] != false {
		t.Errorf("text of exactly the size was cut: %v", body["output"])
	}
}
