package logfile

import (
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	for line, want := range map[string]int64{
		"[1700000000] LOG ROTATION: DAILY\n": 1700000000,
		"[1700000001] \n":                    1700000001,
		"no time\n":                          0,
		"[x] y\n":                            0,
		"":                                   0,
	} {
		at, known := stamp([]byte(line))
		if known != (want != 0) || known && !at.Equal(time.Unix(want, 0)) {
			t.Errorf("%q: %v, %v", line, at, known)
		}
	}
}
