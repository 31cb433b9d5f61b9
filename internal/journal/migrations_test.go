package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// contents are what version 1 itself read from the journals in testdata.
type contents struct {
	Events []struct {
		ID                    int64
		Entity, Body          []byte
		RoutingKey, MessageID string
		TimeMicro             int64
		Supersedable          bool
	}
	Positions, States map[string][]byte
	Cursors           map[string]int64
}

// olderJournal copies a journal of testdata, with its write-ahead log if it has
// one, and returns what must be in it.
func olderJournal(t *testing.T, name string) (path string, want contents) {
	t.Helper()
	path = tempPath(t)
	mustWriteFile(t, path, mustReadFile(t, filepath.Join("testdata", name+".db")))
	wal := filepath.Join("testdata", name+".db-wal")
	if _, err := os.Stat(wal); err == nil {
		mustWriteFile(t, path+"-wal", mustReadFile(t, wal))
	}
	if err := json.Unmarshal(mustReadFile(t, filepath.Join("testdata", name+".json")), &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Events) < 30 || len(want.Positions) < 3 || len(want.States) < 10 || len(want.Cursors) != 2 {
		t.Fatal("the expectation is no journal with a backlog")
	}
	return path, want
}

func (want contents) messages() []outbox.Message {
	var ms []outbox.Message
	for _, e := range want.Events {
		m := outbox.Message{ID: e.ID, Event: outbox.Event{
			Entity: string(e.Entity), Route: outbox.Bus, RoutingKey: e.RoutingKey, Body: e.Body,
			MessageID: e.MessageID, Time: time.UnixMicro(e.TimeMicro), Supersedable: e.Supersedable,
		}}
		if m.Body == nil {
			m.Body = []byte{}
		}
		ms = append(ms, m)
	}
	return ms
}

// mustContain checks that everything is there, and that nothing was reported as
// lost.
func (want contents) mustContain(t *testing.T, j *Journal) {
	t.Helper()
	if diff := cmp.Diff(want.messages(), readAll(t, j, 0)); diff != "" {
		t.Errorf("events: %s", diff)
	}
	for source, position := range want.Positions {
		if got, err := j.Position(source); err != nil || got == nil || string(got) != string(position) {
			t.Errorf("position of %s: %q, %v, want %q", source, got, err, position)
		}
	}
	stored := map[string]string{}
	for key, value := range want.States {
		stored[key] = string(value)
	}
	if diff := cmp.Diff(stored, states(t, j)); diff != "" {
		t.Errorf("states: %s", diff)
	}
	stats := j.Stats()
	if diff := cmp.Diff(want.Cursors, stats.Cursors); diff != "" {
		t.Errorf("cursors: %s", diff)
	}
	if stats.Damaged != 0 || stats.SetAside != 0 || recovered(j) || stats.Events != int64(len(want.Events)) {
		t.Errorf("%+v", stats)
	}
}

func TestOlderVersionsOpen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"v1-closed", "v1-killed"} {
		t.Run(name, func(t *testing.T) {
			path, want := olderJournal(t, name)
			for range 2 { // the second time it has the present version
				j := openTest(t, Options{Path: path})
				want.mustContain(t, j)
				mustClose(t, j)
			}
			j := openTest(t, Options{Path: path})
			mustRegister(t, j, "amqp", "stdout")
			if cursor, err := j.Cursor("amqp"); err != nil || cursor != want.Cursors["amqp"] {
				t.Errorf("cursor %d, %v", cursor, err)
			}
			last := want.Events[len(want.Events)-1].ID
			mustAppend(t, j, commit(1000, 1000))
			if got := readAll(t, j, last); len(got) != 1 || got[0].ID <= last {
				t.Errorf("%+v after %d", got, last)
			}
			mustRelease(t, j, "amqp", 1<<40)
			mustRelease(t, j, "stdout", 1<<40)
			eventually(t, "all is deleted", func() bool { return j.Stats().Events == 0 })
		})
	}
}

// TestMigrationSurvivesAKill takes the files as a kill leaves them after each
// write of the migration, which is each prefix of the write-ahead log.
func TestMigrationSurvivesAKill(t *testing.T) {
	t.Parallel()
	path, want := olderJournal(t, "v1-killed")
	db, before := mustReadFile(t, path), fileSize(path+"-wal")
	s, err := openStore(path, newChecksum())
	if err != nil {
		t.Fatal(err)
	}
	wal := mustReadFile(t, path+"-wal")
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	const frame = walFrameHeaderSize + pageSize
	if int64(len(wal)) < before+5*frame {
		t.Fatalf("the migration wrote %d bytes", int64(len(wal))-before)
	}
	for cut := before; cut <= int64(len(wal)); cut += frame / 2 {
		path := tempPath(t)
		mustWriteFile(t, path, db)
		mustWriteFile(t, path+"-wal", wal[:cut])
		j := openTest(t, Options{Path: path})
		want.mustContain(t, j)
		mustClose(t, j)
	}
}

