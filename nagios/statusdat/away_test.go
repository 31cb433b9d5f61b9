package statusdat

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The directory, or all that is in it, is away for a moment: nothing is taken for
// changed, and nothing is sent again.
func TestTheDirectoryIsAwayForAMoment(t *testing.T) {
	before := statusFile(1100, service("problem_has_been_acknowledged=1", "is_flapping=1"), userComment(1, 1000, "one"),
		ackComment(2, 1000, "two"))
	after := statusFile(1110, service("problem_has_been_acknowledged=1", "is_flapping=1"), userComment(1, 1000, "one"),
		ackComment(2, 1000, "two"), userComment(3, 1105, "three"))
	for name, while := range map[string]func(dir string){
		"absent": func(string) {},
		"empty":  func(dir string) { must(t, os.Mkdir(dir, 0o755)) },
		"with an empty file": func(dir string) {
			must(t, os.Mkdir(dir, 0o755))
			must(t, os.WriteFile(filepath.Join(dir, "status.dat"), nil, 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, restarted := range []bool{false, true} {
				b := newBench(t)
				dir := filepath.Join(filepath.Dir(b.path), "var")
				b.path = filepath.Join(dir, "status.dat")
				must(t, os.Mkdir(dir, 0o755))
				b.restart()
				if got := b.read(before); len(got) == 0 {
					t.Fatal("nothing is read")
				}
				must(t, os.Rename(dir, dir+".away"))
				while(dir)
				if restarted {
					b.restart()
				}
				for range 3 {
					if got, err := b.look(); err != nil || len(got) > 0 {
						t.Errorf("while it is away: %q, %v", describeAll(got), err)
					}
				}
				must(t, os.RemoveAll(dir))
				must(t, os.Rename(dir+".away", dir))
				// The first reading of a run reports the present states, which the timeline compares.
				isNew := func(r supervision.Record) bool { return !restarted || r.Kind != supervision.PresentState }
				if got, err := b.look(); err != nil || slices.ContainsFunc(got, isNew) {
					t.Errorf("when it is back: %q, %v", describeAll(got), err)
				}
				if got := b.read(after); len(got) != 1 || got[0].Kind != supervision.CommentAdded {
					t.Errorf("the next file: %q", describeAll(got))
				}
			}
		})
	}
}

// A source that runs finds the file in the directory that has come back.
func TestTheDirectoryComesBackWhileRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var")
	path := filepath.Join(dir, "status.dat")
	must(t, os.Mkdir(dir, 0o755))
	replace(t, path, statusFile(1100, service("current_state=0")))
	r := start(t, Options{Path: path, Poll: 10 * time.Millisecond}, nil)
	r.next("state", hasRecords)
	must(t, os.Rename(dir, dir+".away"))
	must(t, os.Mkdir(dir, 0o755))
	from := time.Now()
	r.next("end", func(b supervision.Batch) bool { return b.EndSeen.After(from) })
	must(t, os.Remove(dir))
	must(t, os.Rename(dir+".away", dir))
	replace(t, path, statusFile(1110, service("current_state=2", "last_check=1105")))
	b := r.next("state", hasRecords)
	if !slices.ContainsFunc(b.Records, func(rec supervision.Record) bool {
		return rec.Check != nil && rec.Check.State == supervision.Critical
	}) {
		t.Errorf("got %q", describeAll(b.Records))
	}
}
