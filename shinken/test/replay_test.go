package shinkentest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestReplay: every check result of a recording is handed over once, in order
// and with every field, every acknowledgement, comment, downtime and flapping
// change once, and nothing else.
func TestReplay(t *testing.T) {
	modules := installed(t)
	type named struct {
		version string
		recording
		truths []truth
	}
	var all []named
	for version, files := range recordings(t) {
		r := named{version: version, recording: readRecording(t, files[0], files[1])}
		for _, life := range r.lives {
			r.truths = append(r.truths, workOut(life))
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.version, b.version) })
	eachPython(t, func(t *testing.T, python string) {
		for _, r := range all {
			if strings.HasSuffix(r.version, "-whole") && python != required {
				continue // the excerpts have all that the module reads
			}
			t.Run(r.version, func(t *testing.T) {
				spool := t.TempDir()
				run(t, python, "replay.py", modules, r.file, spool, strings.TrimSuffix(r.version, "-whole"))
				lives := lives(t, spool)
				if len(lives) != len(r.lives) {
					t.Fatalf("%d module instances wrote, there were %d", len(lives), len(r.lives))
				}
				for i, truth := range r.truths {
					compareResults(t, truth, lives[i])
				}
				compareEvents(t, r.recording, lives)
			})
		}
	})
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
