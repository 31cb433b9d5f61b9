package eventmap

import (
	"slices"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// jsonType reports whether a documented type allows the JSON value.
func jsonType(typ string, value any) bool {
	switch v := value.(type) {
	case nil:
		return typ == intOrNot || typ == numOrNot || typ == boolOrNo
	case string:
		return typ == aString
	case bool:
		return typ == aBool || typ == boolOrNo
	case float64:
		whole := v == float64(int64(v))
		return typ == "number" || typ == numOrNot || whole && (typ == anInt || typ == intOrNot)
	case []any:
		return typ == aList
	}
	return false
}

// samples returns records of every kind, complete and with as little as possible.
func samples() []*supervision.Record {
	var all []*supervision.Record
	for kind := supervision.CheckResult; kind <= supervision.SupervisorStopped; kind++ {
		for _, e := range []supervision.Entity{host, service} {
			rec := record(kind, e)
			switch kind {
			case supervision.CheckResult, supervision.PresentState:
				rec.Check = checkRecord(e, supervision.Warning).Check
				rec.Check.Flags = &supervision.Flags{}
				bare := record(kind, e)
				bare.Check = &supervision.Check{
					StateType: supervision.StateTypeNotReported, CheckType: supervision.CheckTypeNotReported,
				}
				all = append(all, bare)
			case supervision.DowntimeScheduled, supervision.DowntimeStarted, supervision.DowntimeEnded,
				supervision.DowntimeCancelled:
				withDowntime(rec)
			case supervision.CommentAdded:
				withNote(rec)
			default:
				noted := record(kind, e)
				withNote(noted)
				all = append(all, noted)
			}
			all = append(all, rec)
		}
	}
	return all
}

// Each field that is documented for a type of event is sent with it, in every
// version that has it and whatever the record contains; and nothing else is sent.
func TestFieldsAreWhatIsSent(t *testing.T) {
	documented := make(map[string]Field)
	for _, f := range Fields() {
		documented[f.Name] = f
	}
	seen := make(map[string]map[string]bool) // by event type
	for _, g := range generations {
		m := newMapper(t, testOptions(func(o *Options) {
			o.Canopsis, o.Events.DowntimeComment, o.Tags = g.version, true, map[string]string{"a": "b"}
		}))
		for _, rec := range samples() {
			events, _ := m.Map(nil, rec, inventory{}, nil, now)
			for _, e := range events {
				body := decode(t, m, e)
				typ := body["event_type"].(string)
				if seen[typ] == nil {
					seen[typ] = make(map[string]bool)
				}
				for key, value := range body {
					seen[typ][key] = true
					f, ok := documented[key]
					if !ok || !slices.Contains(f.Events, typ) || key != "tags" && !jsonType(f.Type, value) {
						t.Errorf("%s: %s event with %s: %v, documented as %q", g.name, typ, key, value, f.Type)
					}
				}
				if g.version.python() {
					continue
				}
				for _, f := range fields {
					if _, has := body[f.Name]; f.in&typeNamed(typ) != 0 && !has && f.Name != "resource" {
						t.Errorf("%s: %s event without %s", g.name, typ, f.Name)
					}
				}
			}
		}
	}
	for _, f := range Fields() {
		if f.Source == "" || f.Meaning == "" || f.Type == "" || len(f.Events) == 0 {
			t.Errorf("%s is not documented: %+v", f.Name, f)
		}
	}
	for _, f := range fields {
		for _, n := range eventTypeNames {
			if f.in&n.typ != 0 && !seen[n.name][f.Name] {
				t.Errorf("no %s event has %s", n.name, f.Name)
			}
		}
	}
}

func typeNamed(name string) eventType {
	for _, n := range eventTypeNames {
		if n.name == name {
			return n.typ
		}
	}
	return 0
}

// A Mapper has no state: from several goroutines it returns the same events as from
// one, and events that it returned don't change.
func TestConcurrentUse(t *testing.T) {
	m := newMapper(t, testOptions())
	rec := checkRecord(service, supervision.Critical)
	want, _ := m.Map(nil, rec, testInventory(), nil, now)
	done := make(chan int)
	for range 4 {
		go func() {
			wrong := 0
			for i := range 200 {
				other, _ := m.Map(nil, checkRecord(supervision.Entity{Host: repeat("x", i+1)}, supervision.Up),
					nil, nil, now.Add(time.Second))
				got, _ := m.Map(other, rec, testInventory(), nil, now)
				if string(got[1].Body) != string(want[0].Body) || got[1].RoutingKey != want[0].RoutingKey ||
					got[0].Entity != repeat("x", i+1) {
					wrong++
				}
			}
			done <- wrong
		}()
	}
	for range 4 {
		if wrong := <-done; wrong != 0 {
			t.Errorf("%d events are not those of a single goroutine", wrong)
		}
	}
}
