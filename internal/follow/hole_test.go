package follow

import (
	"os"
	"runtime"
	"testing"
)

// A hole in a file is one long line of zeros.
func TestAHoleTakesNoMemory(t *testing.T) {
	const hole = 300 << 20
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "one\n")
		d.check(os.Truncate(d.to(""), hole))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d.append("", "\ntwo\n")
		r := d.follow(nil)
		r.want("one", "two")
		runtime.ReadMemStats(&after)
		r.wantNotices(Oversized)
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%d MiB were allocated", took>>20)
		}
		if took := after.Sys - before.Sys; took > 64<<20 {
			t.Errorf("%d MiB were taken", took>>20)
		}
	})
}
