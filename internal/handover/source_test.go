package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var _ supervision.Gauge = (*Source)(nil)

// module writes segments as a broker module does.
type module struct {
	t     testing.TB
	dir   string
	pid   int
	start int64
	n     int
	file  *os.File
}

func newModule(t testing.TB, dir string, pid int) *module {
	m := &module{t: t, dir: dir, pid: pid, start: time.Now().UnixMicro()}
	t.Cleanup(func() {
		if m.file != nil {
			m.file.Close()
		}
	})
	return m
}

// begin begins another segment.
func (m *module) begin() {
	if m.file != nil {
		m.file.Close()
	}
	m.start++
	m.n++
	f, err := os.OpenFile(filepath.Join(m.dir, fmt.Sprintf("neb-%016d-%d-%d.log", m.start, m.pid, m.n)),
		os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		m.t.Fatal(err)
	}
	m.file = f
	m.write("DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::1\tLOST::0\n")
}

func (m *module) write(text string) {
	if _, err := m.file.WriteString(text); err != nil {
		m.t.Fatal(err)
	}
}

// check writes a check result whose output is a number.
func (m *module) check(number int) { m.write(checkLine(number)) }

func checkLine(number int) string {
	return fmt.Sprintf("DATATYPE::HOSTCHECK\tTIMET::1700000000\tHOSTNAME::h\tHOSTSTATEID::0\tHOSTOUTPUT::%d\n", number)
}

// journal takes batches over as the pipeline does, and stores the position.
type journal struct {
	mu       sync.Mutex
	outputs  []string
	refs     map[string]int
	rejected []supervision.Rejected
	position []byte
	ends     int
	// refuse makes it take nothing any more.
	refuse bool
	// atEnd is closed when a source has read to its end; nil: nobody waits.
	atEnd chan struct{}
}

var errRefused = errors.New("refused")

func (j *journal) emit(_ context.Context, b supervision.Batch) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refuse {
		return errRefused
	}
	if j.refs == nil {
		j.refs = map[string]int{}
	}
	for _, r := range b.Records {
		j.refs[r.Ref]++
		if r.Check != nil {
			j.outputs = append(j.outputs, r.Check.Output)
		}
	}
	j.rejected = append(j.rejected, b.Rejected...)
	if b.Position != nil {
		j.position = bytes.Clone(b.Position)
	}
	if !b.EndSeen.IsZero() {
		if j.ends++; j.ends == 1 && j.atEnd != nil {
			close(j.atEnd)
		}
	}
	return nil
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.outputs)
}

// read runs a source from the stored position until done returns true.
func (j *journal) read(t *testing.T, o Options, done func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	o.Name, o.Poll = "module", 10*time.Millisecond
	j.mu.Lock()
	from := bytes.Clone(j.position)
	j.mu.Unlock()
	go func() { ended <- New(o).Run(ctx, from, j.emit) }()
	deadline := time.After(20 * time.Second)
	for !done() {
		select {
		case err := <-ended:
			stop()
			if !errors.Is(err, errRefused) {
				t.Errorf("ended by itself: %v", err)
			}
			return
		case <-deadline:
			stop()
			t.Fatalf("not done: %d outputs, rejected %v", j.count(), j.rejected)
		case <-time.After(2 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// sees reads until as many results have come, and compares them all.
func (j *journal) sees(t *testing.T, o Options, n int) {
	t.Helper()
	j.read(t, o, func() bool { return j.count() >= n })
	j.inOrder(t, n)
}

func (j *journal) inOrder(t *testing.T, n int) {
	t.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i))
	}
	if !slices.Equal(j.outputs, want) {
		t.Fatalf("got %d results %.200v…, want 0 to %d in order", len(j.outputs), j.outputs, n-1)
	}
	for ref, times := range j.refs {
		if times != 1 {
			t.Errorf("%s came %d times", ref, times)
		}
	}
}

func (j *journal) nothingRejected(t *testing.T) {
	t.Helper()
	for _, r := range j.rejected {
		t.Errorf("rejected %s: %s: %q", r.Where, r.Reason, r.Raw)
	}
}

func segments(t *testing.T, dir string) (files []string) {
	t.Helper()
	names, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		files = append(files, n.File)
	}
	return files
}

func TestSegmentsAreReadInOrderAndDeleted(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	n := 0
	for range 3 {
		m.begin()
		for range 1500 { // more than a batch
			m.check(n)
			n++
		}
	}
	j.sees(t, Options{Dir: dir}, n)
	j.read(t, Options{Dir: dir}, func() bool { return len(segments(t, dir)) == 1 })
	j.nothingRejected(t)
	if last := segments(t, dir)[0]; !strings.HasSuffix(last, "-11-3.log") {
		t.Errorf("%s is left, want the one that is being written", last)
	}
	m.check(n)
	j.sees(t, Options{Dir: dir}, n+1)
}

