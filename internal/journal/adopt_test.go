package journal

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func statesOf(t testing.TB, j *Journal, scope outbox.Scope) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := j.States(scope, func(key string, value []byte) error {
		got[key] = string(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// site makes a commit of a site: a position and states, each a pair of a key and
// a value.
func site(scope outbox.Scope, position string, states ...string) outbox.Commit {
	c := outbox.Commit{}
	if position != "" {
		c.Source, c.Position = scope.Key("log"), []byte(position)
	}
	for i := 0; i < len(states); i += 2 {
		s := outbox.State{Key: scope.Key(states[i]), Value: []byte(states[i+1])}
		if states[i+1] == "-" {
			s.Value = nil
		}
		c.States = append(c.States, s)
	}
	return c
}

func TestStatesOfSitesDoNotMix(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	want := map[outbox.Scope]map[string]string{
		"":       {"": "empty", "h": "1", "z": "2", "paris": "3"},
		"paris":  {"": "empty", "h": "4", "h\x00s": "5"},
		"paris2": {"h": "6"},
		"none":   {},
	}
	for scope, states := range want {
		for key, value := range states {
			mustAppend(t, j, site(scope, "", key, value))
		}
	}
	for range 2 { // recent, then in their table
		for scope, states := range want {
			if diff := cmp.Diff(states, statesOf(t, j, scope)); diff != "" {
				t.Errorf("scope %q: %s", scope, diff)
			}
		}
		mustClose(t, j)
		j = openTest(t, Options{Path: path})
	}
}

func TestStatesAreReadInPages(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	want := map[outbox.Scope]map[string]string{"": {}, "a": {}, "b": {}}
	for scope, states := range want {
		var c outbox.Commit
		for n := range 2*pageStates + 5 {
			states[event(n).MessageID] = event(n).MessageID + string(scope)
		}
		for key, value := range states {
			c.States = append(c.States, outbox.State{Key: scope.Key(key), Value: []byte(value)})
		}
		mustAppend(t, j, c)
	}
	mustClose(t, j)
	execute(t, path, "UPDATE states SET value = 'changed' WHERE key = 'message-1000'")
	delete(want[""], "message-1000")
	j = openTest(t, Options{Path: path})
	for scope, states := range want {
		if !maps.Equal(states, statesOf(t, j, scope)) {
			t.Errorf("scope %q: not all states are there", scope)
		}
	}
	if stats := j.Stats(); stats.Damaged != 1 {
		t.Errorf("%+v", stats)
	}
}

// Whoever reads the states slowly holds up neither commits nor other readers.
func TestASlowReaderHoldsNobody(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustAppend(t, j, commit(1, 10))
	err := j.States("", func(string, []byte) error {
		mustAppend(t, j, commit(11, 11))
		if got := mustPosition(t, j, "source"); got != "11" {
			t.Errorf("position %s", got)
		}
		readAll(t, j, 0)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stored  []outbox.Commit
		to      outbox.Scope
		from    []outbox.Scope
		want    outbox.Scope
		found   bool
		becomes map[string]string // states of the scope to
		pos     string            // and its position
		rest    map[string]string // states of the empty scope
	}{
		"nothing there": {
			nil, "paris", []outbox.Scope{"", "old"}, "", false,
			map[string]string{}, "", map[string]string{},
		},
		"the empty scope": {
			[]outbox.Commit{site("", "7", "a", "1", "b", "2", "a", "-")}, "paris", []outbox.Scope{""}, "", true,
			map[string]string{"b": "2"}, "7", map[string]string{},
		},
		"into the empty scope": {
			[]outbox.Commit{site("old", "7", "a", "1")}, "", []outbox.Scope{"old"}, "old", true,
			map[string]string{"a": "1"}, "7", map[string]string{"a": "1"},
		},
		"the first that has any": {
			[]outbox.Commit{site("b", "", "x", "1"), site("c", "9", "y", "2"), site("", "1", "z", "3")},
			"paris", []outbox.Scope{"a", "b", "c", ""}, "b", true,
			map[string]string{"x": "1"}, "", map[string]string{"z": "3"},
		},
		"a position alone": {
			[]outbox.Commit{site("b", "9")}, "paris", []outbox.Scope{"b"}, "b", true,
			map[string]string{}, "9", map[string]string{},
		},
		"it has a state": {
			[]outbox.Commit{site("", "7", "a", "1"), site("paris", "", "a", "2")},
			"paris", []outbox.Scope{""}, "", false,
			map[string]string{"a": "2"}, "", map[string]string{"a": "1"},
		},
		"it has a position": {
			[]outbox.Commit{site("", "7", "a", "1"), site("paris", "8")}, "paris", []outbox.Scope{""}, "", false,
			map[string]string{}, "8", map[string]string{"a": "1"},
		},
		"its states are deleted": {
			[]outbox.Commit{site("", "7", "a", "1"), site("paris", "", "a", "2", "a", "-")},
			"paris", []outbox.Scope{""}, "", true,
			map[string]string{"a": "1"}, "7", map[string]string{},
		},
		"itself": {
			[]outbox.Commit{site("", "7")}, "paris", []outbox.Scope{"paris"}, "", false,
			map[string]string{}, "", map[string]string{},
		},
	} {
		for _, folded := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				path := tempPath(t)
				j := openTest(t, Options{Path: path})
				for _, c := range test.stored {
					mustAppend(t, j, c)
				}
				if folded {
					mustClose(t, j)
					j = openTest(t, Options{Path: path})
				}
				got, found, err := j.Adopt(testContext(t), test.to, test.from...)
				if err != nil || got != test.want || found != test.found {
					t.Errorf("%q, %v, %v", got, found, err)
				}
				killed := crashedCopy(t, path)
				check := func(j *Journal) {
					t.Helper()
					if diff := cmp.Diff(test.becomes, statesOf(t, j, test.to)); diff != "" {
						t.Error(diff)
					}
					if got := mustPosition(t, j, test.to.Key("log")); got != test.pos {
						t.Errorf("position %q", got)
					}
					if diff := cmp.Diff(test.rest, statesOf(t, j, "")); diff != "" {
						t.Errorf("the empty scope: %s", diff)
					}
					if found && test.want != test.to {
						if got := mustPosition(t, j, test.want.Key("log")); got != "" {
							t.Errorf("the position of %q is still there", test.want)
						}
					}
					if j.Stats().Damaged != 0 {
						t.Errorf("%+v", j.Stats())
					}
				}
				check(j)
				mustClose(t, j)
				check(openTest(t, Options{Path: path}))
				check(openTest(t, Options{Path: killed}))
				_, found, err = openTest(t, Options{Path: tempPath(t)}).Adopt(testContext(t), test.to, test.from...)
				if err != nil || found {
					t.Errorf("from an empty journal: %v, %v", found, err)
				}
			})
		}
	}
}

// A kill in the middle of Adopt leaves all or nothing: here each prefix of what
// it writes.
func TestAdoptIsOneStep(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, site("", "7", "a", "1", "b", "2"))
	mustClose(t, j)
	j = openTest(t, Options{Path: path})
	mustAppend(t, j, site("", "8", "c", "3"))
	db, before := mustReadFile(t, path), fileSize(path+"-wal")
	if _, found, err := j.Adopt(testContext(t), "paris", ""); err != nil || !found {
		t.Fatal(found, err)
	}
	wal := mustReadFile(t, path+"-wal")
	was := map[string]string{"a": "1", "b": "2", "c": "3"}
	for cut := before; cut <= int64(len(wal)); cut += (walFrameHeaderSize + pageSize) / 2 {
		killed := tempPath(t)
		mustWriteFile(t, killed, db)
		mustWriteFile(t, killed+"-wal", wal[:cut])
		j := openTest(t, Options{Path: killed})
		scope, other := outbox.Scope(""), outbox.Scope("paris")
		if cut == int64(len(wal)) {
			scope, other = other, scope
		}
		if diff := cmp.Diff(was, statesOf(t, j, scope)); diff != "" || len(statesOf(t, j, other)) != 0 ||
			mustPosition(t, j, scope.Key("log")) != "8" || mustPosition(t, j, other.Key("log")) != "" {
			t.Errorf("cut at %d of %d: %s", cut, len(wal), diff)
		}
		mustClose(t, j)
	}
}
