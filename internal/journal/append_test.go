package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEverythingComesBackAfterAReopening(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	want := []outbox.Event{
		event(1),
		{Route: outbox.Bus, Entity: "empty body", Time: time.UnixMicro(-1), Body: []byte{}},
		{
			Route: outbox.Bus, Entity: "h\xe9te\x00;x", RoutingKey: "a.b", Body: []byte("\x00\xff{"),
			MessageID: "\"'", Time: time.UnixMicro(0),
		},
		{Route: outbox.Bus, Entity: "long", Body: []byte(strings.Repeat("0123456789", 5000)), Time: time.UnixMicro(5)},
	}
	mustAppend(t, j, outbox.Commit{
		Source: "log", Position: []byte("\x00pos"), Events: want,
		States: []outbox.State{
			{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("2")}, {Key: "c", Value: []byte{}},
		},
	})
	mustAppend(t, j, outbox.Commit{
		Source: "status", Position: []byte{},
		States: []outbox.State{{Key: "b", Value: nil}, {Key: "a", Value: []byte("3")}},
	})
	mustAppend(t, j, outbox.Commit{Source: "log"}) // leaves the position as it is
	mustClose(t, j)

	j = openTest(t, Options{Path: path})
	var got []outbox.Event
	for i, e := range readAll(t, j, 0) {
		if e.ID != int64(i+1) {
			t.Errorf("event %d has id %d", i, e.ID)
		}
		got = append(got, e.Event)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if got := mustPosition(t, j, "log"); got != "\x00pos" {
		t.Errorf("position %q", got)
	}
	for source, isNil := range map[string]bool{"status": false, "unknown": true} {
		if position, err := j.Position(source); err != nil || len(position) != 0 || (position == nil) != isNil {
			t.Errorf("position of %s: %v, %v", source, position, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"a": "3", "c": ""}, states(t, j)); diff != "" {
		t.Error(diff)
	}
	if stats := j.Stats(); stats.Events != 4 || stats.Damaged != 0 || recovered(j) {
		t.Errorf("%+v", stats)
	}
}

func TestEachProducersOrderIsKept(t *testing.T) {
	const producers, commits = 8, 200
	j := openTest(t, Options{Path: tempPath(t)})
	ctx := testContext(t)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			var last *Ticket
			for n := range commits {
				e := outbox.Event{
					Route: outbox.Bus, Entity: fmt.Sprint(p), MessageID: fmt.Sprint(n), Body: []byte("{}"),
				}
				ticket, err := j.Append(ctx, outbox.Commit{
					Source: fmt.Sprint(p), Position: fmt.Append(nil, n), Events: []outbox.Event{e},
				})
				if err != nil {
					t.Error(err)
					return
				}
				last = ticket
			}
			if err := last.Wait(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	for _, e := range readAll(t, j, 0) {
		if want := fmt.Sprint(next[e.Entity]); e.MessageID != want {
			t.Fatalf("producer %s: event %s, want %s", e.Entity, e.MessageID, want)
		}
		next[e.Entity]++
	}
	for p := range producers {
		if next[fmt.Sprint(p)] != commits || mustPosition(t, j, fmt.Sprint(p)) != fmt.Sprint(commits-1) {
			t.Errorf("producer %d: %d events, position %s", p, next[fmt.Sprint(p)], mustPosition(t, j, fmt.Sprint(p)))
		}
	}
}

func TestReadGivesPages(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustRegister(t, j, "p")
	mustAppend(t, j, commit(1, 10))
	size := len(event(1).Body)
	for _, test := range []struct {
		after           int64
		count, maxBytes int
		want            []string
	}{
		{0, 3, 1 << 20, messageIDs(1, 2, 3)},
		{8, 100, 1 << 20, messageIDs(9, 10)},
		{10, 100, 1 << 20, messageIDs()},
		{0, 100, 1, messageIDs(1)},
		{4, 100, size + 1, messageIDs(5, 6)},
	} {
		entries, err := j.Read(testContext(t), "p", test.after, test.count, test.maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, messages(entries)); diff != "" {
			t.Errorf("after %d, %d, %d bytes: %s", test.after, test.count, test.maxBytes, diff)
		}
	}
}

func TestWaitReturnsWithTheEvent(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustRegister(t, j, "p")
	ctx, cancel := context.WithCancel(testContext(t))
	waiting := make(chan error, 1)
	go func() { waiting <- j.Wait(ctx, "p", 0) }()
	mustAppend(t, j, outbox.Commit{Source: "s", Position: []byte("no event")})
	select {
	case err := <-waiting:
		t.Fatal("there is no event yet:", err)
	default:
	}
	mustAppend(t, j, commit(1, 1))
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	if err := j.Wait(ctx, "p", 0); err != nil {
		t.Fatal(err)
	}
	go func() { waiting <- j.Wait(ctx, "p", 1) }()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	go func() { waiting <- j.Wait(context.Background(), "p", 1) }()
	mustClose(t, j)
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestCloseMakesDurableWhatWasAppended(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	var tickets []*Ticket
	for n := 1; n <= 500; n++ {
		ticket, err := j.Append(testContext(t), commit(n, n))
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	mustClose(t, j)
	for _, ticket := range tickets {
		if err := ticket.Wait(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Append(testContext(t), commit(501, 501)); !errors.Is(err, ErrClosed) {
		t.Error("append after close:", err)
	}
	if err := j.SetTargets(testContext(t), bus("p")); !errors.Is(err, ErrClosed) {
		t.Error("register after close:", err)
	}
	mustClose(t, j)
	if open := openFiles(t, path); len(open) != 0 {
		t.Error("still open:", open)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the write-ahead log is left:", err)
	}
	j = openTest(t, Options{Path: path})
	if got := readAll(t, j, 0); len(got) != 500 || mustPosition(t, j, "source") != "500" {
		t.Errorf("%d events, position %s", len(got), mustPosition(t, j, "source"))
	}
}

func TestAppendRefusesWhatCanNeverFit(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t), MaxBytes: 1 << 20})
	_, err := j.Append(testContext(t), outbox.Commit{
		Events: []outbox.Event{{Route: outbox.Bus, Body: make([]byte, 2<<20)}},
	})
	if err == nil || !strings.Contains(err.Error(), "1048576") {
		t.Error(err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	path := tempPath(t)
	openTest(t, Options{Path: path})
	_, err := Open(testContext(t), Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) ||
		!strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

func TestWhatIsNoDamageIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no such file or directory": filepath.Join(t.TempDir(), "missing", "journal.db"),
		"not a directory":           filepath.Join(file, "journal.db"),
		"is a directory":            t.TempDir(),
	} {
		_, err := Open(testContext(t), Options{Path: path})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), name) ||
			!strings.Contains(err.Error(), whoami()) {
			t.Errorf("%s: %v", name, err)
		}
		if aside, _ := filepath.Glob(path + ".damaged*"); len(aside) != 0 {
			t.Errorf("%s: set aside %v", name, aside)
		}
	}
}

// openAndSayWhy is a child process: it opens the journal and prints the error.
func openAndSayWhy(path string) int {
	_, err := Open(context.Background(), Options{Path: path})
	fmt.Println(err)
	return 0
}

func TestNoPermissionIsAnError(t *testing.T) {
	path := diskPath(t) // whose directories may be opened to others
	mustClose(t, openTest(t, Options{Path: path}))
	for dir := filepath.Dir(path); dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path+".lock", 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", path)
	cmd.Env = append(os.Environ(), childVariable+"=open")
	cmd.Dir = "/"
	if os.Geteuid() == 0 { // root may read everything: ask as nobody
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), path) || !strings.Contains(string(out), "permission denied") {
		t.Errorf("%v: %s", err, out)
	}
	if aside, _ := filepath.Glob(path + ".damaged*"); len(aside) != 0 {
		t.Errorf("set aside %v", aside)
	}
}
