package endtoend

import (
	"bytes"
	"database/sql"
	endian "encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite"
)

// smallDisk mounts a file system of so many bytes on a directory of the test.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs root: make test runs it")
	}
	dir := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(dir, 0o755))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatalf("mounting a small file system, which needs root: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

const (
	isFull  = "journal can't be written: sources are held until it can"
	isRoomy = "journal can be written again"
)

// fullDisk runs a connector that can't deliver until the disk of its journal is
// full. space frees the disk again.
func fullDisk(t *testing.T) (r *rig, space func()) {
	t.Helper()
	disk := smallDisk(t, 64<<20)
	ballast := filepath.Join(disk, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 50<<20), 0o644))
	r = perfdataRig(t, Settings{"journal.path": filepath.Join(disk, "journal.db"), "journal.reserve": "4MiB"})
	r.load.Write(12000)
	r.load.Start(rate)
	r.Start()
	r.AwaitLog(isFull, 30*time.Second)
	time.Sleep(3 * time.Second) // only time shows that neither the log nor the memory fills
	Eventually(t, "2000 results that the full disk keeps out of the journal", 20*time.Second, func() bool {
		stored := storedEvents(t, r) // 0: can't be counted now
		return stored > 0 && stored <= len(r.load.Results())-2000
	})
	return r, func() { must(t, os.Remove(ballast)) }
}

// checkHeld checks what a full disk must not do: fill the log or the memory.
func checkHeld(t *testing.T, r *rig, runs int) {
	t.Helper()
	if n := r.Logged(isFull); n != runs {
		t.Errorf("the full disk is logged %d times in %d runs", n, runs)
	}
	peak := r.PeakMemory()
	t.Logf("peak memory %d MiB", peak>>20)
	if peak > 100<<20 {
		t.Errorf("the connector has grown to %d MiB", peak>>20)
	}
}

func TestFullDiskHoldsTheSourceUntilThereIsSpace(t *testing.T) {
	t.Parallel()
	r, space := fullDisk(t)
	checkHeld(t, r, 1)
	r.Kill()
	r.Start() // on the full disk
	Eventually(t, "the full disk in the log of the second run", 20*time.Second, func() bool {
		return r.Logged(isFull) > 1
	})
	space()
	r.AwaitLog(isRoomy, 20*time.Second)
	checkHeld(t, r, 2)
	r.declare(nil)
	r.inOrder(r.finish(1))
}

func TestFullDiskIsEmptiedByDelivery(t *testing.T) {
	t.Parallel()
	r, _ := fullDisk(t)
	checkHeld(t, r, 1)
	t.Logf("stopped on the full disk after %s", r.Stop().Round(time.Millisecond))
	r.Start()
	r.declare(nil)
	r.inOrder(r.finish(0))
	if n := r.Logged(isFull); n > 2 {
		t.Errorf("the full disk is logged %d times in two runs", n)
	}
}

// storedEvents counts the events in the journal of a connector that runs, which
// nobody else can look into: in a copy. It returns 0 if the copy is not whole,
// because the connector was writing.
func storedEvents(t *testing.T, r *rig) int {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "journal.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(r.journal() + suffix)
		if err != nil {
			return 0 // not created yet
		}
		must(t, os.WriteFile(copied+suffix, content, 0o600))
	}
	count, err := countEvents(copied)
	if err != nil {
		return 0
	}
	return count
}

// countEvents counts the events in a journal that no connector has open.
func countEvents(path string) (count int, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRow("SELECT count(*) FROM events").Scan(&count)
	return count, err
}

// hasOpen reports whether a process has a file open.
func hasOpen(pid int, path string) bool {
	descriptors, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	return err == nil && slices.ContainsFunc(descriptors, func(descriptor string) bool {
		open, err := os.Readlink(descriptor)
		return err == nil && open == path
	})
}

// backlogged is a connector that has a backlog in its journal, because the
// exchange is missing, and was stopped by kill -9 or in order.
func backlogged(t *testing.T, begin string, killed bool) *rig {
	t.Helper()
	r := perfdataRig(t, nil)
	status := filepath.Join(r.dir, "status.dat")
	r.settings = r.settings.With(Settings{"readers.perfdata.begin": begin, "readers.status.path": status})
	r.Configure(r.settings.YAML(t))
	r.Start()
	r.AwaitLog("the exchange is missing", 10*time.Second)
	// What is written before would not be read: the reader begins at the end.
	file := filepath.Join(r.dir, "service-perfdata")
	Eventually(t, "the reader has "+file+" open", 20*time.Second, func() bool { return hasOpen(r.PID(), file) })
	r.load.Write(1000)
	r.load.Start(rate)
	Eventually(t, "a backlog in the journal", 20*time.Second, func() bool { return storedEvents(t, r) >= 1500 })
	r.load.Stop()
	if killed {
		// A checkpoint may just have begun the write-ahead log anew.
		Eventually(t, "a write-ahead log", 20*time.Second, func() bool {
			r.load.Write(5)
			wal, err := os.ReadFile(r.journal() + "-wal")
			return err == nil && liveLog(wal) > 200_000
		})
	}
	written := len(r.load.Results())
	stored := 0
	t.Cleanup(func() {
		if stored < written {
			t.Logf("%d events are in the journal, %d results were written", stored, written)
		}
	})
	Eventually(t, "everything in the journal", 20*time.Second, func() bool {
		stored = storedEvents(t, r)
		return stored >= written
	})
	if killed {
		r.Kill()
	} else {
		r.Stop()
	}
	r.load.WriteStatus(status)
	return r
}

