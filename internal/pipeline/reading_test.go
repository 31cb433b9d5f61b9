package pipeline

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// logAtItsEnd is a log to which one line was added at a moment, and that is looked
// at every quarter of a second.
type logAtItsEnd struct {
	line  supervision.Record
	added time.Time
}

func (*logAtItsEnd) Name() string { return "log" }

func (l *logAtItsEnd) Run(ctx context.Context, _ []byte, emit supervision.Emit) error {
	unread := true
	for ctx.Err() == nil {
		b := supervision.Batch{EndSeen: time.Now()}
		if unread && !l.added.After(b.EndSeen) {
			b.Records, b.Position, unread = []supervision.Record{l.line}, []byte("p"), false
		}
		if err := emit(ctx, b); err != nil {
			return err
		}
		time.Sleep(250 * time.Millisecond) // of the test's own clock
	}
	return nil
}

// statusFile is a large file that is read once, in batches.
type statusFile struct {
	batches []supervision.Batch
	whole   chan struct{} // closed when all of it is stored
}

func (*statusFile) Name() string { return "status" }

func (s *statusFile) Run(ctx context.Context, _ []byte, emit supervision.Emit) error {
	time.Sleep(time.Second) // of the test's own clock: all others are at their ends
	opened := time.Now()
	for _, b := range s.batches {
		b.Read = opened
		time.Sleep(time.Millisecond) // it is read
		if err := emit(ctx, b); err != nil {
			return err
		}
	}
	close(s.whole)
	return untilDone(ctx)
}

// All of a status file waits for one look at the log: its opening is the moment by
// which what it shows had been written.
func TestAStatusFileWaitsForOneLookAtTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := &statusFile{whole: make(chan struct{})}
		const batches = 110
		for i := range batches {
			status.batches = append(status.batches, supervision.Batch{
				Records: []supervision.Record{check(fmt.Sprintf("h%d", i), "shown")},
			})
		}
		status.batches[batches-1].Position = []byte("p")
		began := time.Now()
		log := &logAtItsEnd{line: check("h0", "logged"), added: began.Add(time.Second)}
		out := &memory{}
		stored := make(chan time.Duration, 1)
		go func() {
			<-status.whole
			stored <- time.Since(began)
		}()
		runSite(t, out, Config{Feeds: []Feed{
			{Source: status, Reader: timeline.Reader{View: timeline.Snapshot, HasState: true, HasOutput: true}},
			{Source: log, Reader: changes},
		}})
		if took := <-stored; took > 1500*time.Millisecond {
			t.Errorf("the file took %v, opened after a second; it waits for one look", took)
		}
		// What had been written to the log before goes first.
		if sent := out.sent(t); len(sent) == 0 || sent[0] != "nagios.test.check.component.h0: logged" {
			t.Errorf("sent %q", sent[:min(len(sent), 3)])
		}
	})
}

// askedFile is a perfdata file in which something can be read when it is looked at.
type askedFile struct {
	name  string
	asked chan struct{}
	line  supervision.Record
}

func (f *askedFile) Name() string { return f.name }

func (f *askedFile) Look() {
	select {
	case f.asked <- struct{}{}:
	default:
	}
}

func (f *askedFile) Run(ctx context.Context, _ []byte, emit supervision.Emit) error {
	if err := emit(ctx, supervision.Batch{EndSeen: time.Now()}); err != nil {
		return err
	}
	<-f.asked
	b := supervision.Batch{Records: []supervision.Record{f.line}, Position: []byte("p"), EndSeen: time.Now()}
	err := emit(ctx, b)
	if err != nil {
		return err
	}
	return untilDone(ctx)
}

// An alarm that only the log has shown waits for its performance data: the file is
// looked at now, and not at its next turn.
func TestAnAlarmThatWaitsMakesThePerfdataBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		problem := check("h", "down")
		problem.Check.State = supervision.Critical
		full := problem
		of := *problem.Check
		of.Perfdata = "a=1"
		full.Check = &of
		log := &logAtItsEnd{line: problem, added: time.Now().Add(time.Second)}
		file := &askedFile{name: "perfdata", asked: make(chan struct{}, 1), line: full}
		out := &memory{}
		runSite(t, out, Config{Feeds: []Feed{
			{Source: log, Reader: changes},
			{Source: file, Reader: timeline.Reader{
				View: timeline.Complete, Hosts: true, Services: true, HasState: true, HasOutput: true,
			}},
		}})
		if sent := out.sent(t); len(sent) != 1 {
			t.Errorf("sent %q, want one event with all", sent)
		}
	})
}
