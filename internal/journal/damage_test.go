package journal

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"

	"github.com/google/go-cmp/cmp"
)

// crashed returns the files of a journal as a crash leaves them, and the length
// of its write-ahead log after each commit: the nth one has the events up to
// 5n.
func crashed(t *testing.T) (db, wal []byte, ends []int64) {
	t.Helper()
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	for n := 1; n <= 40; n++ {
		mustAppend(t, j, commit(5*n-4, 5*n))
		ends = append(ends, fileSize(path+"-wal"))
	}
	return mustReadFile(t, path), mustReadFile(t, path+"-wal"), ends
}

// crashedCopy copies the files of an open journal, as a crash leaves them.
func crashedCopy(t *testing.T, path string) string {
	t.Helper()
	copied := tempPath(t)
	mustWriteFile(t, copied, mustReadFile(t, path))
	mustWriteFile(t, copied+"-wal", mustReadFile(t, path+"-wal"))
	return copied
}

func mustReadFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func mustWriteFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o640); err != nil {
		t.Fatal(err)
	}
}

// mustBeEvent checks that the entry is the event whose number is its id.
func mustBeEvent(t *testing.T, e outbox.Message) {
	t.Helper()
	want := event(int(e.ID))
	if bytes.Equal(e.Body, want.Body) {
		want.Body, e.Body = nil, nil // cmp takes its time for bytes
	}
	if diff := cmp.Diff(want, e.Event); diff != "" {
		t.Fatalf("event %d is wrong: %s", e.ID, diff)
	}
}

func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestTornLog cuts the write-ahead log at random places: what was committed
// before is there, events and position agree, and the rest is reported.
func TestTornLog(t *testing.T) {
	t.Parallel()
	db, wal, ends := crashed(t)
	random := seeded(t)
	for range 60 {
		torn := wal[:random.Int64N(int64(len(wal)))]
		checkLog(t, db, torn, ends, func(kept int, cut int64, log *testlog.Buffer, j *Journal) {
			atCommit := cut == 0 || kept > 0 && ends[kept-1] == cut
			if !atCommit && cut > walHeaderSize && log.Count("unfinished commit") != 1 {
				t.Errorf("cut at %d: not reported\n%s", cut, log)
			}
		})
	}
}

// TestFlippedLog flips a byte of the write-ahead log.
func TestFlippedLog(t *testing.T) {
	t.Parallel()
	db, wal, ends := crashed(t)
	random := seeded(t)
	for range 60 {
		at := random.Int64N(int64(len(wal)))
		damaged := slices.Clone(wal)
		damaged[at] ^= 1 << random.IntN(8)
		checkLog(t, db, damaged, ends, func(_ int, _ int64, log *testlog.Buffer, j *Journal) {
			// A flip in the last commit looks like a torn write.
			last := at >= ends[len(ends)-2]
			reported := j.Stats().Damaged > 0 && recovered(j)
			if !reported && !(last && log.Count("unfinished commit") == 1) {
				t.Errorf("flipped at %d of %d: not reported\n%s", at, len(wal), log)
			}
		}, at)
	}
}

// checkLog opens a journal with a damaged log, checks that exactly the commits
// that end before the damage (by default the end of the log) are there, and
// calls check with their number.
func checkLog(t *testing.T, db, wal []byte, ends []int64,
	check func(kept int, cut int64, log *testlog.Buffer, j *Journal), at ...int64,
) {
	t.Helper()
	path := tempPath(t)
	mustWriteFile(t, path, db)
	mustWriteFile(t, path+"-wal", wal)
	sound := int64(len(wal))
	if len(at) > 0 {
		sound = at[0]
	}
	kept := 0
	for kept < len(ends) && ends[kept] <= sound {
		kept++
	}
	var log testlog.Buffer
	j := openTest(t, Options{Path: path, Logger: log.Logger()})
	var want []string
	for n := 1; n <= 5*kept; n++ {
		want = append(want, event(n).MessageID)
	}
	if got := messages(readAll(t, j, 0)); !slices.Equal(got, want) {
		t.Errorf("sound up to %d: %d events, want %d", sound, len(got), len(want))
	}
	if got, _ := strconv.Atoi(mustPosition(t, j, "source")); got != 5*kept {
		t.Errorf("sound up to %d: position %d, want %d", sound, got, 5*kept)
	}
	check(kept, int64(len(wal)), &log, j)
	mustAppend(t, j, commit(1000, 1000))
	mustClose(t, j)
}

