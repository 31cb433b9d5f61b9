package supervision

import (
	"testing"
	"time"
)

func TestMeterKeepsTheNewestRecordAndTheLastEnd(t *testing.T) {
	var m Meter
	if got := m.Progress(); got != (Progress{}) {
		t.Errorf("a source that has read nothing is at %+v", got)
	}
	first, second, end := time.Unix(100, 0), time.Unix(200, 0), time.Unix(300, 0)
	m.Handed(Batch{Records: []Record{{Time: second}, {Time: first}}, EndSeen: end}, "a", 10, 20)
	m.Handed(Batch{Records: []Record{{Time: first}}}, "b", 30, 40)
	want := Progress{Path: "b", Offset: 30, Size: 40, Newest: second, EndSeen: end}
	if got := m.Progress(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
