package timeline_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat"
)

// recording is what a real Nagios wrote. Its perfdata files have Nagios' default
// templates; what other templates would have is known from its log. testdata/nagios4
// has the lines and blocks of eight objects of the large one (internal/testing/corpus).
type recording struct {
	t *testing.T
	*history
	dir      string
	statuses []string // paths
	// results are the lines of the perfdata files and, of objects that have none, those of the log.
	results []*recorded
	byRef   map[string]*recorded
	changes map[supervision.Entity][]supervision.State // that the log shows
}

// recorded is a check result of a recording.
type recorded struct {
	entity supervision.Entity
	at     int64 // unix seconds
	state  supervision.State
	output string
	// line is its line in the perfdata files, alert that of the log; nil if there is none.
	line, alert *supervision.Record
}

// Where in its second a line is taken to have been written: nobody recorded that.
// The log comes first, then perfdata, then the status file.
const (
	logWritten      = 900
	perfdataWritten = 901
	statusWritten   = 950
)

// readRecording reads a folder.
func readRecording(t *testing.T, dir string) *recording {
	t.Helper()
	r := &recording{
		t: t, dir: dir, history: &history{}, byRef: map[string]*recorded{},
		changes: map[supervision.Entity][]supervision.State{},
	}
	r.readLog()
	r.readPerfdata()
	r.readStatuses()
	r.fillStates()
	r.begin = min(r.log[0].at, r.perfdata[0].at)
	r.end = max(r.log[len(r.log)-1].at, r.perfdata[len(r.perfdata)-1].at) + 1000
	r.open = r.openStatus
	return r
}

// text returns a file, or what is packed in it, empty if there is none.
func (r *recording) text(name string) string {
	r.t.Helper()
	f, err := os.Open(filepath.Join(r.dir, name))
	packed := os.IsNotExist(err)
	if packed {
		f, err = os.Open(filepath.Join(r.dir, name+".gz"))
	}
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	from := io.Reader(f)
	if packed {
		if from, err = gzip.NewReader(f); err != nil {
			r.t.Fatal(err)
		}
	}
	all, err := io.ReadAll(from)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(all)
}

// since is the moment of a stamp of the recording, which begins at epochStart.
func (r *recording) since(stamp int64) moment { return moment(stamp-epochStart) * 1000 }

func (r *recording) readLog() {
	archives, err := filepath.Glob(filepath.Join(r.dir, "archives", "*.log"))
	if err != nil {
		r.t.Fatal(err)
	}
	parser := logfile.NewParser("Nagios 4.4.6")
	offset, written := int64(0), moment(0)
	take := func() {
		for _, rec := range parser.Take().Records {
			r.log = append(r.log, line{written, rec})
		}
	}
	for _, name := range append(archives, "nagios.log") {
		name = strings.TrimPrefix(name, r.dir+"/")
		for text := range strings.Lines(r.text(name)) {
			if stamp, _, isLine := strings.Cut(strings.TrimPrefix(text, "["), "] "); isLine && len(stamp) == 10 {
				at, err := strconv.ParseInt(stamp, 10, 64)
				must(err)
				written = max(written, r.since(at)+logWritten)
			}
			text := []byte(strings.TrimSuffix(text, "\n"))
			parser.Add(logfile.Line{Text: text, File: name, FileID: "log", Offset: offset})
			offset += int64(len(text)) + 1
			take()
		}
	}
	parser.Settle()
	take()
}

func (r *recording) readPerfdata() {
	for name, template := range map[string]string{
		"host-perfdata": perfdata.DefaultHostTemplate, "service-perfdata": perfdata.DefaultServiceTemplate,
	} {
		class := perfdata.Service
		if name == "host-perfdata" {
			class = perfdata.Host
		}
		format, err := perfdata.Compile(template, class)
		if err != nil {
			r.t.Fatal(err)
		}
		for text := range strings.Lines(r.text(name)) {
			rec, _, err := format.Parse(strings.TrimSuffix(text, "\n"))
			if err != nil {
				continue // the rest of a longer line
			}
			rec.Ref = name + ":" + strconv.Itoa(len(r.perfdata))
			r.perfdata = append(r.perfdata, line{r.since(rec.Time.Unix()) + perfdataWritten, rec})
		}
	}
	slices.SortStableFunc(r.perfdata, func(a, b line) int { return int(a.at - b.at) })
}

func (r *recording) readStatuses() {
	var err error
	if r.statuses, err = filepath.Glob(filepath.Join(r.dir, "status*.dat*")); err != nil {
		r.t.Fatal(err)
	}
	created := map[string]moment{}
	for _, path := range r.statuses {
		_, rest, _ := strings.Cut(r.text(strings.TrimSuffix(filepath.Base(path), ".gz")), "created=")
		stamp, _, _ := strings.Cut(rest, "\n")
		at, err := strconv.ParseInt(stamp, 10, 64)
		must(err)
		created[path] = r.since(at) + statusWritten
	}
	slices.SortFunc(r.statuses, func(a, b string) int { return int(created[a] - created[b]) })
	for _, path := range r.statuses {
		r.written = append(r.written, created[path])
	}
}

