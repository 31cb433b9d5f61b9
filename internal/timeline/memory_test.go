package timeline

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func fullObject() *object {
	o := &object{
		states: states{
			known: knownState{state: 1, at: 12, set: true},
			history: []pastState{{
				knownState: knownState{state: 2, stateType: 1, attempt: 1, at: 10, set: true}, output: 11, used: true,
			}},
		},
		ack:   ack{given: true, sticky: true, text: 8, by: 1, stamp: stamp{9, 1}, of: 2},
		flaps: flaps{now: true, stamp: stamp{3, 1}},
		downtimes: &downtimes{
			running: []int64{1, 2}, ended: []int64{3}, loaded: []int64{4}, endedUnnamed: stamp{5, 1}, last: 6,
			changed: stamp{7, 2},
		},
		notes: notes{lastComment: 8, said: []said{{9, 1, 10}}},
		held: []heldRecord{{
			rec: result(web, 10, 2, "CRITICAL"), reader: 1, need: forReport, until: time.UnixMilli(1_700_000_000_200),
		}},
	}
	o.sent = report{
		start: 1, end: 2, checked: 1, state: 2, stateType: 1, attempt: 3, output: 4, execution: 15, epoch: 1,
		readers: 5, set: true, parts: parts{text: true, carried: true},
	}
	o.earlier = []report{{start: 1, end: 1, state: 1, readers: 4, set: true}}
	o.problem, o.missing, o.perfdataOff, o.doubtful = 2, 3, true, true
	return o
}

func FuzzMemory(f *testing.F) {
	f.Add(fullObject().encode())
	f.Add((&object{}).encode())
	f.Add([]byte{memoryVersion, 255, 255})
	f.Add([]byte{legacyVersion, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decodeObject(b)
		if err != nil {
			return
		}
		again, err := decodeObject(got.encode())
		if err != nil {
			t.Fatal(err)
		}
		if string(again.encode()) != string(got.encode()) {
			t.Errorf("%+v became %+v", got, again)
		}
	})
}

func TestAMemoryIsStoredWhole(t *testing.T) {
	want := fullObject()
	got, err := decodeObject(want.encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want.encode()), string(got.encode())); diff != "" {
		t.Error(diff)
	}
	for size := range len(want.encode()) {
		if _, err := decodeObject(want.encode()[:size]); !errors.Is(err, errMemory) {
			t.Errorf("cut after %d bytes: %v", size, err)
		}
	}
}

// A site whose readers change keeps the meaning of what is stored.
func TestReadersAreKnownByName(t *testing.T) {
	before := run(t, options(logReader, perfdata, status), []step{
		{"log", note(supervision.CommentAdded, 1, "bob", "hello"), 0, sent},
	})
	after := newTimeline(t, options(module, status, logReader))
	before.siteChanged = true
	before.Flush(func(key string, value []byte) {
		if err := after.Remember(key, value); err != nil {
			t.Error(err)
		}
	})
	for e, o := range before.objects {
		if err := after.Remember(e.Host+"\x00"+e.Service, o.encode()); err != nil {
			t.Error(err)
		}
	}
	if err := after.Restored(); err != nil {
		t.Fatal(err)
	}
	if got := take(after, "status", note(supervision.CommentAdded, 1, "bob", "hello"), at(10)); got != seenAlready {
		t.Errorf("the status file's: %s", got)
	}
	if got := take(after, "log", note(supervision.CommentAdded, 20, "bob", "hello"), at(20)); got != sent {
		t.Errorf("another one in the log: %s", got)
	}
}

func TestTwoReadersOfOneName(t *testing.T) {
	if _, err := New(options(logReader, logReader)); err == nil {
		t.Error("accepted")
	}
}

// What the arbiter stored: nothing of it is sent again.
func TestTheMemoryOfVersion2(t *testing.T) {
	stored, err := hex.DecodeString(legacyMemory)
	if err != nil {
		t.Fatal(err)
	}
	tl := newTimeline(t, options(logReader, status))
	if err := tl.Remember("web01\x00HTTP", stored); err != nil {
		t.Fatal(err)
	}
	if err := tl.Restored(); err != nil {
		t.Fatal(err)
	}
	for i, s := range []step{
		{"status", present(seen(web, 9, 10, 2, "CRITICAL")), 20, seenAlready},
		{"log", note(supervision.Acknowledged, 12, "bob", "on it"), 20, seenAlready},
		{"status", note(supervision.CommentAdded, 13, "bob", "hello"), 20, seenAlready},
		{"log", result(web, 30, 0, "OK"), 30, sent},
	} {
		if got := take(tl, s.from, s.rec, at(s.now)); got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
}

// What was stored before epochs and entries were: all else is as it was.
func TestTheMemoryOfVersion3(t *testing.T) {
	stored, err := hex.DecodeString(memory3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeObject(stored)
	if err != nil {
		t.Fatal(err)
	}
	want := fullObject()
	want.held, want.ack.epoch, want.flaps.epoch, want.notes.said[0].entry = nil, 0, 0, 0
	want.downtimes.changed.epoch, want.downtimes.endedUnnamed.epoch, want.doubtful = 0, 0, false
	if diff := cmp.Diff(want.encode(), got.encode()); diff != "" {
		t.Error(diff)
	}
	tl := newTimeline(t, options(status))
	site, err := hex.DecodeString(site3)
	if err != nil {
		t.Fatal(err)
	}
	if err := tl.Remember(siteKey, site); err != nil || tl.site.epoch != 2 || tl.site.started != 7 ||
		!slices.Equal(tl.names, names{"log", "status"}) {
		t.Errorf("site: %v, %+v, names %q", err, tl.site, tl.names)
	}
}

// memory3 is fullObject, without what it holds, and site3 a site of the readers log and
// status, as version 3 stored them.
const (
	memory3 = "033f030400061204020302020106041e01050001000200010001000000000004010100001801020102140b13000103080112" +
		"00020106000e0a0c0202040106010810010901"
	site3 = "030e00000202036c6f67067374617475730000"
)

// legacyMemory is that of a service with a problem, an acknowledgement and a comment,
// as the arbiter stored it.
const legacyMemory = "021b94c49fd50c94c49fd50c02010288aa819a02000102010294c49fd50c0000" +
	"968bd69ce79f99c1050198c49fd50c00000000000002968bd69ce79f99c1050185a4cfa6f8dcc6b2c6010100"
