package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes. Who isn't root is, in a
// namespace of its own: there the test runs once more, and smallDisk returns
// false when that has passed.
func smallDisk(t *testing.T, size int) (dir string, here bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^"+t.Name()+"$")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		t.Logf("in a namespace:\n%s", out)
		if err != nil {
			t.Fatal("needs root, or unprivileged user namespaces:", err)
		}
		return "", false
	}
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal("mounting a small file system:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error("unmounting:", err)
		}
	})
	return dir, true
}

// appendUntilHeld appends commits of ten events until one isn't stored because
// the disk is full, and returns the number of the last event that is durable,
// and the tickets that are not.
func appendUntilHeld(t *testing.T, j *Journal, from int) (durable int, held []*Ticket) {
	t.Helper()
	durable = from - 1
	for {
		ticket, err := j.Append(testContext(t), commit(durable+1, durable+10))
		if err != nil {
			t.Fatal(err)
		}
		for stored := false; !stored; {
			select {
			case <-ticket.done:
				if ticket.err != nil {
					t.Fatal(ticket.err)
				}
				stored = true
			case <-time.After(800 * time.Millisecond):
				if j.Stats().Failing {
					return durable, []*Ticket{ticket}
				}
			}
		}
		durable += 10
	}
}

func mustHoldEvents(t *testing.T, j *Journal, from, to int) {
	t.Helper()
	got := messages(readAll(t, j, 0))
	var want []string
	for n := from; n <= to; n++ {
		want = append(want, event(n).MessageID)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%d events are there, want %d to %d", len(got), from, to)
	}
}

func TestFullDisk(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	dir, here := smallDisk(t, 24<<20)
	if !here {
		return
	}
	var log testlog.Buffer
	path := filepath.Join(dir, "journal.db")
	opts := Options{Path: path, Reserve: 4 << 20, Logger: log.Logger()}
	j := openTest(t, opts)
	mustRegister(t, j, "p")
	filler := filepath.Join(dir, "filler")
	mustWriteFile(t, filler, make([]byte, 6<<20))

	durable, held := appendUntilHeld(t, j, 1)
	t.Logf("%d events until the disk was full", durable)
	if durable < 1000 || log.Count("level=ERROR") != 1 || log.Count("full") != 1 {
		t.Errorf("%d events, log: %s", durable, log.String())
	}
	// What frees less than the reserve lets nothing in, but goes on.
	mustWriteFile(t, filler+"2", make([]byte, 3<<20))
	for upTo := 10; upTo <= 500; upTo += 10 {
		mustRelease(t, j, "p", int64(upTo))
	}
	mustHoldEvents(t, j, 501, durable)
	if got := mustPosition(t, j, "source"); got != fmt.Sprint(durable) {
		t.Errorf("position %s, want %d", got, durable)
	}

	// A restart on the full disk: the commit that waits is refused, no more.
	mustClose(t, j)
	if err := held[0].Wait(testContext(t)); err != nil && !errors.Is(err, ErrClosed) {
		t.Error(err)
	} else if err == nil {
		durable += 10
	}
	log = testlog.Buffer{}
	j = openTest(t, opts)
	mustHoldEvents(t, j, 501, durable)
	durable, held = appendUntilHeld(t, j, durable+1)
	mustRelease(t, j, "p", 510)

	if err := removeFiles(filler, filler+"2"); err != nil {
		t.Fatal(err)
	}
	for _, ticket := range held {
		if err := ticket.Wait(testContext(t)); err != nil {
			t.Fatal("with space again:", err)
		}
		durable += 10
	}
	mustAppend(t, j, commit(durable+1, durable+10))
	durable += 10
	if log.Count("level=ERROR") != 1 || log.Count("can be written again") != 1 {
		t.Error(log.String())
	}
	mustHoldEvents(t, j, 511, durable)
	mustClose(t, j)
	j = openTest(t, opts)
	mustHoldEvents(t, j, 511, durable)
	if stats := j.Stats(); stats.Damaged != 0 || stats.Failing {
		t.Errorf("%+v", stats)
	}
}