// change reads a file, lets f change what is in it, and writes it again.
func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, f(text), 0o644))
}

func tornOff(n int) func([]byte) []byte {
	return func(b []byte) []byte { return b[:len(b)-n] }
}

// flipped damages n bytes that begin so far in front of the end.
func flipped(before, n int) func([]byte) []byte {
	return func(b []byte) []byte {
		for i := range b[len(b)-before:][:n] {
			b[len(b)-before+i] ^= 0xff
		}
		return b
	}
}

// upToLastPage leaves the file up to the first event in the last page of events;
// the events after it are in front of it. What is behind that page changes from
// run to run: a free page, where damage means nothing.
func upToLastPage(b []byte) []byte { return b[:bytes.LastIndex(b, []byte("result "))] }

func tornOffEvents(b []byte) []byte { return tornOff(6000)(upToLastPage(b)) }

func flippedEvents(b []byte) []byte {
	flipped(2000, 2000)(upToLastPage(b))
	return b
}

// flippedEvent damages one letter of the 700th event.
func flippedEvent(b []byte) []byte {
	b[bytes.Index(b, []byte("result 700, "))] ^= 0xff
	return b
}

func noise(b []byte) []byte {
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func anotherFile(b []byte) []byte { return bytes.Repeat([]byte("this is no journal\n"), len(b)/19) }

// liveLog returns the length of a write-ahead log without what is left behind of
// an earlier use of the file (https://sqlite.org/fileformat2.html#walformat).
func liveLog(wal []byte) int {
	const header, frameHeader = 32, 24
	if len(wal) < header {
		return 0
	}
	end, frame := header, frameHeader+int(endian.BigEndian.Uint32(wal[8:]))
	for end+frame <= len(wal) && bytes.Equal(wal[16:24], wal[end+8:end+16]) {
		end += frame
	}
	return end
}

// TestDamagedEndOfTheWriteAheadLog: positions are in the same commits as
// events, so what is cut off is read from the supervisor's file again.
func TestDamagedEndOfTheWriteAheadLog(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"torn off": tornOff(100), "more torn off": tornOff(50_000), "flipped": flipped(64, 64),
		"flipped before": flipped(50_000, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := backlogged(t, "beginning", true)
			change(t, r.journal()+"-wal", func(wal []byte) []byte { return damage(wal[:liveLog(wal)]) })
			r.Start()
			r.AwaitLog("at the end", 10*time.Second)
			r.declare(nil)
			r.await()
			r.load.Start(rate)
			r.progress()
			r.load.Stop()
			r.await()
			r.Stop()
			r.fetch()
			a := r.ledger.Account(r.load.Results())
			t.Logf("%+v", a)
			if a.Lost+a.Overtaken+a.Unsettled+len(a.Strange) > 0 || a.Duplicates > services {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestDamagedJournal: what is legible is kept, the rest is reported, and the
// present state is sent again, from the status file.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		lost   int // at most, of about 1500
		aside  int // files
	}{
		"torn off":         {tornOffEvents, 50, 1},
		"a page flipped":   {flippedEvents, 50, 1},
		"an event flipped": {flippedEvent, 1, 0},
		"garbage":          {noise, 2000, 1},
		"another file":     {anotherFile, 2000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := backlogged(t, "end", false)
			damaged := len(r.load.Results())
			change(t, r.journal(), c.damage)
			r.Start()
			r.declare(nil)
			r.AwaitLog("level=ERROR", 10*time.Second)
			r.awaitNewest()
			r.load.Write(500)
			r.awaitNewest()
			r.Stop()
			r.fetch()
			results := r.load.Results()
			a := r.ledger.Account(results)
			t.Logf("of %d results before the damage %d are lost; %d are sent again", damaged, a.Lost, a.Resent)
			if a.Unsettled+len(a.Strange) > 0 || a.Lost > c.lost {
				t.Errorf("%+v", a)
			}
			for _, after := range results[damaged:] {
				if !r.ledger.Has(after) {
					t.Errorf("result %d, which was written after the damage, is lost", after.Number)
				}
			}
			aside, err := filepath.Glob(r.journal() + ".damaged-*")
			if err != nil || len(aside) != c.aside {
				t.Errorf("set aside: %q, %v, want %d", aside, err, c.aside)
			}
		})
	}
}

// journal is the path of the journal's file.
func (r *rig) journal() string { return r.settings["journal.path"].(string) }

// awaitNewest waits until the newest result of each service has arrived.
func (r *rig) awaitNewest() {
	r.t.Helper()
	Eventually(r.t, "the newest result of each service in the queue", arrivalLimit, func() bool {
		r.fetch()
		for _, newest := range r.load.Newest() {
			if !r.ledger.Has(newest) {
				return false
			}
		}
		return true
	})
}

// TestSIGHUPOnAFullDisk: what the old pipeline had read and could not store is
// not read again by the new one.
func TestSIGHUPOnAFullDisk(t *testing.T) {
	t.Parallel()
	r, space := fullDisk(t)
	for _, name := range []string{"second", "third"} {
		r.Configure(r.settings.With(Settings{"connector_name": name}).YAML(t))
		r.Signal(syscall.SIGHUP)
		r.AwaitLog("connector_name="+name, 5*time.Second)
		time.Sleep(500 * time.Millisecond) // for the new pipeline to read what it can't store
	}
	space()
	r.AwaitLog(isRoomy, 20*time.Second)
	r.declare(nil)
	r.inOrder(r.finish(0))
}
