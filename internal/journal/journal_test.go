package journal

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// childVariable makes the test binary run as one of the children below instead
// of the tests.
const childVariable = "JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	switch child := os.Getenv(childVariable); child {
	case "":
		os.Exit(m.Run())
	case "append":
		os.Exit(appendUntilKilled(os.Args[1]))
	case "file-size-limit":
		os.Exit(appendAtFileSizeLimit(os.Args[1]))
	case "open":
		os.Exit(openAndSayWhy(os.Args[1]))
	case "look":
		os.Exit(lookInside(os.Args[1]))
	case "umask":
		os.Exit(useWithUmask(os.Args[1], os.Args[2]))
	default:
		fmt.Fprintln(os.Stderr, "unknown child", child)
		os.Exit(2)
	}
}

// openTest opens a journal that is closed at the end of the test.
func openTest(t testing.TB, opts Options) *Journal {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Reserve == 0 {
		opts.Reserve = 1 << 20
	}
	j, err := Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// bus makes a target for the events of most tests.
func bus(name string) Target {
	return Target{Name: name, Routes: []outbox.Route{outbox.Bus}}
}

// tempPath returns a place for a journal in memory, where there is room: few
// tests are about a disk, and an fsync takes its time. Benchmarks use the disk.
func tempPath(t testing.TB) string {
	t.Helper()
	const memory, room = "/dev/shm", 1 << 30
	var fs unix.Statfs_t
	if _, bench := t.(*testing.B); bench || unix.Statfs(memory, &fs) != nil ||
		fs.Type != unix.TMPFS_MAGIC || fs.Bavail*uint64(fs.Bsize) < room {
		return diskPath(t)
	}
	dir, err := os.MkdirTemp(memory, "journal-test-")
	if err != nil {
		return diskPath(t)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "journal.db")
}

// skipIfShort skips a test that takes long, or needs a mount, under go test
// -short.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: run by make test")
	}
}

func diskPath(t testing.TB) string { return filepath.Join(t.TempDir(), "journal.db") }

// testContext ends before the test's patience does, so that what blocks for
// ever fails with its own line.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// event makes the nth event of a test: a check result of one of ten hosts.
func event(n int) outbox.Event {
	return outbox.Event{
		Route:        outbox.Bus,
		Entity:       fmt.Sprintf("host-%d", n%10),
		RoutingKey:   fmt.Sprintf("nagios.n.check.component.host-%d", n%10),
		Body:         fmt.Appendf(nil, `{"n":%d,"pad":"%s"}`, n, strings.Repeat("x", 700)),
		MessageID:    fmt.Sprintf("message-%d", n),
		Time:         time.UnixMicro(1_700_000_000_000_000 + int64(n)),
		Supersedable: true,
	}
}

// commit makes one of the events from to to; the last is its position.
func commit(from, to int) outbox.Commit {
	c := outbox.Commit{Source: "source", Position: fmt.Append(nil, to)}
	for n := from; n <= to; n++ {
		c.Events = append(c.Events, event(n))
		c.States = append(c.States, outbox.State{Key: event(n).Entity, Value: fmt.Append(nil, n)})
	}
	return c
}

func mustAppend(t testing.TB, j *Journal, c outbox.Commit) {
	t.Helper()
	ctx := testContext(t)
	ticket, err := j.Append(ctx, c)
	if err == nil {
		err = ticket.Wait(ctx)
	}
	if err != nil {
		t.Fatal("append:", err)
	}
}

func mustRegister(t testing.TB, j *Journal, names ...string) {
	t.Helper()
	var targets []Target
	for _, name := range names {
		targets = append(targets, bus(name))
	}
	if err := j.SetTargets(testContext(t), targets...); err != nil {
		t.Fatal(err)
	}
}

func mustRelease(t testing.TB, j *Journal, name string, upTo int64) {
	t.Helper()
	if err := j.Release(testContext(t), name, upTo); err != nil {
		t.Fatal("release:", err)
	}
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal("close:", err)
	}
}

func mustPosition(t testing.TB, j *Journal, source string) string {
	t.Helper()
	position, err := j.Position(source)
	if err != nil {
		t.Fatal(err)
	}
	return string(position)
}

// allRoutes reads what a target would that has released nothing.
var allRoutes = map[outbox.Route]int64{outbox.Bus: 0, outbox.Pbehavior: 0}

func readAll(t testing.TB, j *Journal, after int64) []outbox.Message {
	t.Helper()
	var all []outbox.Message
	for {
		entries, err := j.read(testContext(t), allRoutes, after, 1000, 1<<20)
		if err != nil {
			t.Fatal("read:", err)
		}
		if len(entries) == 0 {
			return all
		}
		for _, e := range entries {
			if e.ID <= after {
				t.Fatalf("read event %d after %d", e.ID, after)
			}
			after = e.ID
		}
		all = append(all, entries...)
	}
}

// messages returns the message ids, the tests' names of events.
func messages(entries []outbox.Message) []string {
	ids := []string{}
	for _, e := range entries {
		ids = append(ids, e.MessageID)
	}
	return ids
}

func messageIDs(numbers ...int) []string {
	ids := []string{}
	for _, n := range numbers {
		ids = append(ids, event(n).MessageID)
	}
	return ids
}

func states(t testing.TB, j *Journal) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := j.States("", func(key string, value []byte) error {
		got[key] = string(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func recovered(j *Journal) bool {
	select {
	case <-j.Recovered():
		return true
	default:
		return false
	}
}

// eventually polls until it is so.
func eventually(t testing.TB, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !isSo(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s:", what)
		}
	}
}

// openFiles returns the files that the process has open below a prefix.
func openFiles(t testing.TB, prefix string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, e := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(target, prefix) {
			open = append(open, target)
		}
	}
	return open
}
