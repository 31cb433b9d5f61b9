package eventmap

import (
	"math"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// FuzzMap makes records of every kind from arbitrary bytes, and checks every event
// against what each generation of Canopsis accepts.
func FuzzMap(f *testing.F) {
	f.Add(byte(1), "h", "s", "out", "long\nlines", "a=1 'b'=2", "key", "value", int64(now.Unix()), int8(2), 0.5)
	f.Add(byte(2), "h\xe9", "", "\x1b[1mé\xc3", "\x00", "'=1", "STATUS", "x", int64(-1), int8(0), math.NaN())
	f.Add(byte(3), "h", "s/t", "", "", "", "tags", "", int64(0), int8(-1), math.Inf(1))
	f.Add(byte(5), repeat("h", 300), "s", "author", "text", "", "a.b", "\n", int64(1), int8(1), 1e300)
	f.Add(byte(8), "h", "\x01", "a", "b", "", "_HOSTx", "y", int64(math.MaxInt64), int8(3), -1.0)
	f.Add(byte(9), ".", ".", "a", "b", "", "HOSTADDRESS", "y", int64(math.MinInt64), int8(3), math.Copysign(0, -1))
	var mappers []*Mapper
	for _, g := range generations {
		mappers = append(mappers, newMapper(f, testOptions(func(o *Options) {
			o.Canopsis = g.version
			o.Events.DowntimeComment = true
			o.Tags = map[string]string{"Env": "$_HOSTSITE$", "fixed": ""}
			o.Extra = map[string]any{"site": "x", "list": []string{"a"}}
			o.MaxOutput, o.MaxLongOutput, o.MaxPerfdata = 100, 200, 150
		})))
	}
	f.Fuzz(func(t *testing.T, kind byte, host, service, first, second, perf, key, value string, seconds int64, n int8,
		x float64) {
		rec, inv := fuzzRecord(kind, host, service, first, second, perf, key, value, seconds, n, x)
		for _, m := range mappers {
			events, outcome := m.Map(nil, rec, inv, nil, now)
			if (len(events) > 0) != (outcome.Reason == Sent) {
				t.Fatalf("%d events, %v", len(events), outcome.Reason)
			}
			for _, e := range events {
				decode(t, m, e)
				if len(e.MessageID) != 32 {
					t.Errorf("message id %q", e.MessageID)
				}
			}
			again, _ := m.Map(nil, rec, inv, nil, now)
			for i := range events {
				if string(again[i].Body) != string(events[i].Body) || again[i].MessageID != events[i].MessageID {
					t.Errorf("mapped again it is %s, was %s", again[i].Body, events[i].Body)
				}
			}
		}
	})
}

func fuzzRecord(kind byte, host, service, first, second, perf, key, value string, seconds int64, n int8,
	x float64) (*supervision.Record, inventory) {
	rec := &supervision.Record{
		Kind: supervision.Kind(kind % 18), Entity: supervision.Entity{Host: host, Service: service},
		Time: time.Unix(seconds, int64(kind)), Ref: first,
	}
	switch rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		rec.Check = &supervision.Check{
			State: supervision.State(n), StateType: supervision.StateType(n - 1), Attempt: int(n), Output: first,
			LongOutput: second, Perfdata: perf, Command: value, CheckType: supervision.CheckType(-n),
			Latency: x, Execution: -x,
			Extra: map[string]string{key: value, "_HOST" + value: key, "_SERVICE" + key: value, value: second},
		}
		if n > 1 {
			rec.Check.Flags = &supervision.Flags{DowntimeDepth: int(n), Flapping: kind > 100}
		}
	case supervision.Notification:
		rec.Notification = &supervision.Notify{Contact: first}
	default:
		rec.Note = &supervision.Note{ID: seconds, Author: first, Text: second, Expires: rec.Time}
		rec.Flapping = &supervision.Flapping{Text: value}
		rec.Downtime = &supervision.Downtime{
			ID: seconds, Author: first, Comment: second, Start: rec.Time,
			End: rec.Time.Add(time.Duration(n) * time.Hour), Fixed: n > 0, Duration: time.Duration(seconds),
			Text: value,
		}
		if n > 2 {
			rec.Note = nil
		}
	}
	object := &supervision.Object{
		Alias: first, Address: second, Groups: []string{value, key, value}, Notes: perf, NotesURL: key,
		ContactGroups: []string{second},
		CustomVars: []supervision.CustomVar{
			{Name: key, Value: value}, {Name: value, Value: perf}, {Name: "SITE", Value: first},
		},
	}
	return rec, inventory{
		objects: map[supervision.Entity]*supervision.Object{{Host: host}: object, rec.Entity: object},
	}
}
