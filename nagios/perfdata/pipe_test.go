package perfdata

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// nagiosPipe writes as Nagios does: opened for both, never waiting, in pieces of
// 4,096 bytes, errors unseen (xdata/xpddefault.c).
type nagiosPipe struct{ fd int }

func openNagiosPipe(t *testing.T, path string) nagiosPipe {
	t.Helper()
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return nagiosPipe{fd}
}

// put reports whether all of a record went in.
func (p nagiosPipe) put(record string) bool {
	for b := []byte(record + "\n"); len(b) > 0; {
		n, err := syscall.Write(p.fd, b[:min(len(b), 4096)])
		if err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

func makePipe(t *testing.T) (string, *PipeSource) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "service-perfdata")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := NewPipe(PipeOptions{
		Name: "perfdata-pipe", Path: path, Formats: serviceFormat(t), Poll: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return path, source
}

func TestPipe(t *testing.T) {
	path, source := makePipe(t)
	o := newOutbox()
	before := openNagiosPipe(t, path)
	before.put(line(0)) // waits in the pipe for us
	r := start(t, source, o)
	o.waitRecords(t, 1)
	syscall.Close(before.fd) // Nagios restarts
	o.waitEnd(t)
	nagios := openNagiosPipe(t, path)
	long := line(1) + strings.Repeat("x", 20_000)
	for i := range 500 {
		for !nagios.put(line(2 + i)) {
		}
	}
	nagios.put(long)
	nagios.put("damage")
	o.waitRecords(t, 502)
	o.waitEnd(t)
	r.stop(t)

	want := append(numbered(0, 1), append(numbered(2, 502), "line 1")...)
	if diff := cmp.Diff(want, o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(o.rejected) != 1 || string(o.rejected[0].Raw) != "damage" ||
		!strings.HasPrefix(o.rejected[0].Where, path+":") {
		t.Errorf("rejected: %v", o.rejected)
	}
	refs := make(map[string]bool)
	for _, record := range o.records {
		refs[record.Ref] = true
	}
	if len(refs) != len(o.records) {
		t.Errorf("%d refs for %d records", len(refs), len(o.records))
	}
	if o.position != nil {
		t.Errorf("a pipe has no position, got %s", o.position)
	}
}

// Records that come steadily are taken together.
func TestPipeCompany(t *testing.T) {
	path, source := makePipe(t)
	o := newOutbox()
	batches := 0
	o.gate = func(b supervision.Batch) error {
		if len(b.Records) > 0 {
			batches++
		}
		return nil
	}
	r := start(t, source, o)
	o.waitEnd(t)
	nagios := openNagiosPipe(t, path)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for n := range 200 {
		<-tick.C
		nagios.put(line(n))
	}
	o.waitRecords(t, 200)
	r.stop(t)
	if most := int(time.Since(began)/bell.Company) + 2; batches > most {
		t.Errorf("%d batches, want at most %d", batches, most)
	}
}

// While we are held up the pipe fills, Nagios goes on without waiting, and what
// it could not write is gone; the record that was cut spoils nothing but
// itself.
func TestPipeOverflow(t *testing.T) {
	path, source := makePipe(t)
	o := newOutbox()
	held, release := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	o.gate = func(b supervision.Batch) error {
		if len(b.Records) > 0 && once.CompareAndSwap(false, true) {
			close(held)
			<-release
		}
		return nil
	}
	r := start(t, source, o)
	nagios := openNagiosPipe(t, path)
	nagios.put(line(0))
	<-held
	padding := strings.Repeat("y", 9_000) // so that a record is cut between two writes
	whole := []string{"line 0"}
	lost := 0
	for n := 1; lost < 3; n++ {
		if nagios.put(line(n) + padding) {
			whole = append(whole, numbered(n, n+1)...)
		} else {
			lost++
		}
	}
	close(release)
	o.wait(t, "what went in", func() bool { return len(o.records) >= len(whole) })
	o.waitEnd(t)
	nagios.put(line(1_000_000))
	o.waitRecords(t, len(whole)+1)
	r.stop(t)
	if diff := cmp.Diff(append(whole, "line 1000000"), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(o.rejected) != 1 || o.rejected[0].Reason != reasonCut {
		t.Errorf("rejected: %.200v", o.rejected)
	}
}

func TestPipeTooLongLine(t *testing.T) {
	path, source := makePipe(t)
	o := newOutbox()
	r := start(t, source, o)
	nagios := openNagiosPipe(t, path)
	piece := strings.Repeat("z", 4096)
	for written := 0; written <= supervision.LongestLine; {
		if n, err := syscall.Write(nagios.fd, []byte(piece)); err == nil {
			written += n
		}
	}
	o.wait(t, "rejection", func() bool { return len(o.rejected) == 1 })
	for !nagios.put("") || !nagios.put(line(1)) {
	}
	o.waitRecords(t, 1)
	r.stop(t)
	if len(o.rejected) != 1 || o.rejected[0].Reason != reasonTooLong || len(o.rejected[0].Raw) != supervision.RawKept {
		t.Errorf("%d rejected", len(o.rejected))
	}
	if diff := cmp.Diff(numbered(1, 2), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPipeRefuses(t *testing.T) {
	path, source := makePipe(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := source.Run(t.Context(), nil, newOutbox().emit); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing pipe returned %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("something was created")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := source.Run(t.Context(), nil, newOutbox().emit); err == nil ||
		!strings.Contains(err.Error(), "is no named pipe") {
		t.Errorf("a plain file returned %v", err)
	}
}

func TestPipeReplaced(t *testing.T) {
	path, source := makePipe(t)
	o := newOutbox()
	r := start(t, source, o)
	o.waitEnd(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	o.waitEnd(t)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.ended(t); !errors.Is(err, errReplaced) {
		t.Errorf("ended with %v", err)
	}
}