// While it reads, records come half, segments begin, and it is stopped and
// killed again and again.
func TestNothingIsLostOrRepeatedByStops(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	const n = 20_000
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range n {
			if i%700 == 0 {
				m.begin()
			}
			text := checkLine(i)
			half := i * 7 % len(text)
			m.write(text[:half])
			m.write(text[half:])
		}
	}()
	for round := 0; j.count() < n; round++ {
		before := j.count()
		j.read(t, Options{Dir: dir}, func() bool {
			if j.count() >= min(before+1200, n) {
				j.mu.Lock()
				defer j.mu.Unlock()
				// What it has read then is not durable
				j.refuse = round%2 == 0 && j.position != nil && len(j.outputs) < n
				return !j.refuse
			}
			return false
		})
		j.refuse = false
	}
	<-written
	j.inOrder(t, n)
	j.nothingRejected(t)
}

// A supervisor that was killed leaves a record without its end, and its segment.
func TestATornRecordIsSetAside(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	killed := newModule(t, dir, 11)
	killed.begin()
	killed.check(0)
	killed.write("DATATYPE::HOSTCHECK\tTIMET::17")
	next := newModule(t, dir, 12)
	next.begin()
	next.check(1)
	j.sees(t, Options{Dir: dir}, 2)
	if files := segments(t, dir); len(files) != 2 {
		t.Errorf("%v: the old one was deleted although its writer may be alive", files)
	}
	j.nothingRejected(t)
	j.read(t, Options{Dir: dir, Quiet: time.Millisecond}, func() bool { return len(segments(t, dir)) == 1 })
	if len(j.rejected) != 1 || string(j.rejected[0].Raw) != "DATATYPE::HOSTCHECK\tTIMET::17" ||
		!strings.Contains(j.rejected[0].Reason, "no line feed") {
		t.Errorf("rejected %+v", j.rejected)
	}
	j.inOrder(t, 2)
}

// Two supervisors in one directory is a mistake, but loses nothing.
func TestTwoWritersInOneDirectory(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	a, b := newModule(t, dir, 11), newModule(t, dir, 12)
	a.begin()
	b.begin()
	for i := range 10 {
		[]*module{a, b}[i%2].check(i)
		j.sees(t, Options{Dir: dir}, i+1)
	}
	if len(segments(t, dir)) != 2 {
		t.Error("a segment that is being written was deleted")
	}
}

// A module sets a segment back to its last whole record when the disk is full.
func TestASegmentThatIsSetBack(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	m.begin()
	m.check(0)
	whole, err := m.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m.write("DATATYPE::HOSTCHECK\tTIMET::1700000000\tHOSTNAME::h\tHOSTSTATEID::0\tHOSTOUTPUT::lost if it were believed")
	j.sees(t, Options{Dir: dir}, 1)
	if err := m.file.Truncate(whole.Size()); err != nil {
		t.Fatal(err)
	}
	m.check(1)
	j.sees(t, Options{Dir: dir}, 2)
	j.nothingRejected(t)
}

func TestBadLinesAreSetAsideWithTheirPlace(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	m.begin()
	header, _ := m.file.Stat()
	m.write("rubbish\n")
	m.check(0)
	m.write("DATATYPE::LOST\tTIMET::1\tCOUNT::42\n")
	m.write("DATATYPE::HOSTCHECK\t" + strings.Repeat("x", supervision.LongestLine+5) + "\n")
	m.check(1)
	j.sees(t, Options{Dir: dir}, 2)
	var reasons []string
	for _, r := range j.rejected {
		reasons = append(reasons, r.Reason)
	}
	if len(reasons) != 3 || !strings.Contains(reasons[1], "42 records") ||
		reasons[2] != "the line is longer than 1 MiB" {
		t.Errorf("reasons %q", reasons)
	}
	if want := fmt.Sprintf("%s:%d", m.file.Name(), header.Size()); j.rejected[0].Where != want {
		t.Errorf("at %s, want %s", j.rejected[0].Where, want)
	}
}

// A newer module's segments wait for a newer connector, and so does what comes
// behind them.
func TestAnUnknownFormatIsKept(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	m.begin()
	m.check(0)
	newer := newModule(t, dir, 12)
	newer.start, newer.n = m.start+1, 0
	name := fmt.Sprintf("neb-%016d-12-1.log", newer.start+1)
	if err := os.WriteFile(filepath.Join(dir, name),
		[]byte("DATATYPE::SEGMENT\tFORMAT::2\tMODULE::neb 9.0\n"+checkLine(7)), 0o640); err != nil {
		t.Fatal(err)
	}
	m.start += 2
	m.begin()
	m.check(1)
	var log bytes.Buffer
	looks := j.ends
	j.read(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))}, func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return len(j.outputs) >= 1 && j.ends > looks+3
	})
	j.inOrder(t, 1)
	if strings.Count(log.String(), "format=2") != 1 {
		t.Errorf("log:\n%s", &log)
	}
	if !slices.Contains(segments(t, dir), name) {
		t.Error("the segment was deleted")
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 9.0\n"),
		0o640); err != nil {
		t.Fatal(err)
	}
	j.sees(t, Options{Dir: dir}, 2)
}

