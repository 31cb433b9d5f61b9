package shinkentest

import (
	"maps"
	"strings"
	"testing"
)

// TestReplay: every check result of a recording is handed over once, in order
// and with every field, every acknowledgement, comment, downtime and flapping
// change once, and nothing else.
func TestReplay(t *testing.T) {
	t.Parallel()
	modules := installed(t)
	for version, files := range excerpts() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			expected := readExpectation(t, version, files)
			eachPython(t, func(t *testing.T, python string) { expected.compare(t, modules, python) })
		})
	}
}

// TestReplayWhole plays the whole recordings with one Python: the excerpts have
// all that the module reads.
func TestReplayWhole(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	modules := installed(t)
	for version, files := range wholeRecordings(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			readExpectation(t, version, files).compare(t, modules, required)
		})
	}
}

// expectation is what the module has to write when a recording is played.
type expectation struct {
	version string
	recording
	truths []truth // of each module instance
}

func readExpectation(t *testing.T, version string, files [2]string) expectation {
	t.Helper()
	e := expectation{version: version, recording: readRecording(t, files[0], files[1])}
	for _, life := range e.lives {
		e.truths = append(e.truths, workOut(life))
	}
	return e
}

func (e expectation) compare(t *testing.T, modules, python string) {
	t.Helper()
	spool := t.TempDir()
	run(t, python, "replay.py", modules, e.file, spool, e.version)
	lives := lives(t, spool)
	if len(lives) != len(e.lives) {
		t.Fatalf("%d module instances wrote, there were %d", len(lives), len(e.lives))
	}
	for i, truth := range e.truths {
		compareResults(t, truth, lives[i])
	}
	compareEvents(t, e.recording, lives)
}

func compareResults(t *testing.T, want truth, life []record) {
	t.Helper()
	checks, states := map[object][]record{}, map[object][]record{}
	for _, r := range life {
		switch {
		case strings.HasSuffix(r["DATATYPE"], "CHECK"):
			checks[r.object()] = append(checks[r.object()], r)
		case strings.HasSuffix(r["DATATYPE"], "STATE"):
			r = maps.Clone(r)
			delete(r, "TIMET") // when the module learned of it
			states[r.object()] = append(states[r.object()], r)
		}
	}
	compareLists(t, "results", want.checks, checks)
	compareLists(t, "states", want.states, states)
}

func compareLists(t *testing.T, what string, want, got map[object][]record) {
	t.Helper()
	count := 0
	for o := range got {
		if want[o] == nil {
			t.Errorf("%s of %v, which has none", what, o)
		}
	}
	for o, list := range want {
		count += len(list)
		if len(list) != len(got[o]) {
			t.Errorf("%v: %d %s, there were %d", o, len(got[o]), what, len(list))
			continue
		}
		for i := range list {
			if !maps.Equal(list[i], got[o][i]) {
				t.Errorf("%v: %s %d is\n%v, want\n%v", o, what, i, got[o][i], list[i])
				break
			}
		}
	}
	t.Logf("%d %s", count, what)
}
