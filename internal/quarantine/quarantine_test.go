package quarantine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func fixed() time.Time { return time.Unix(1700000000, 0) }

func read(t *testing.T, path string) []entry {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []entry
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var e entry
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			t.Fatalf("%q: %v", sc.Text(), err)
		}
		out = append(out, e)
	}
	return out
}

func TestKeepsEveryByteWithItsReason(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "quarantine.ndjson")
	q := New(path, 1<<20, fixed)
	latin1 := []byte("d\xe9faut")
	err := q.Add(
		supervision.Rejected{
			Source: "log", Where: "nagios.log:12", Reason: "field 2 is not a state", Raw: []byte("text\n"),
		},
		supervision.Rejected{Source: "status", Where: "status.dat:7", Reason: "no host_name", Raw: latin1},
		supervision.Rejected{
			Source: "log", Where: "nagios.log:13", Reason: "too long", Raw: bytes.Repeat([]byte("x"), maxRaw+5),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	want := []entry{
		{Time: fixed().UTC(), Source: "log", Where: "nagios.log:12", Reason: "field 2 is not a state", Raw: "text\n"},
		{Time: fixed().UTC(), Source: "status", Where: "status.dat:7", Reason: "no host_name", RawB64: latin1},
		{
			Time: fixed().UTC(), Source: "log", Where: "nagios.log:13", Reason: "too long",
			Raw: strings.Repeat("x", maxRaw), Cut: 5,
		},
	}
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quarantine.ndjson")
	const limit = 4000
	q := New(path, limit, fixed)
	for range 100 {
		if err := q.Add(supervision.Rejected{
			Source: "log", Where: "x", Reason: "r", Raw: []byte(strings.Repeat("y", 100)),
		}); err != nil {
			t.Fatal(err)
		}
	}
	q.Close()
	for _, p := range []string{path, path + ".1"} {
		st, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if st.Size() > limit || st.Size() == 0 {
			t.Errorf("%s has %d bytes, want 1..%d", p, st.Size(), limit)
		}
	}
	// A new process goes on in the file that is there.
	before := len(read(t, path))
	q = New(path, limit, fixed)
	if err := q.Add(supervision.Rejected{Source: "log"}); err != nil {
		t.Fatal(err)
	}
	q.Close()
	if got := len(read(t, path)); got != before+1 {
		t.Errorf("%d items after one more, want %d", got, before+1)
	}
}

func TestErrorNamesThePath(t *testing.T) {
	dir := t.TempDir()
	q := New(filepath.Join(dir, "isdir"), 100, fixed)
	os.Mkdir(filepath.Join(dir, "isdir"), 0o755)
	err := q.Add(supervision.Rejected{Source: "log"})
	if err == nil || !strings.Contains(err.Error(), "isdir") {
		t.Errorf("error %v, want one that names the path", err)
	}
}

// fill adds items until the file must have been full several times.
func fill(t *testing.T, q *File) (refused int) {
	t.Helper()
	for range 100 {
		if q.Add(supervision.Rejected{Source: "log", Raw: []byte(strings.Repeat("y", 100))}) != nil {
			refused++
		}
	}
	return refused
}

// count returns the number of items in a directory's files, and fails the test if
// one of them is larger than it may be.
func count(t *testing.T, dir string, limit int64) (items int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			continue
		}
		if info.Size() > limit {
			t.Errorf("%s has %d bytes, want at most %d", f.Name(), info.Size(), limit)
		}
		items += len(read(t, filepath.Join(dir, f.Name())))
	}
	return items
}

func TestTheBoundHoldsBesideADirectoryOfTheOlderFilesName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "quarantine.ndjson")
	if err := os.MkdirAll(path+".1/not-empty", 0o755); err != nil {
		t.Fatal(err)
	}
	const limit = 4000
	q := New(path, limit, fixed)
	defer q.Close()
	if refused := fill(t, q); refused > 0 {
		t.Errorf("%d items were refused", refused)
	}
	if items := count(t, dir, limit); items < 20 {
		t.Errorf("%d items are kept", items)
	}
	if _, err := os.Stat(path + ".2"); err != nil {
		t.Errorf("the older file: %v", err)
	}
}

func TestAFullFileThatCannotBeRenamedDoesNotGrow(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "quarantine.ndjson")
	for n := range 9 {
		if err := os.Mkdir(fmt.Sprintf("%s.%d", path, n+1), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const limit = 4000
	q := New(path, limit, fixed)
	defer q.Close()
	refused := fill(t, q)
	if items := count(t, dir, limit); refused == 0 || items+refused != 100 {
		t.Errorf("%d items are kept, %d were refused, of 100", items, refused)
	}
	err := q.Add(supervision.Rejected{Source: "log"})
	if err == nil || !strings.Contains(err.Error(), path+" is full") {
		t.Errorf("error %v, want one that names the path", err)
	}
	// Nothing needs to be restarted once there is a way.
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if refused := fill(t, q); refused > 0 {
		t.Errorf("%d items were refused", refused)
	}
}

func TestAFileThatWasTakenAwayIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quarantine.ndjson")
	q := New(path, 4000, fixed)
	defer q.Close()
	if err := q.Add(supervision.Rejected{Source: "log"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if refused := fill(t, q); refused > 0 {
		t.Errorf("%d items were refused", refused)
	}
	if len(read(t, path)) == 0 {
		t.Error("nothing is kept")
	}
}

// A pipe that nobody reads would hold up whoever has something to set aside.
func TestAPipeIsRefusedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	go func() { refused <- New(path, 4000, fixed).Add(supervision.Rejected{Source: "log"}) }()
	select {
	case err := <-refused:
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names the path", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits")
	}
}