// firstLine is a log that reports its first line.
type firstLine struct {
	once    sync.Once
	written chan struct{}
}

func (l *firstLine) Write(p []byte) (int, error) {
	l.once.Do(func() { close(l.written) })
	return len(p), nil
}

func TestADirectoryThatAppearsLater(t *testing.T) {
	dir, j := filepath.Join(t.TempDir(), "neb"), &journal{}
	waits := &firstLine{written: make(chan struct{})}
	began := make(chan struct{})
	go func() {
		defer close(began)
		<-waits.written
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Error(err)
		}
		m := newModule(t, dir, 11)
		m.begin()
		m.check(0)
	}()
	j.sees(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(waits, nil))}, 1)
	<-began
}

func TestWatchBeginsAtTheEndAndDeletesNothing(t *testing.T) {
	dir, j := t.TempDir(), &journal{atEnd: make(chan struct{})}
	m := newModule(t, dir, 11)
	m.begin()
	m.write(checkLine(99) + checkLine(98))
	m.begin()
	m.write(checkLine(97) + checkLine(0)[:20])
	go func() {
		<-j.atEnd
		m.write(checkLine(0)[20:])
		m.begin()
		m.check(1)
	}()
	j.sees(t, Options{Dir: dir, Watch: true}, 2)
	if len(segments(t, dir)) != 3 {
		t.Error("segments were deleted")
	}
}

// A stop of days leaves more segments than files may be open.
func TestManySegments(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	m := newModule(t, dir, 11)
	const n = 3 * mostOpen
	for i := range n {
		m.begin()
		m.check(i)
	}
	j.sees(t, Options{Dir: dir}, n)
	j.read(t, Options{Dir: dir}, func() bool { return len(segments(t, dir)) == 1 })
	j.inOrder(t, n)
}

// Progress is that of the segment that is being read, and counts what waits in
// later ones.
func TestProgress(t *testing.T) {
	dir := t.TempDir()
	m := newModule(t, dir, 11)
	size := func() int64 {
		info, err := m.file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	m.begin()
	for i := range supervision.BatchLines + 5 {
		m.check(i)
	}
	first, firstSize := m.file.Name(), size()
	m.begin()
	m.check(0)
	m.write("DATATYPE::HOSTCHECK\tTIMET::1800000000\tHOSTNAME::h\tHOSTSTATEID::0\n")
	m.write("half a line")
	second, secondSize := m.file.Name(), size()

	source := New(Options{Name: "module", Dir: dir})
	if got := source.Progress(); got != (supervision.Progress{}) {
		t.Errorf("before the first record: %+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	began := time.Now()
	var all []supervision.Progress
	err := source.Run(ctx, nil, func(_ context.Context, b supervision.Batch) error {
		all = append(all, source.Progress()) // with what was handed over before
		if len(all) == 3 {
			stop()
		}
		return nil
	})
	if err != nil || len(all) < 3 {
		t.Fatalf("%d batches, %v", len(all), err)
	}
	if got := all[1]; got.Path != first || got.Offset >= firstSize || got.Size != firstSize+secondSize ||
		got.Newest.Unix() != 1700000000 || !got.EndSeen.IsZero() {
		t.Errorf("after the first batch: %+v, want a place in %s, of %d bytes in all", got, first, firstSize+secondSize)
	}
	if got := all[2]; got.Path != second || got.Offset != secondSize-int64(len("half a line")) ||
		got.Size != secondSize ||
		got.Newest.Unix() != 1800000000 || got.EndSeen.Before(began) {
		t.Errorf("at the end: %+v, want the end of %s, %d", got, second, secondSize)
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	dir, j := t.TempDir(), &journal{}
	for _, name := range []string{
		"README", "neb-1-2-3.log", "neb-0000000000000001-2-x.log", ".neb-0000000000000001-2-3.log.swp",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(checkLine(99)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "neb-0000000000000001-2-3.log")); err != nil {
		t.Fatal(err)
	}
	m := newModule(t, dir, 11)
	m.begin()
	m.check(0)
	j.sees(t, Options{Dir: dir}, 1)
	j.nothingRejected(t)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 6 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestAPositionThatCannotBeReadIsAnError(t *testing.T) {
	for _, stored := range []string{"{", `{"segments":[{"file":"x","offset":-1}]}`} {
		if err := New(Options{Dir: t.TempDir()}).Run(context.Background(), []byte(stored),
			(&journal{}).emit); err == nil {
			t.Errorf("%s: no error", stored)
		}
	}
}