// TestFullDiskDrains fills the disk with nothing but the journal, and releases
// all of it: appends go on as soon as what was released suffices.
func TestFullDiskDrains(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	dir, here := smallDisk(t, 20<<20)
	if !here {
		return
	}
	var log testlog.Buffer
	j := openTest(t, Options{Path: filepath.Join(dir, "journal.db"), Reserve: 4 << 20, Logger: log.Logger()})
	mustRegister(t, j, "p")
	released, durable := 0, 0
	for range 2 {
		var held []*Ticket
		durable, held = appendUntilHeld(t, j, durable+1)
		for !isDone(held[0]) {
			released += 100
			if released > durable {
				t.Fatalf("all is released, and still nothing goes in: %+v\n%s", j.Stats(), log.String())
			}
			mustRelease(t, j, "p", int64(released))
			eventually(t, "the next try", func() bool {
				var idle bool
				_ = j.perform(context.Background(), func(w *writer) error {
					idle = !w.vacuumDue() && !w.dropsLeft() && (w.trouble == nil || w.trouble.pause > firstPause)
					if w.trouble != nil {
						w.trouble.next = time.Time{}
					}
					return nil
				})
				return idle || isDone(held[0])
			})
		}
		durable += 10
		mustHoldEvents(t, j, released+1, durable)
		t.Logf("%d released of %d, then it went on", released, durable)
	}
}

func isDone(ticket *Ticket) bool {
	select {
	case <-ticket.done:
		return true
	default:
		return false
	}
}

// TestFailingDisk has a child write against a limit of the file size, which
// SQLite takes for a failing disk.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("/proc/self/exe", tempPath(t))
	cmd.Env = append(os.Environ(), childVariable+"=file-size-limit")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// appendAtFileSizeLimit is a child process: it appends, with several commits on
// the way, until the limit is hit, lifts the limit, and checks that each event
// is there once and in order.
func appendAtFileSizeLimit(path string) int {
	signal.Ignore(syscall.SIGXFSZ)
	var none unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &none); err != nil {
		fmt.Println(err)
		return 1
	}
	const size = 5 << 20
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: none.Max}); err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var log testlog.Buffer
	j, err := Open(ctx, Options{Path: path, Reserve: 1 << 20, Logger: log.Logger()})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var tickets []*Ticket
	for !j.Stats().Failing {
		n := len(tickets)
		patience, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		if ticket, err := j.Append(patience, commit(10*n+1, 10*n+10)); err == nil {
			tickets = append(tickets, ticket)
		}
		cancel()
	}
	time.Sleep(4 * firstPause) // for a try or two in vain
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &none); err != nil {
		fmt.Println(err)
		return 1
	}
	for i, ticket := range tickets {
		if err := ticket.Wait(ctx); err != nil {
			fmt.Println("commit", i, err)
			return 1
		}
	}
	after := int64(0)
	for {
		entries, err := j.read(ctx, allRoutes, after, 1000, 1<<20)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			after++
			if e.ID != after || e.MessageID != event(int(after)).MessageID {
				fmt.Println(after, "is", e.ID, e.MessageID)
				return 1
			}
		}
	}
	if after != int64(10*len(tickets)) {
		fmt.Println(after, "events of", 10*len(tickets))
		return 1
	}
	if log.Count("level=ERROR") != 1 || log.Count("can be written again") != 1 || j.Stats().SetAside != 0 {
		fmt.Println(log.String())
		return 1
	}
	if err := j.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	lines := bufio.NewScanner(strings.NewReader(log.String()))
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	return 0
}

// TestFailedFsync is a commit of which everything but the fsync succeeded: it
// must not be stored twice. One of which nothing succeeded must be stored.
func TestFailedFsync(t *testing.T) {
	for _, landed := range []bool{true, false} {
		path := tempPath(t)
		j := openTest(t, Options{Path: path})
		mustAppend(t, j, commit(1, 5))
		c := commit(6, 10)
		ticket := &Ticket{commit: c, size: estimate(&c), done: make(chan struct{}), finished: j.finished}
		err := j.perform(testContext(t), func(w *writer) error {
			if err := w.room.Acquire(context.Background(), ticket.held); err != nil {
				return err
			}
			if landed {
				_, err := w.transact(func(t *transaction) error { return t.apply(&c) })
				if err != nil {
					return err
				}
			}
			w.group = append(w.group, ticket)
			w.writeFailed(fmt.Errorf("fsync failed"), w.group)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := ticket.Wait(testContext(t)); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, commit(11, 11))
		mustHoldEvents(t, j, 1, 11)
		if open := openFiles(t, path); len(open) > 8 {
			t.Error("the old handle is still open:", open)
		}
		mustClose(t, j)
	}
}
