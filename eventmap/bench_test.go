package eventmap

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// wireCheck is a check event as a struct, for comparison with encoding/json.
type wireCheck struct {
	Connector             string   `json:"connector"`
	ConnectorName         string   `json:"connector_name"`
	EventType             string   `json:"event_type"`
	SourceType            string   `json:"source_type"`
	Component             string   `json:"component"`
	Resource              string   `json:"resource"`
	Timestamp             int64    `json:"timestamp"`
	SupervisorTimestamp   int64    `json:"supervisor_timestamp"`
	State                 int      `json:"state"`
	SupervisorState       string   `json:"supervisor_state"`
	StateType             *int     `json:"state_type"`
	CheckType             *int     `json:"check_type"`
	CurrentAttempt        *int     `json:"current_attempt"`
	MaxAttempts           *int     `json:"max_attempts"`
	Output                string   `json:"output"`
	LongOutput            string   `json:"long_output"`
	PerfData              string   `json:"perf_data"`
	PerfDataRaw           string   `json:"perf_data_raw"`
	OutputTruncated       bool     `json:"output_truncated"`
	ExecutionTime         *float64 `json:"execution_time"`
	Latency               *float64 `json:"latency"`
	CommandName           string   `json:"command_name"`
	Address               string   `json:"address"`
	Alias                 string   `json:"alias"`
	SupervisorDisplayName string   `json:"supervisor_display_name"`
	Notes                 string   `json:"notes"`
	NotesURL              string   `json:"notes_url"`
	ActionURL             string   `json:"action_url"`
	Hostgroups            []string `json:"hostgroups"`
	Servicegroups         []string `json:"servicegroups"`
	Contactgroups         []string `json:"contactgroups"`
	Acknowledged          *bool    `json:"acknowledged"`
	IsFlapping            *bool    `json:"is_flapping"`
	DowntimeDepth         *int     `json:"scheduled_downtime_depth"`
	APP                   string   `json:"APP"`
}

// usualInventory has the usual custom variables: upper case, no reserved name.
func usualInventory() inventory {
	inv := testInventory()
	inv.objects[service].CustomVars = []supervision.CustomVar{{Name: "APP", Value: "app-0"}}
	return inv
}

// usualRecord is a check result of the usual size.
func usualRecord() *supervision.Record {
	rec := checkRecord(service, supervision.Critical)
	rec.Check.Output = `CRITICAL - "/var/log" 91% plein: 2643 MB libres, ` +
		`débit élevé sur eth0 (seuil 80/90), voir http://wiki.example.org/alertes?id=17&mode=x`
	rec.Check.LongOutput = "/boot 68 MB (69% inode=99%)\n/home 69357 MB (27% inode=99%)\n" +
		"/var/log 819 MB (84% inode=98%)"
	rec.Check.Perfdata = "/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB;253404;253409;0;253414 " +
		"'/var/log x'=818MB;970;975;0;980"
	rec.Check.Latency, rec.Check.Execution = 0.088, 0.028887
	return rec
}

func usualWire() *wireCheck {
	c := usualRecord().Check
	ptr := func(n int) *int { return &n }
	return &wireCheck{
		Connector: "nagios", ConnectorName: "Central", EventType: "check", SourceType: "resource", Component: "h00",
		Resource: "svc0", Timestamp: 1795426840, SupervisorTimestamp: 1795426840, State: 3, SupervisorState: "CRITICAL",
		StateType: ptr(1), CheckType: ptr(0), CurrentAttempt: ptr(1), MaxAttempts: ptr(3),
		Output: c.Output, LongOutput: c.LongOutput, PerfData: c.Perfdata, PerfDataRaw: c.Perfdata,
		ExecutionTime: &c.Execution, Latency: &c.Latency, CommandName: "check_x", Address: "127.0.1.0", Alias: "Host 0",
		SupervisorDisplayName: "The service", NotesURL: "http://notes/h00/svc0",
		Hostgroups: []string{"hg-all", "hg-even"}, Servicegroups: []string{"sg-0", "sg-all"}, Contactgroups: []string{},
		APP: "app-0",
	}
}

// TestSameAsEncodingJSON compares the hand-written encoder with encoding/json.
func TestSameAsEncodingJSON(t *testing.T) {
	events, _ := newMapper(t, testOptions()).Map(nil, usualRecord(), usualInventory(), nil, now)
	marshalled, err := json.Marshal(usualWire())
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal(marshalled, &want), json.Unmarshal(events[0].Body, &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// usualDraft is a draft ready to become the event of usualRecord.
func usualDraft(m *Mapper) *draft {
	d := &draft{m: m}
	d.begin(usualRecord(), checkEvent, usualInventory(), nil)
	return d
}

// TestAllocations: a check allocates its body, one string for the keys, and nothing
// else.
func TestAllocations(t *testing.T) {
	d := usualDraft(newMapper(t, testOptions()))
	rec := d.rec
	var inv supervision.Inventory = usualInventory()
	got := testing.AllocsPerRun(100, func() {
		if _, outcome := d.event(now); outcome.Reason != Sent {
			t.Fatal(outcome)
		}
		d.reset()
		d.begin(rec, checkEvent, inv, nil)
	})
	if got != 2 {
		t.Errorf("%v allocations for an event", got)
	}
}

func BenchmarkMarshal(b *testing.B) {
	wire := usualWire()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(wire); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncode is the part of Map that BenchmarkMarshal does: it encodes an event
// whose parts are known. It also cleans text, sorts groups and checks the names of
// custom variables.
func BenchmarkEncode(b *testing.B) {
	d := usualDraft(newMapper(b, testOptions()))
	d.component, d.resource = "h00", "svc0"
	d.setTime(now)
	d.setText()
	b.ReportAllocs()
	for b.Loop() {
		d.buf, d.keys = d.buf[:0], d.keys[:0]
		d.write()
	}
	b.SetBytes(int64(len(d.buf)))
}

func BenchmarkMap(b *testing.B) {
	m := newMapper(b, testOptions())
	rec := usualRecord()
	var inv supervision.Inventory = usualInventory()
	var dst [1]outbox.Event
	b.ReportAllocs()
	for b.Loop() {
		m.Map(dst[:0], rec, inv, nil, now)
	}
}

// BenchmarkPerfdata is the performance data of the usual plugins.
func BenchmarkPerfdata(b *testing.B) {
	var buf []byte
	usual := usualRecord().Check.Perfdata
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range []string{
			usual,
			"rta=0.129000ms;100.000000;500.000000;0.000000 pl=0%;20;60;0",
			"load1=0.000;5.000;5.000;0; load5=0.010;10.000;10.000;0; load15=0.090;15.000;15.000;0;",
			"time=0.000569s;;;0.000000;10.000000 size=10975B;;;0",
			"'eth0_in_octet'=29916609c 'eth0_out_octet'=72601193c 'eth0_in_error'=0c 'eth0_speed_bps'=1000000000",
		} {
			buf, _ = appendPerfdata(buf[:0], raw, Canopsis2410, 1<<16)
		}
	}
}
