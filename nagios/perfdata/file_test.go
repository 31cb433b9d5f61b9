package perfdata

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// nagiosFile is a perfdata file as Nagios handles it.
type nagiosFile struct {
	t    *testing.T
	path string
	flag int // os.O_APPEND of mode "a", os.O_TRUNC of mode "w"
	file *os.File
}

func openNagiosFile(t *testing.T, path string, flag int) *nagiosFile {
	n := &nagiosFile{t: t, path: path, flag: flag}
	n.open()
	t.Cleanup(func() { n.file.Close() })
	return n
}

func (n *nagiosFile) open() {
	n.t.Helper()
	var err error
	if n.file, err = os.OpenFile(n.path, os.O_CREATE|os.O_WRONLY|n.flag, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n *nagiosFile) write(text string) {
	n.t.Helper()
	if _, err := n.file.WriteString(text); err != nil {
		n.t.Fatal(err)
	}
}

// process closes the file, runs the processing command, and opens it again.
func (n *nagiosFile) process(moveTo string) {
	n.t.Helper()
	if err := n.file.Close(); err != nil {
		n.t.Fatal(err)
	}
	if err := os.Rename(n.path, moveTo); err != nil {
		n.t.Fatal(err)
	}
	n.open()
}

func fileSource(t *testing.T, path string, archives ...string) *FileSource {
	t.Helper()
	source, err := NewFile(FileOptions{
		Name: "perfdata-service", Path: path, Formats: serviceFormat(t), Archives: archives,
		Begin: follow.FromBeginning, Poll: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestFileMovedAndTruncated(t *testing.T) {
	for name, flag := range map[string]int{"append": os.O_APPEND, "write": os.O_TRUNC} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			spool := filepath.Join(dir, "spool")
			if err := os.Mkdir(spool, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "service-perfdata")
			nagios := openNagiosFile(t, path, flag)
			nagios.write(lines(0, 10))
			o := newOutbox()
			r := start(t, fileSource(t, path, filepath.Join(spool, "*")), o)
			o.waitRecords(t, 10)
			nagios.write(lines(10, 20) + "damage\n")
			nagios.process(path + ".1700000001")
			nagios.write(lines(20, 30))
			o.waitRecords(t, 30)
			o.waitEnd(t)
			r.stop(t)

			nagios.write(lines(30, 40)) // while we are down
			nagios.process(filepath.Join(spool, "service-perfdata.1700000002"))
			nagios.write(lines(40, 50))
			r = start(t, fileSource(t, path, filepath.Join(spool, "*")), o)
			o.waitRecords(t, 50)
			o.waitEnd(t)
			if flag == os.O_TRUNC { // Nagios restarts
				nagios.open()
			}
			nagios.write(lines(50, 55))
			o.waitRecords(t, 55)
			o.waitEnd(t)
			r.stop(t)
			if diff := cmp.Diff(numbered(0, 55), o.outputs()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(o.rejected) != 1 || string(o.rejected[0].Raw) != "damage" {
				t.Errorf("rejected: %v", o.rejected)
			}
		})
	}
}

// An idle file is reported, but changes nothing that would have to be stored.
func TestFileIdle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service-perfdata")
	openNagiosFile(t, path, os.O_APPEND).write(lines(0, 3))
	o := newOutbox()
	positions := 0
	o.gate = func(b supervision.Batch) error {
		if b.Position != nil {
			positions++
		}
		return nil
	}
	r := start(t, fileSource(t, path), o)
	o.waitRecords(t, 3)
	o.waitEnd(t)
	r.stop(t)
	first := positions
	r = start(t, fileSource(t, path), o)
	for range 5 {
		o.waitEnd(t)
	}
	r.stop(t)
	if positions > first+1 {
		t.Errorf("%d positions of an idle file", positions-first)
	}
}

func TestFileLatency(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service-perfdata")
	nagios := openNagiosFile(t, path, os.O_APPEND)
	o := newOutbox()
	r := start(t, fileSource(t, path), o)
	var latencies []time.Duration
	for n := range 50 {
		o.waitEnd(t)
		time.Sleep(2 * bell.Company) // asleep: nothing came for a while
		began := time.Now()
		nagios.write(lines(n, n+1))
		o.waitRecords(t, n+1)
		latencies = append(latencies, time.Since(began))
	}
	r.stop(t)
	slices.Sort(latencies)
	t.Logf("from write to emit: p50 %v, slowest %v", latencies[25], latencies[49])
	if latencies[25] > 10*time.Millisecond {
		t.Errorf("p50 is %v", latencies[25])
	}
}

func TestFileNotices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service-perfdata")
	nagios := openNagiosFile(t, path, os.O_APPEND)
	nagios.write(lines(0, 1) + strings.Repeat("x", supervision.LongestLine+5) + "\n" + lines(1, 2))
	o := newOutbox()
	r := start(t, fileSource(t, path), o)
	o.waitRecords(t, 2)
	o.waitEnd(t)
	r.stop(t)
	if len(o.rejected) != 1 || !strings.Contains(o.rejected[0].Reason, "too long") {
		t.Errorf("rejected: %.300v", o.rejected)
	}
}

func TestSiblings(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"perf", "perf.1", "perf-20260101", "perf_2.gz", "perf.old", "perf-service", "perf-", "perf1", "other.1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := siblings(filepath.Join(dir, "perf"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"perf-20260101", "perf.1", "perf_2.gz"} {
		want = append(want, filepath.Join(dir, name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
