package loadertest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// numbered sends a check that differs from all others.
func (p *play) numbered(n int, size int) {
	p.t.Helper()
	p.do("event", "host_check", "type=801", fmt.Sprintf("time=%d,0", n), fmt.Sprintf("return_code=%d", n),
		fmt.Sprintf("output*=%d,x", size))
}

// numbers are the return codes of the checks that were written, in order.
func numbers(all []record) (ns []int) {
	for _, r := range all {
		if r["DATATYPE"] == "HOSTCHECK" {
			n, _ := strconv.Atoi(r["RETURNCODE"])
			ns = append(ns, n)
		}
	}
	return ns
}

func ascending(t *testing.T, ns []int) {
	t.Helper()
	for i := 1; i < len(ns); i++ {
		if ns[i] <= ns[i-1] {
			t.Fatalf("record %d comes after %d", ns[i], ns[i-1])
		}
	}
}

func newSpoolPlay(t *testing.T, m mode, args string) *play {
	t.Helper()
	p := &play{loader: start(t, m, coreNamed(t, "Nagios 4.4.6"))}
	p.load(args)
	return p
}

// TestNoDirectory has a spool directory that is created later: nothing is lost.
func TestNoDirectory(t *testing.T) {
	t.Parallel()
	inEveryMode(t, cores[5:6], func(t *testing.T, m mode, c core) {
		dir := filepath.Join(t.TempDir(), "later")
		p := newSpoolPlay(t, m, "spool="+dir)
		for n := range 10 {
			p.numbered(n, 10)
		}
		if n := p.countLogged("nothing can be written to " + dir + ": No such file or directory"); n != 1 {
			t.Errorf("the missing directory was logged %d times", n)
		}
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		p.do("pause", "1050")
		p.numbered(10, 10)
		p.logged("can be written again")
		p.numbered(11, 10)
		p.do("unload", "1")
		p.end()
		if ns := numbers(records(t, dir)); len(ns) != 12 {
			t.Errorf("written: %v", ns)
		} else {
			ascending(t, ns)
		}
	})
}

// TestReloadWithoutDirectory reloads while records wait: the next load with the
// same directory writes them, before its own.
func TestReloadWithoutDirectory(t *testing.T) {
	t.Parallel()
	inEveryMode(t, cores[5:6], func(t *testing.T, m mode, c core) {
		dir, other := filepath.Join(t.TempDir(), "later"), t.TempDir()
		p := newSpoolPlay(t, m, "spool="+dir)
		descriptors := p.do("descriptors")
		n := 0
		write := func() {
			for range 10 {
				p.numbered(n, 3000)
				n++
			}
		}
		reload := func(spool string) {
			p.do("unload", "2")
			p.load("spool=" + spool)
		}
		write()
		reload(dir)
		p.logged("10 records wait that could not be written before the reload")
		write()
		reload(other) // these are not its own
		p.numbered(1000, 10)
		reload(dir)
		p.logged("20 records wait that could not be written before the reload")
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		p.do("pause", "1050")
		write()
		reload(dir)
		p.do("unload", "2")
		if after := p.do("descriptors"); after[0] != descriptors[0] {
			t.Errorf("%s before, %s after", descriptors[0], after[0])
		}
		p.end()
		if got := numbers(records(t, dir)); len(got) != n {
			t.Errorf("%d of %d records: %v", len(got), n, got)
		} else {
			ascending(t, got)
		}
		if got := numbers(records(t, other)); len(got) != 1 {
			t.Errorf("in the other directory are %v", got)
		}
	})
}

// TestStopWithoutDirectory checks that the number of records that are lost with the core is logged.
func TestStopWithoutDirectory(t *testing.T) {
	t.Parallel()
	p := newSpoolPlay(t, plain, "spool="+filepath.Join(t.TempDir(), "never"))
	for n := range 3 {
		p.numbered(n, 10)
	}
	p.do("unload", "1")
	p.logged("3 records could not be written and are lost")
	p.end()
}

// TestDirectoryGone removes the directory of the running module: records after the
// next check of the segment go to the new directory.
func TestDirectoryGone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	os.Mkdir(dir, 0o750)
	p := newSpoolPlay(t, plain, "spool="+dir)
	p.numbered(0, 10)
	os.RemoveAll(dir)
	p.event("program_status", nil, fields{"type": "1200", "time": "5"})
	for n := 1; n < 5; n++ {
		p.numbered(n, 10)
	}
	os.Mkdir(dir, 0o750)
	p.do("pause", "1100")
	p.event("program_status", nil, fields{"type": "1200", "time": "5"})
	p.do("unload", "1")
	p.end()
	if ns := numbers(records(t, dir)); len(ns) != 4 {
		t.Errorf("written: %v", ns)
	}
}