func TestDamageOfAnOlderVersionStaysDamage(t *testing.T) {
	path, want := olderJournal(t, "v1-closed")
	execute(t, path, `
		UPDATE events SET body = 'changed' WHERE id = 9;
		UPDATE events SET time_us = 'x' WHERE id = 12;
		UPDATE positions SET position = 'changed' WHERE source = 'log';
		UPDATE states SET value = 'changed' WHERE key = 'host-3';
		UPDATE publishers SET released = 40 WHERE name = 'stdout';
		UPDATE tally SET last_id = 1`)
	j := openTest(t, Options{Path: path})
	if stats := j.Stats(); stats.Damaged != 2 || !recovered(j) || len(stats.Cursors) != 1 {
		t.Errorf("a cursor and the ledger: %+v", stats)
	}
	var sound []string
	for _, e := range want.Events {
		if e.ID != 9 && e.ID != 12 {
			sound = append(sound, e.MessageID)
		}
	}
	if diff := cmp.Diff(sound, messages(readAll(t, j, 0))); diff != "" {
		t.Error(diff)
	}
	if got, err := j.Position("log"); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got := states(t, j); len(got) != len(want.States)-1 {
		t.Errorf("%v", got)
	}
	if stats := j.Stats(); stats.Damaged != 6 || stats.SetAside != 0 {
		t.Errorf("%+v", stats)
	}
	mustRegister(t, j, "amqp")
	mustAppend(t, j, commit(1000, 1000))
	if got := readAll(t, j, 40); got[len(got)-1].ID != 43 {
		t.Errorf("%v", messages(got))
	}
}

// A page of the table of events is overwritten: SQLite refuses the file, and
// what is legible of it is copied.
func TestADamagedFileOfAnOlderVersionIsSalvaged(t *testing.T) {
	path, want := olderJournal(t, "v1-closed")
	content := mustReadFile(t, path)
	at := strings.Index(string(content), `{"n":20,`) // on a page of events
	if at < 0 {
		t.Fatal("event 20 is not in the file")
	}
	copy(content[at&^(pageSize-1):], slices.Repeat([]byte("garbage "), 20))
	mustWriteFile(t, path, content)
	j := openTest(t, Options{Path: path})
	got := readAll(t, j, 0)
	stats := j.Stats()
	if stats.SetAside != 1 || !recovered(j) {
		t.Errorf("%+v", stats)
	}
	sound := map[int64]outbox.Message{}
	for _, m := range want.messages() {
		sound[m.ID] = m
	}
	for _, m := range got {
		if diff := cmp.Diff(sound[m.ID], m); diff != "" {
			t.Error(diff)
		}
	}
	if int(stats.Damaged) != len(want.Events)-len(got) {
		t.Errorf("%d of %d events, %+v", len(got), len(want.Events), stats)
	}
	if got := mustPosition(t, j, "log"); got != string(want.Positions["log"]) || len(states(t, j)) != len(want.States) {
		t.Errorf("position %q, states %v", got, states(t, j))
	}
	if diff := cmp.Diff(want.Cursors, stats.Cursors); diff != "" {
		t.Error(diff)
	}
}

// files returns the content of all files in a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	content := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		content[d.Name()] = fmt.Sprint(info.ModTime(), string(mustReadFile(t, path)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestANewerVersionIsRefusedAndLeftAlone(t *testing.T) {
	newer := schemaVersion + 1
	for name, make := range map[string]func(path string){
		"closed": func(path string) {
			mustClose(t, openTest(t, Options{Path: path}))
			execute(t, path, fmt.Sprintf("PRAGMA user_version = %d", newer))
		},
		"killed": func(path string) { // the version is in the write-ahead log alone
			other := tempPath(t)
			j := openTest(t, Options{Path: other})
			mustAppend(t, j, commit(1, 5))
			err := j.perform(testContext(t), func(w *writer) error {
				_, err := w.store.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA user_version = %d", newer))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			copied := crashedCopy(t, other)
			if err := errors.Join(os.Rename(copied, path), os.Rename(copied+"-wal", path+"-wal")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			make(path)
			before := files(t, filepath.Dir(path))
			_, err := Open(testContext(t), Options{Path: path})
			if !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			for _, part := range []string{
				path, fmt.Sprint("version is ", newer), fmt.Sprint("up to ", schemaVersion),
				"Install the newer connector", "move the file aside",
			} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is missing in %q", part, err)
				}
			}
			if diff := cmp.Diff(before, files(t, filepath.Dir(path))); diff != "" {
				t.Errorf("files have changed: %s", diff)
			}
		})
	}
}