// TestFlippedDatabase flips bytes anywhere in the database file. The journal
// must open, return nothing that is wrong, and report what is missing as soon as
// everything has been read and released.
func TestFlippedDatabase(t *testing.T) {
	t.Parallel()
	const events = 600
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustRegister(t, j, "p")
	for n := 1; n <= events; n += 100 {
		mustAppend(t, j, commit(n, n+99))
	}
	mustClose(t, j)
	sound := mustReadFile(t, path)
	random := seeded(t)
	var setAside, whole int
	for try := range 100 {
		at := random.IntN(len(sound))
		if try%3 == 0 { // the heads of pages are few and matter most
			at = at&^4095 + random.IntN(32)
		}
		if at >= userVersionOffset && at < userVersionOffset+4 {
			at += 4 // a greater version is refused, not repaired
		}
		damaged := slices.Clone(sound)
		damaged[at] ^= 1 << random.IntN(8)
		path := tempPath(t)
		mustWriteFile(t, path, damaged)
		var log testlog.Buffer
		j := openTest(t, Options{Path: path, Logger: log.Logger()})
		mustRegister(t, j, "p")
		got := readAll(t, j, 0)
		for _, e := range got {
			mustBeEvent(t, e)
		}
		position := mustPosition(t, j, "source")
		mustAppend(t, j, commit(events+1, events+1))
		again := readAll(t, j, 0)
		if last := again[len(again)-1]; last.MessageID != event(events+1).MessageID {
			t.Errorf("flipped at %d: then appended, but read %s", at, last.MessageID)
		} else {
			mustRelease(t, j, "p", last.ID)
		}
		stats := j.Stats()
		switch reported := stats.Damaged+stats.SetAside > 0 && recovered(j); {
		case (len(got) < events || position != strconv.Itoa(events)) && !reported:
			t.Errorf("flipped at %d: %d events, position %q, %+v, log: %s", at, len(got), position, stats, log.String())
		case len(got) == events:
			whole++
		}
		setAside += int(stats.SetAside)
		mustClose(t, j)
	}
	t.Logf("all events there in %d of 100, files set aside: %d", whole, setAside)
}

// TestUnknownWriteVersion flips a bit that lets SQLite read the file, but not
// write it.
func TestUnknownWriteVersion(t *testing.T) {
	const writeVersion = 18 // https://www.sqlite.org/fileformat.html#the_database_header
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, commit(1, 10))
	mustClose(t, j)
	damaged := mustReadFile(t, path)
	damaged[writeVersion] ^= 1 << 3
	mustWriteFile(t, path, damaged)
	j = openTest(t, Options{Path: path})
	mustAppend(t, j, commit(11, 11))
	if got := len(readAll(t, j, 0)); got != 11 {
		t.Errorf("%d events of 11", got)
	}
	if stats := j.Stats(); stats.SetAside != 1 || !recovered(j) {
		t.Errorf("%+v", stats)
	}
}

func TestWhatIsNoJournalIsSetAside(t *testing.T) {
	garbage := make([]byte, 100_000)
	for i := range garbage {
		garbage[i] = byte(i * i)
	}
	for name, spoil := range map[string]func(path string){
		"garbage":   func(path string) { mustWriteFile(t, path, garbage) },
		"short":     func(path string) { mustWriteFile(t, path, []byte("not a database")) },
		"truncated": func(path string) { mustWriteFile(t, path, mustReadFile(t, path)[:8192]) },
		"half": func(path string) {
			content := mustReadFile(t, path)
			mustWriteFile(t, path, content[:len(content)/2])
		},
		"negative": func(path string) { execute(t, path, "PRAGMA user_version = -1") },
		"foreign":  func(path string) { execute(t, path, "DROP TABLE events; PRAGMA user_version = 0") },
		"no table": func(path string) {
			execute(t, path, "DROP TABLE states")
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			j := openTest(t, Options{Path: path})
			mustAppend(t, j, commit(1, 100))
			mustClose(t, j)
			spoil(path)
			before := mustReadFile(t, path)
			var log testlog.Buffer
			j = openTest(t, Options{Path: path, Logger: log.Logger()})
			if stats := j.Stats(); stats.SetAside != 1 || !recovered(j) {
				t.Errorf("%+v", stats)
			}
			if log.Count("level=ERROR") != 1 {
				t.Error(log.String())
			}
			mustAppend(t, j, commit(101, 101))
			got := readAll(t, j, 0)
			if len(got) == 0 || got[len(got)-1].MessageID != event(101).MessageID {
				t.Error(messages(got))
			}
			t.Logf("%d of 100 events came over", len(got)-1)
			aside, _ := filepath.Glob(path + ".damaged-*")
			if len(aside) != 1 || !slices.Equal(mustReadFile(t, aside[0]), before) {
				t.Errorf("set aside as %v, or not what it was", aside)
			}
			mustClose(t, j)
			j = openTest(t, Options{Path: path})
			if stats := j.Stats(); stats.SetAside != 0 || recovered(j) {
				t.Errorf("again: %+v", stats)
			}
		})
	}
}

