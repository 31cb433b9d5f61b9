package perfdata

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The process dies at every possible moment; what is stored goes on exactly
// there.
func TestSpoolCrashAnywhere(t *testing.T) {
	t.Parallel()
	const perFile, files = 1500, 3
	for _, after := range []After{Keep, Delete, Move} {
		for crash := range 3*files + 2 {
			t.Run(fmt.Sprintf("%d/%d", after, crash), func(t *testing.T) {
				d := makeDirs(t)
				for n := range files {
					d.moveIn(t, fmt.Sprintf("perfdata.%d", n), lines(n*perFile, (n+1)*perFile),
						time.Duration(files-n)*time.Second)
				}
				o := newOutbox()
				batch := 0
				o.gate = func(supervision.Batch) error {
					if batch++; batch == crash+1 {
						return errCrashed
					}
					return nil
				}
				set := func(s *SpoolOptions) { s.After, s.Poll = after, 5*time.Millisecond }
				r := start(t, d.source(t, set), o)
				if err := r.ended(t); err == nil {
					t.Fatal("no crash")
				}
				again := start(t, d.source(t, set), o)
				o.waitRecords(t, perFile*files)
				o.waitEnd(t)
				again.stop(t)
				if got, want := o.outputs(), numbered(0, perFile*files); !slices.Equal(got, want) {
					t.Errorf("-want +got:\n%s", cmp.Diff(want, got))
				}
				if len(o.rejected) > 0 {
					t.Errorf("rejected: %v", o.rejected)
				}
				left, moved := map[After]int{Keep: files}[after], map[After]int{Move: files}[after]
				if got := len(names(t, d.spool)); got != left {
					t.Errorf("%d files are left, want %d", got, left)
				}
				if got := len(names(t, d.done)); got != moved {
					t.Errorf("%d files were moved, want %d", got, moved)
				}
			})
		}
	}
}

// The process dies when all of a file is stored, before it is deleted.
func TestSpoolCrashBeforeDelete(t *testing.T) {
	d := makeDirs(t)
	d.moveIn(t, "a", lines(0, 10), time.Second)
	o := newOutbox()
	r := start(t, d.source(t, nil), o) // keeps
	o.waitRecords(t, 10)
	o.waitEnd(t)
	r.stop(t)
	r = start(t, d.source(t, func(s *SpoolOptions) { s.After = Delete }), o)
	o.waitEnd(t)
	r.stop(t)
	if left := names(t, d.spool); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if diff := cmp.Diff(numbered(0, 10), o.outputs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A half-read file that is gone after a restart is reported, once.
func TestSpoolHalfReadFileGone(t *testing.T) {
	d := makeDirs(t)
	d.moveIn(t, "half", lines(0, 5000), time.Second)
	o := newOutbox()
	batches := 0
	o.gate = func(supervision.Batch) error {
		if batches++; batches == 2 {
			return errCrashed
		}
		return nil
	}
	if err := start(t, d.source(t, nil), o).ended(t); err == nil {
		t.Fatal("no crash")
	}
	read := len(o.outputs())
	if err := os.Remove(filepath.Join(d.spool, "half")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := start(t, d.source(t, nil), o)
		o.waitEnd(t)
		r.stop(t)
	}
	if len(o.rejected) != 1 || o.rejected[0].Reason != reasonGone {
		t.Fatalf("rejected: %v", o.rejected)
	}
	where := fmt.Sprintf("%s/half:%d", d.spool, len(lines(0, read)))
	if o.rejected[0].Where != where {
		t.Errorf("it was read up to %s, reported at %s", where, o.rejected[0].Where)
	}
}