// TestRefusedDirectories has spool directories that can't be trusted: nothing is written to them.
func TestRefusedDirectories(t *testing.T) {
	t.Parallel()
	target := t.TempDir()
	for name, prepare := range map[string]func(path string) error{
		"it can be written by everyone": func(path string) error {
			os.Mkdir(path, 0o777)
			return os.Chmod(path, 0o777)
		},
		"by everyone (chmod o-w)": func(path string) error {
			os.Mkdir(path, 0o777)
			return os.Chmod(path, 0o777|os.ModeSticky)
		},
		"it is not a directory": func(path string) error { return os.Symlink(target, path) },
		"not a directory":       func(path string) error { return os.WriteFile(path, nil, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "spool")
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
			p := newSpoolPlay(t, sanitized, "spool="+dir)
			p.numbered(1, 10)
			p.logged(name)
			p.do("unload", "1")
			p.logged("1 records could not be written and are lost")
			p.end()
			for _, d := range []string{dir, target} {
				if entries, _ := os.ReadDir(d); len(entries) != 0 {
					t.Errorf("%s has %v", d, entries)
				}
			}
		})
	}
}

// TestDirectoryReplacedByALink has a link put in the place of the directory between two
// segments: nothing is written to where it leads, and nothing is lost.
func TestDirectoryReplacedByALink(t *testing.T) {
	t.Parallel()
	inEveryMode(t, cores[5:6], func(t *testing.T, m mode, c core) {
		dir, foreign := filepath.Join(t.TempDir(), "spool"), t.TempDir()
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		p := newSpoolPlay(t, m, "spool="+dir+" segment_size=64K")
		p.numbered(0, 16000)
		if err := errors.Join(os.Rename(dir, dir+".away"), os.Symlink(foreign, dir)); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < 12; n++ { // three segments
			p.numbered(n, 16000)
		}
		p.logged("nothing can be written to " + dir + ": it is not a directory")
		if entries, err := os.ReadDir(foreign); err != nil || len(entries) != 0 {
			t.Errorf("written to where the link leads: %v, %v", entries, err)
		}
		if err := errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)); err != nil {
			t.Fatal(err)
		}
		p.do("pause", "1050")
		p.numbered(12, 10)
		p.logged("can be written again")
		p.do("unload", "1")
		p.end()
		if ns := numbers(records(t, dir)); len(ns) != 13 {
			t.Errorf("written: %v", ns)
		} else {
			ascending(t, ns)
		}
	})
}

// TestSegmentsOfTheFuture has segments from a wrong clock: the new ones sort after them.
func TestSegmentsOfTheFuture(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	future := time.Now().Add(10 * 365 * 24 * time.Hour).UnixMicro()
	for _, name := range []string{
		fmt.Sprintf("neb-%016d-77-3.log", future),
		"shinken-9999999999999990-1-1.log", "neb-9999999999999999-1-1.log",
		"neb-x.log", "neb-1234567890123456-1-1.tmp",
	} {
		text := "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPID::77\nDATATYPE::ALIVE\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	os.Remove(filepath.Join(dir, "neb-9999999999999999-1-1.log"))
	p := newSpoolPlay(t, plain, "spool="+dir+" segment_size=64K")
	for n := range 20 {
		p.numbered(n, 16000)
	}
	p.do("unload", "1")
	p.end()
	all := segments(t, dir)
	if len(all) != 6 { // four a segment, after the one that was there
		t.Fatalf("%d segments of 20 records", len(all))
	}
	if !strings.Contains(all[0].name, fmt.Sprint(future)) {
		t.Errorf("%s sorts before what was there", all[0].name)
	}
	var ns []int
	for i, s := range all[1:] {
		if !strings.HasSuffix(s.name, fmt.Sprintf("-%d-%d.log", p.pid, i+1)) {
			t.Errorf("segment %d is called %s", i+1, s.name)
		}
		ns = append(ns, numbers(s.records)...)
	}
	ascending(t, ns)
	if len(ns) != 20 {
		t.Errorf("written: %v", ns)
	}
}

// TestSegmentAge checks that a new segment is begun at the configured age.
func TestSegmentAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newSpoolPlay(t, plain, "spool="+dir+" segment_age=1s")
	p.numbered(1, 1)
	p.numbered(2, 1)
	p.do("pause", "1100")
	p.numbered(3, 1)
	p.do("unload", "1")
	p.end()
	if all := segments(t, dir); len(all) != 2 || len(all[0].records) != 2 {
		t.Errorf("%d segments", len(all))
	}
}