// execute runs SQL on a closed or open journal, as damage or an administrator
// would.
func execute(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestRowsWithAWrongChecksum(t *testing.T) {
	path := tempPath(t)
	var log testlog.Buffer
	j := openTest(t, Options{Path: path, Logger: log.Logger()})
	mustRegister(t, j, "p")
	mustAppend(t, j, commit(1, 20))
	mustAppend(t, j, outbox.Commit{Source: "sound", Position: []byte("x")})
	mustClose(t, j) // which brings the states into their table
	execute(t, path, `
		UPDATE events SET body = 'changed' WHERE id IN (3, 4, 20);
		UPDATE events SET time_us = 'x' WHERE id = 6;
		UPDATE positions SET position = 'changed' WHERE source = 'source';
		UPDATE states SET value = 'changed' WHERE key = 'host-3'`)
	j = openTest(t, Options{Path: path, Logger: log.Logger()})
	want := messageIDs(1, 2, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
	for range 2 { // reported once
		if diff := cmp.Diff(want, messages(readAll(t, j, 0))); diff != "" {
			t.Error(diff)
		}
	}
	if stats := j.Stats(); stats.Damaged != 4 || stats.Events != 16 || !recovered(j) {
		t.Errorf("%+v", stats)
	}
	if got := log.Count("moved to the table damaged"); got != 1 {
		t.Errorf("%d lines: %s", got, log.String())
	}
	if got, err := j.Position("source"); got != nil || err != nil || !recovered(j) {
		t.Errorf("damaged position: %q, %v", got, err)
	}
	if got := mustPosition(t, j, "sound"); got != "x" || recovered(j) {
		t.Errorf("sound position: %q", got)
	}
	got := states(t, j)
	if _, there := got["host-3"]; there || len(got) != 9 || !recovered(j) {
		t.Errorf("%v", got)
	}
	if stats := j.Stats(); stats.Damaged != 6 {
		t.Errorf("%+v", stats)
	}
	mustRelease(t, j, "p", 20)
	mustClose(t, j)
	execute(t, path, "UPDATE targets SET released = 1000; UPDATE ledger SET last_id = 1")
	j = openTest(t, Options{Path: path})
	if !recovered(j) || j.Stats().Damaged != 2 {
		t.Errorf("%+v", j.Stats())
	}
	if _, err := j.Cursor("p"); err == nil {
		t.Error("the damaged cursor counts")
	}
}

// TestDamageInUse overwrites part of the file under an open journal.
func TestDamageInUse(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustRegister(t, j, "p")
	const events = 20_000
	for n := 1; n <= events; n += 1000 {
		mustAppend(t, j, commit(n, n+999))
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(slices.Repeat([]byte("garbage "), 5000), fileSize(path)/2); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, j, 0)
	if len(got) < events*9/10 || len(got) == events {
		t.Errorf("%d of %d events", len(got), events)
	}
	for _, e := range got {
		mustBeEvent(t, e)
	}
	stats := j.Stats()
	if stats.SetAside != 1 || stats.Damaged != int64(events-len(got)) || !recovered(j) {
		t.Errorf("%d missing: %+v", events-len(got), stats)
	}
	if mustPosition(t, j, "source") != fmt.Sprint(events) || len(states(t, j)) != 10 {
		t.Error("position or states are lost")
	}
	mustAppend(t, j, commit(events+1, events+1))
	if got := readAll(t, j, events); len(got) != 1 || got[0].ID != events+1 {
		t.Errorf("%v", messages(got))
	}
	mustRelease(t, j, "p", events+1)
	eventually(t, "all is deleted", func() bool { return j.Stats().Events == 0 })
}
