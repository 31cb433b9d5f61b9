package perfdata

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// swap puts an empty directory in the place of the spool, back puts the spool there
// again.
func (d spoolDirs) swap(t *testing.T) (back func()) {
	t.Helper()
	if err := errors.Join(os.Rename(d.spool, d.spool+".away"), os.Mkdir(d.spool, 0o755)); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(os.RemoveAll(d.spool), os.Rename(d.spool+".away", d.spool)); err != nil {
			t.Fatal(err)
		}
	}
}

// An empty directory may be one on which the spool has still to be mounted.
func TestSpoolThatIsEmptyForAMoment(t *testing.T) {
	for _, written := range []bool{false, true} { // to the directory below the mount
		t.Run(fmt.Sprint(written), func(t *testing.T) {
			t.Parallel()
			d, o := makeDirs(t), newOutbox()
			for i := range 10 {
				d.moveIn(t, fmt.Sprint("f", i), lines(i, i+1), time.Duration(20-i)*time.Second)
			}
			r := start(t, d.source(t, nil), o)
			o.waitRecords(t, 10)
			o.waitEnd(t)
			r.stop(t)
			back := d.swap(t)
			want := 10
			if written {
				d.moveIn(t, "below", lines(10, 11), time.Second)
				want++
			}
			r = start(t, d.source(t, nil), o)
			o.waitRecords(t, want)
			o.waitEnd(t)
			o.waitEnd(t)
			back()
			d.moveIn(t, "later", lines(want, want+1), time.Second)
			o.waitRecords(t, want+1)
			o.waitEnd(t)
			o.waitEnd(t)
			r.stop(t)
			if diff := cmp.Diff(numbered(0, want+1), o.outputs()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A file that was read in part goes on when its directory is there again.
func TestSpoolResumesWhenItIsThereAgain(t *testing.T) {
	const n = 2*supervision.BatchLines + 10
	d, o := makeDirs(t), newOutbox()
	d.moveIn(t, "a", lines(0, n), time.Minute)
	batches := 0
	o.gate = func(b supervision.Batch) error {
		if batches++; batches > 1 {
			return errCrashed
		}
		return nil
	}
	if err := d.source(t, nil).Run(t.Context(), nil, o.emit); !errors.Is(err, errCrashed) {
		t.Fatal(err)
	}
	o.gate = nil
	back := d.swap(t)
	r := start(t, d.source(t, nil), o)
	o.waitEnd(t)
	o.waitEnd(t)
	back()
	o.waitRecords(t, n)
	r.stop(t)
	if diff := cmp.Diff(numbered(0, n), o.outputs()); diff != "" || len(o.rejected) > 0 {
		t.Errorf("rejected %d, -want +got:\n%s", len(o.rejected), diff)
	}
}

// A crowd of files is read whatever number of files may be open.
func TestSpoolWithFewFiles(t *testing.T) {
	const variable, limit, n = "N2C_FEW_FILES", 24, 300
	if os.Getenv(variable) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), variable+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	few := syscall.Rlimit{Cur: limit, Max: limit}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	d, o := makeDirs(t), newOutbox()
	for i := range n {
		d.moveIn(t, fmt.Sprint("f", i), lines(i, i+1), time.Duration(n-i)*time.Second)
	}
	var held []*os.File // what others have open leaves a few
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	for _, f := range held[:3] {
		f.Close()
	}
	r := start(t, d.source(t, nil), o)
	o.waitRecords(t, n)
	r.stop(t)
	if diff := cmp.Diff(numbered(0, n), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