// TestFullDisk has writes that are cut and refused, in the middle of a segment and at the
// beginning of one: no record follows half of another in one line, and none is lost.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	inEveryMode(t, cores[5:6], func(t *testing.T, m mode, c core) {
		dir := t.TempDir()
		p := newSpoolPlay(t, m, "spool="+dir)
		n := 0
		write := func(count int) {
			for range count {
				p.numbered(n, 3000)
				n++
			}
		}
		write(3)
		p.do("limit", "11000") // the fourth record is cut
		write(3)
		p.logged("No space left on device")
		if got := numbers(records(t, dir)); len(got) != 3 {
			t.Errorf("with a full disk the segment has %v", got)
		}
		p.do("pause", "1050") // refused; a new segment has room for two
		write(1)
		p.do("limit", "0") // not even a first record
		p.do("pause", "1050")
		write(2)
		p.do("pause", "1050")
		write(2)
		segments(t, dir) // none is empty
		p.do("limit")
		p.do("pause", "1050")
		p.event("program_status", nil, fields{"type": "1200", "time": "5"})
		p.logged("can be written again, and what waited is written; 0 records lost")
		write(3)
		p.do("unload", "1")
		p.end()
		got := numbers(records(t, dir))
		ascending(t, got)
		if len(got) != n {
			t.Errorf("%d of %d records: %v", len(got), n, got)
		}
	})
}

// TestSmallFileSystem fills a real file system.
func TestSmallFileSystem(t *testing.T) {
	t.Parallel()
	skipIfShort(t, "needs root")
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=750"); err != nil {
		t.Fatal("mounting a file system of 64 KiB, which takes root: ", err)
	}
	defer syscall.Unmount(dir, 0)
	p := newSpoolPlay(t, sanitized, "spool="+dir)
	for n := range 30 {
		p.numbered(n, 5000)
	}
	p.logged("No space left on device")
	if got := numbers(records(t, dir)); len(got) < 10 || len(got) > 13 {
		t.Errorf("on 64 KiB are %v", got)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	p.do("pause", "1050")
	p.numbered(30, 5000)
	p.logged("can be written again")
	p.do("unload", "1")
	p.end()
	got := numbers(records(t, dir))
	ascending(t, got)
	if len(got) != 31 {
		t.Errorf("written: %v", got)
	}
}

// TestOverflow sends more than the memory can hold while nothing can be written: the
// oldest are dropped, counted and reported before the rest, and the rest is whole.
func TestOverflow(t *testing.T) {
	t.Parallel()
	skipIfShort(t, "slow")
	inEveryMode(t, cores[5:6], func(t *testing.T, m mode, c core) {
		dir := filepath.Join(t.TempDir(), "later")
		p := newSpoolPlay(t, m, "spool="+dir)
		sizes := []int{1, 16000, 700, 9000, 12345, 33}
		const all = 2500
		for n := range all {
			p.numbered(n, sizes[n%len(sizes)])
		}
		p.logged("the memory for records is full")
		if n := p.countLogged("the memory for records is full"); n > 2 {
			t.Errorf("logged %d times in a minute", n)
		}
		os.Mkdir(dir, 0o750)
		p.do("pause", "1050")
		for range 12 { // one step each, so that no event waits for all
			p.event("program_status", nil, fields{"type": "1200", "time": "5"})
		}
		p.logged("can be written again")
		p.numbered(all, 10)
		p.do("unload", "1")
		p.end()
		got := records(t, dir)
		if got[0]["DATATYPE"] != "LOST" {
			t.Fatalf("the first record is %v", got[0])
		}
		lost, _ := strconv.Atoi(got[0]["COUNT"])
		ns := numbers(got)
		ascending(t, ns)
		if len(got) != len(ns)+1 || ns[0] != lost || len(ns) != all+1-lost || lost < 500 || lost > 1800 {
			t.Errorf("%d records, %d of them checks, the first of them %d; %d reported as lost",
				len(got), len(ns), ns[0], lost)
		}
		if h := segments(t, dir)[0].header; h["LOST"] != got[0]["COUNT"] {
			t.Errorf("the segment has LOST::%s, not %d", h["LOST"], lost)
		}
	})
}

// TestAlive has a core without events: after half a minute the module writes a record.
func TestAlive(t *testing.T) {
	t.Parallel()
	skipIfShort(t, "slow")
	dir := t.TempDir()
	p := newSpoolPlay(t, plain, "spool="+dir)
	p.process("105", "PROCESSSTARTED")
	for range 31 {
		p.do("pause", "1000")
		p.event("program_status", nil, fields{"type": "1200", "time": "8,5"})
	}
	p.expect(record{"DATATYPE": "ALIVE", "TIMET": "8.000005", "LOST": "0"})
	p.do("unload", "1")
	p.end()
	compare(t, records(t, dir), p.want)
}
