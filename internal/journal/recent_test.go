package journal

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"

	"github.com/google/go-cmp/cmp"
)

func TestTheNewestStateCounts(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	put := func(kv ...string) {
		t.Helper()
		var c outbox.Commit
		for i := 0; i < len(kv); i += 2 {
			s := outbox.State{Key: kv[i], Value: []byte(kv[i+1])}
			if kv[i+1] == "-" {
				s.Value = nil
			}
			c.States = append(c.States, s)
		}
		mustAppend(t, j, c)
	}
	put("a", "1", "b", "1", "gone", "1")
	mustClose(t, j)
	j = openTest(t, Options{Path: path})
	put("b", "2", "gone", "-", "c", "", "late", "1")
	put("b", "3", "late", "-", "a\x00x", "y")
	want := map[string]string{"a": "1", "b": "3", "c": "", "a\x00x": "y"}
	if diff := cmp.Diff(want, states(t, j)); diff != "" {
		t.Errorf("before they are folded: %s", diff)
	}
	mustClose(t, j)
	j = openTest(t, Options{Path: path})
	if diff := cmp.Diff(want, states(t, j)); diff != "" {
		t.Errorf("after: %s", diff)
	}
}

func TestRecentStatesAreFoldedWhileItRuns(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	value := bytes.Repeat([]byte("x"), 1<<20)
	for i := range 3 * foldAbove >> 20 {
		mustAppend(t, j, outbox.Commit{States: []outbox.State{{Key: fmt.Sprint(i % 2), Value: value}}})
	}
	if got := j.Stats().Bytes; got > 2*foldAbove {
		t.Errorf("%d bytes in use for two states of 1 MiB", got)
	}
}

func TestADamagedRowOfRecentStatesIsReported(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, outbox.Commit{States: []outbox.State{{Key: "a", Value: []byte("1")}}})
	mustAppend(t, j, outbox.Commit{States: []outbox.State{{Key: "b", Value: []byte("1")}}})
	path = crashedCopy(t, path)
	execute(t, path, "UPDATE recent SET states = 'changed' WHERE id = 1")
	j = openTest(t, Options{Path: path})
	if diff := cmp.Diff(map[string]string{"b": "1"}, states(t, j)); diff != "" {
		t.Error(diff)
	}
	if j.Stats().Damaged != 1 || !recovered(j) {
		t.Errorf("%+v", j.Stats())
	}
}

func FuzzDecodeStates(f *testing.F) {
	f.Add(encodeStates([]outbox.State{{Key: "a", Value: []byte("1")}, {Key: "b"}, {Key: "", Value: []byte{}}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, row []byte) {
		got := map[string][]byte{}
		if decodeStates(row, got) != nil {
			return
		}
		var list []outbox.State
		for key, value := range got {
			list = append(list, outbox.State{Key: key, Value: value})
		}
		again := map[string][]byte{}
		if err := decodeStates(encodeStates(list), again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnEmptiedJournalIsReported(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	if recovered(j) {
		t.Error("a new journal is reported as a loss")
	}
	mustAppend(t, j, commit(1, 5))
	mustClose(t, j)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	var log testlog.Buffer
	j = openTest(t, Options{Path: path, Logger: log.Logger()})
	if !recovered(j) || j.Stats().Damaged != 1 || log.Count("events that it held are lost") != 1 {
		t.Errorf("%+v: %s", j.Stats(), log.String())
	}
}
