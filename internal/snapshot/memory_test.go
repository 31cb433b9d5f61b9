package snapshot

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestMemoryOfObjects(t *testing.T) {
	const objects = 110_000
	before := heapInUse()
	m := New()
	for i := range objects {
		m.objects[m.nameID(Name{Host: fmt.Appendf(nil, "srv-%05d.example.net", i)})] = object{
			facts: uint64(i), round: 1,
		}
	}
	used := heapInUse() - before
	t.Logf("%d objects: %.1f MB", len(m.objects), float64(used)/1e6)
	if len(m.objects) != objects || used > 10e6 {
		t.Errorf("%d objects take %d bytes", len(m.objects), used)
	}
	runtime.KeepAlive(m)
}

func heapInUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestUnchangedRowsCostNoAllocation(t *testing.T) {
	m := New()
	at, state, output := time.Unix(2010, 0), []byte("0"), []byte("OK")
	object, other := nameOf("h;s"), nameOf("h")
	comment, downtime := Key{ID: 1, Entry: time.Unix(900, 0)}, Key{ID: 7, Entry: time.Unix(1500, 0)}
	s := shown{at: 2010, objects: []objectRow{flapping(withDepth(service(), 1)), host()},
		comments: []commentRow{userComment(1, 900, "one")}, downtimes: []downtimeRow{work(InEffect)}}
	read(m, s)
	reading := m.Begin(at, "test")
	first := reading.Object(other)
	if first.IsNewResult(state, output) {
		first.Result(supervision.Check{Output: "OK"}, at, "check")
	}
	allocations := testing.AllocsPerRun(100, func() {
		o := reading.Object(object)
		o.Conditions(Conditions{Flapping: true, DowntimeDepth: 1})
		o = reading.Object(other)
		o.Conditions(Conditions{})
		if o.IsNewResult(state, output) || !reading.Comment(other, comment) ||
			!reading.Downtime(object, downtime, DowntimeProgress{Effect: InEffect}) {
			t.Fatal("something changed")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