// fillStates finds the state of each line of the perfdata files: that of its ALERT, or
// of the last ALERT before it.
func (r *recording) fillStates() {
	alerts := map[supervision.Entity][]*recorded{}
	for i := range r.log {
		if rec := &r.log[i].rec; rec.Kind == supervision.CheckResult {
			alerts[rec.Entity] = append(alerts[rec.Entity], &recorded{
				entity: rec.Entity, at: rec.Time.Unix(), state: rec.Check.State, output: comparable(rec.Check.Output),
				alert: rec,
			})
			r.changes[rec.Entity] = append(r.changes[rec.Entity], rec.Check.State)
		}
	}
	for i := range r.perfdata {
		rec := &r.perfdata[i].rec
		one := recorded{entity: rec.Entity, at: rec.Time.Unix(), output: comparable(rec.Check.Output)}
		rec.Check.StateType, rec.Check.Attempt = supervision.Hard, 1
		for _, a := range alerts[rec.Entity] {
			isOwn := a.line == nil && one.at >= a.at && one.at <= a.at+1 && a.output == one.output
			if isOwn || a.line != nil || a.at < one.at {
				one.state = a.state
				rec.Check.StateType, rec.Check.Attempt = a.alert.Check.StateType, a.alert.Check.Attempt
			}
			if isOwn {
				a.line, one.alert = rec, a.alert
				break
			}
		}
		if rec.Check.State = one.state; one.state == supervision.OK {
			rec.Check.StateType, rec.Check.Attempt = supervision.Hard, 1
		}
		one.line = rec
		r.add(&one)
	}
	for _, all := range alerts { // objects, or results, without performance data
		for _, a := range all {
			if a.line == nil {
				r.add(a)
			}
		}
	}
}

func (r *recording) add(one *recorded) {
	r.results = append(r.results, one)
	for _, rec := range []*supervision.Record{one.line, one.alert} {
		if rec != nil {
			r.byRef[rec.Ref] = one
		}
	}
}

// comparable is an output as both log and perfdata file show it.
func comparable(output string) string {
	output = strings.ReplaceAll(strings.TrimSpace(output), ";", ":")
	return output[:min(len(output), 1000)]
}

// recordedStatus is the real reader of a status file. It reads one when a test asks.
type recordedStatus struct {
	*recording
	path    string
	stop    context.CancelFunc
	batches chan supervision.Batch
	taken   chan struct{}
	ended   chan struct{}
	last    []byte
	said    *bytes.Buffer // what the reader has logged
}

func (r *recording) openStatus(position []byte) shown {
	ctx, stop := context.WithCancel(context.Background())
	dir, err := os.MkdirTemp(r.t.TempDir(), "status")
	must(err)
	s := &recordedStatus{
		recording: r, path: filepath.Join(dir, "status.dat"), stop: stop, last: position, said: &bytes.Buffer{},
		batches: make(chan supervision.Batch), taken: make(chan struct{}), ended: make(chan struct{}),
	}
	source := statusdat.New(statusdat.Options{
		Path: s.path, Poll: time.Millisecond, Logger: slog.New(slog.NewTextHandler(s.said, nil)),
	})
	go func() {
		defer close(s.ended)
		must(source.Run(ctx, position, func(ctx context.Context, b supervision.Batch) error {
			select {
			case s.batches <- b:
				<-s.taken
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}))
	}()
	return s
}

func (s *recordedStatus) read(file int) (records []supervision.Record) {
	next := s.path + ".new"
	must(os.WriteFile(next, []byte(s.text(strings.TrimSuffix(filepath.Base(s.statuses[file]), ".gz"))), 0o600))
	must(os.Rename(next, s.path))
	limit := time.After(time.Minute)
	for {
		var b supervision.Batch
		select {
		case b = <-s.batches:
		case <-limit:
			s.stop()
			<-s.ended
			panic(fmt.Sprintf("status file %d is not read: %s", file, s.said))
		}
		for i := range b.Records { // the memory is the source's
			copied, _, err := supervision.DecodeRecord(supervision.AppendRecord(nil, &b.Records[i]))
			must(err)
			records = append(records, copied)
		}
		s.taken <- struct{}{}
		if b.Position != nil {
			s.last = b.Position
			return records
		}
	}
}

func (s *recordedStatus) position() []byte { return s.last }

func (s *recordedStatus) close() {
	s.stop()
	<-s.ended
	must(os.RemoveAll(filepath.Dir(s.path)))
}
