package perfdata

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// spoolDirs are the directories of a test.
type spoolDirs struct{ spool, outside, done string }

func makeDirs(t *testing.T) spoolDirs {
	t.Helper()
	root := t.TempDir()
	d := spoolDirs{filepath.Join(root, "spool"), filepath.Join(root, "outside"), filepath.Join(root, "done")}
	for _, dir := range []string{d.spool, d.outside, d.done} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// moveIn does what a processing command does. The age makes files ordered.
func (d spoolDirs) moveIn(t *testing.T, name, content string, age time.Duration) {
	t.Helper()
	path := filepath.Join(d.outside, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	written := time.Now().Add(-age)
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(d.spool, name)); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

func (d spoolDirs) source(t *testing.T, set func(*SpoolOptions)) *SpoolSource {
	t.Helper()
	options := SpoolOptions{
		Name: "perfdata-spool", Dir: d.spool, Formats: serviceFormat(t), Poll: 50 * time.Millisecond,
	}
	if set != nil {
		set(&options)
	}
	if options.After == Move {
		options.MoveTo = d.done
	}
	source, err := NewSpool(options)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestSpoolOrder(t *testing.T) {
	d := makeDirs(t)
	d.moveIn(t, "a", lines(30, 40), 10*time.Second)
	d.moveIn(t, "c", lines(10, 20), 20*time.Second)
	d.moveIn(t, "b", lines(0, 10), 30*time.Second)
	same := time.Now().Add(-15 * time.Second)
	for i, name := range []string{"e", "d"} { // the same time: by name
		d.moveIn(t, name, lines(25-5*i, 30-5*i), 0)
		if err := os.Chtimes(filepath.Join(d.spool, name), same, same); err != nil {
			t.Fatal(err)
		}
	}
	d.moveIn(t, ".hidden", lines(100, 101), time.Minute)
	o := newOutbox()
	r := start(t, d.source(t, nil), o)
	o.waitEnd(t)
	for n := range 20 {
		d.moveIn(t, fmt.Sprintf("f%d", n), lines(40+n, 41+n), time.Second)
		o.waitRecords(t, 41+n)
	}
	o.waitEnd(t)
	r.stop(t)
	if diff := cmp.Diff(numbered(0, 60), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := len(names(t, d.spool)); got != 26 {
		t.Errorf("%d files are left of 26", got)
	}
}

// A file that is moved in is read at once, one that is written in place when it
// has been quiet.
func TestSpoolWaitsForQuiet(t *testing.T) {
	t.Parallel()
	d := makeDirs(t)
	o := newOutbox()
	r := start(t, d.source(t, func(s *SpoolOptions) { s.Poll = time.Minute }), o)
	o.wait(t, "first look", func() bool { return !o.endSeen.IsZero() })

	began := time.Now()
	f, err := os.Create(filepath.Join(d.spool, "in-place"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(lines(1, 2) + "[SERVICE"); err != nil {
		t.Fatal(err)
	}
	d.moveIn(t, "moved", lines(0, 1), 5*time.Second)
	o.waitRecords(t, 1)
	if spent := time.Since(began); spent >= settling {
		t.Errorf("a moved file waited for %v", spent)
	}
	if _, err := f.WriteString(strings.TrimPrefix(lines(2, 3), "[SERVICE")); err != nil {
		t.Fatal(err)
	}
	o.waitRecords(t, 3)
	if spent := time.Since(began); spent < settling*9/10 {
		t.Errorf("a file was read %v after it was written", spent)
	}
	r.stop(t)
	if diff := cmp.Diff(numbered(0, 3), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// npcd renames and removes files as soon as it sees them; what we have seen in
// time we read to the end, even while the journal holds us up.
func TestSpoolBesideNPCD(t *testing.T) {
	t.Parallel()
	const files, perFile = 100, 50
	d := makeDirs(t)
	o := newOutbox()
	held, hold := make(chan struct{}), make(chan struct{})
	first := true
	o.gate = func(b supervision.Batch) error {
		if len(b.Records) > 0 && first {
			first = false
			close(held)
			<-hold
		}
		return nil
	}
	r := start(t, d.source(t, nil), o)
	d.moveIn(t, "service-perfdata.0", lines(0, perFile), time.Second)
	<-held
	for n := 1; n < files; n++ {
		name := fmt.Sprintf("service-perfdata.%d", n)
		d.moveIn(t, name, lines(n*perFile, (n+1)*perFile), time.Second)
		info, err := os.Stat(filepath.Join(d.spool, name))
		if err != nil {
			t.Fatal(err)
		}
		waitOpen(t, info)
		taken := filepath.Join(d.spool, name+"-PID-123")
		if err := os.Rename(filepath.Join(d.spool, name), taken); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(taken); err != nil {
			t.Fatal(err)
		}
	}
	close(hold)
	o.waitRecords(t, files*perFile)
	o.waitEnd(t)
	r.stop(t)
	if diff := cmp.Diff(numbered(0, files*perFile), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// waitOpen waits until this process holds a descriptor of the file.
func waitOpen(t *testing.T, info fs.FileInfo) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if mine, err := os.Stat("/proc/self/fd/" + entry.Name()); err == nil && os.SameFile(mine, info) {
				return
			}
		}
	}
	t.Fatal("the file was not opened")
}

func TestSpoolOddFiles(t *testing.T) {
	d := makeDirs(t)
	target := filepath.Join(d.outside, "target")
	if err := os.WriteFile(target, []byte(lines(100, 101)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(d.spool, "link.perf")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(d.spool, "fifo.perf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(d.spool, "dir.perf"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.moveIn(t, "other", lines(100, 101), time.Second)
	d.moveIn(t, "empty.perf", "", 4*time.Second)
	d.moveIn(t, "binary.perf", strings.Repeat("\x00\x01\xff\n", 2000), 3*time.Second)
	d.moveIn(t, "cut.perf", lines(0, 1)+line(100), 2*time.Second)
	d.moveIn(t, "good.perf", lines(1, 2), time.Second)
	var log bytes.Buffer
	o := newOutbox()
	r := start(t, d.source(t, func(s *SpoolOptions) {
		s.Pattern, s.After = "*.perf", Delete
		s.Logger = slog.New(slog.NewTextHandler(&log, nil))
	}), o)
	o.waitRecords(t, 2)
	o.waitEnd(t)
	o.waitEnd(t)
	r.stop(t)
	if diff := cmp.Diff(numbered(0, 2), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(o.rejected) != 2001 || o.rejected[2000].Reason != reasonNoLF || string(o.rejected[2000].Raw) != line(100) {
		t.Errorf("%d rejected, the last one %v", len(o.rejected), o.rejected[len(o.rejected)-1])
	}
	if diff := cmp.Diff([]string{"dir.perf", "fifo.perf", "link.perf", "other"}, names(t, d.spool)); diff != "" {
		t.Errorf("left, -want +got:\n%s", diff)
	}
	if n := strings.Count(log.String(), "no regular file"); n != 2 ||
		!strings.Contains(log.String(), "fifo.perf") || !strings.Contains(log.String(), "link.perf") {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

// Each odd file is named once, unless there are many.
func TestSpoolManyOddFiles(t *testing.T) {
	d := makeDirs(t)
	for i := range 2 * mostNamed {
		if err := os.Symlink("nowhere", filepath.Join(d.spool, fmt.Sprintf("%02d", i))); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	o := newOutbox()
	r := start(t, d.source(t, func(s *SpoolOptions) { s.Logger = slog.New(slog.NewTextHandler(&log, nil)) }), o)
	o.waitEnd(t)
	o.waitEnd(t)
	r.stop(t)
	n := strings.Count(log.String(), "\n")
	if n != mostNamed+1 || !strings.Contains(log.String(), "more than are named") {
		t.Errorf("logged %d lines:\n%s", n, log.String())
	}
}

// Somebody goes on writing to a file that was moved in: nothing is lost.
func TestSpoolFileGrowsLater(t *testing.T) {
	t.Parallel()
	d := makeDirs(t)
	d.moveIn(t, "a", lines(0, 5), time.Minute)
	f, err := os.OpenFile(filepath.Join(d.spool, "a"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := newOutbox()
	r := start(t, d.source(t, nil), o)
	o.waitRecords(t, 5)
	if _, err := f.WriteString(lines(5, 6)); err != nil {
		t.Fatal(err)
	}
	o.wait(t, "the line behind", func() bool { return len(o.records) == 11 })
	o.waitEnd(t)
	r.stop(t)
	if diff := cmp.Diff(append(numbered(0, 5), numbered(0, 6)...), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSpoolMoveKeepsWhatIsThere(t *testing.T) {
	d := makeDirs(t)
	if err := os.WriteFile(filepath.Join(d.done, "a"), []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.moveIn(t, "a", lines(0, 1), time.Second)
	o := newOutbox()
	r := start(t, d.source(t, func(s *SpoolOptions) { s.After = Move }), o)
	o.waitRecords(t, 1)
	o.waitEnd(t)
	r.stop(t)
	older, err := os.ReadFile(filepath.Join(d.done, "a"))
	if err != nil || string(older) != "older" || len(names(t, d.done)) != 2 {
		t.Errorf("%q, %v, %v", older, err, names(t, d.done))
	}
}

func TestSpoolMissing(t *testing.T) {
	d := makeDirs(t)
	if err := os.Remove(d.spool); err != nil {
		t.Fatal(err)
	}
	if err := d.source(t, nil).Run(t.Context(), nil, newOutbox().emit); err == nil ||
		!strings.Contains(err.Error(), d.spool) {
		t.Errorf("a missing directory gave %v", err)
	}
}

// Where nobody removes files the position stays small, nothing is read twice,
// and new files are read.
func TestSpoolCrowd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: thousands of files")
	}
	d := makeDirs(t)
	const files = maxRemembered + 200
	for n := range files {
		d.moveIn(t, fmt.Sprintf("f%05d", n), lines(n, n+1), time.Hour)
	}
	o := newOutbox()
	r := start(t, d.source(t, nil), o)
	o.waitRecords(t, files)
	o.waitEnd(t)
	o.waitEnd(t)
	d.moveIn(t, "late", lines(files, files+1), 2*time.Hour)
	o.waitRecords(t, files+1)
	r.stop(t)
	p, err := parseSpoolPosition(o.stored())
	if err != nil {
		t.Fatal(err)
	}
	if p.Forgotten == 0 || len(p.Done) > maxRemembered {
		t.Errorf("position remembers %d files, forgotten %d", len(p.Done), p.Forgotten)
	}
	r = start(t, d.source(t, nil), o)
	o.waitEnd(t)
	d.moveIn(t, "later", lines(files+1, files+2), 3*time.Hour)
	o.waitRecords(t, files+2)
	o.waitEnd(t)
	r.stop(t)
	if got := len(o.outputs()); got != files+2 {
		t.Errorf("%d records of %d", got, files+2)
	}
}
