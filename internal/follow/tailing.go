package follow

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/nxadm/tail"
	"github.com/nxadm/tail/util"
)

// tailPatience is how long nxadm/tail may sit on a whole line: it looks every
// 250 ms.
const tailPatience = time.Second

// tailing leaves the end of a live file to github.com/nxadm/tail, and reads
// the backlog before it, and whatever that library can't be trusted with,
// directly.
//
// The library is held to one open file by its name under /proc/self/fd: so it
// never sees a rename, and none of its losses at rotation can happen
// (v1.4.11 does not read a renamed file to its end). Of its lines only those
// are taken that begin where the last one ended. It has no bound on a line
// without a newline; at each look such a file is taken away from it, so its
// memory is bounded by what is appended between two looks.
type tailing struct {
	*direct
	log         *slog.Logger
	tail        *tail.Tail // nil while reading directly
	waiting     *tail.Line // received by wait, not yet read
	unavailable bool       // it could not be started

	// What nxadm/tail seems to have missed.
	behindAt    int64
	behindSince time.Time
}

func newTailing(d *direct, log *slog.Logger) *tailing {
	keepFatalFromExiting()
	return &tailing{direct: d, log: log}
}

func (t *tailing) read(c *Chunk) (bool, error) {
	if t.tail == nil {
		progress, err := t.direct.read(c)
		if err == nil && !progress && t.skipped == 0 && !t.unavailable {
			t.start()
		}
		return progress, err
	}
	begin := t.offset
	for len(c.Lines) < t.batchLines && t.offset-begin < int64(t.batchBytes) {
		line := t.receive()
		if line == nil {
			break
		}
		// The library reads blindly on in a file that was truncated and grew.
		if !t.unchanged() {
			if t.offset > begin {
				t.waiting = line
				return true, nil // what came before it is good
			}
			return false, errChanged
		}
		if !t.accept(line, c) {
			t.log.Warn("tail lost its place, reading directly", "path", t.file.path, "offset", t.offset)
			t.close()
			return true, nil
		}
	}
	return t.offset > begin, nil
}

// start hands the file over at the offset. Where that fails, since /proc is not
// mounted or the file may not be opened a second time, we go on without.
func (t *tailing) start() {
	started, err := tail.TailFile(fmt.Sprintf("/proc/self/fd/%d", t.file.Fd()), tail.Config{
		Location:      &tail.SeekInfo{Offset: t.offset},
		Follow:        true,
		MustExist:     true,
		CompleteLines: true,
		Poll:          true,
		Logger:        tail.DiscardingLogger,
	})
	if err != nil {
		t.unavailable = true
		t.log.Warn("tail can't open the file, reading directly", "path", t.file.path, "err", err)
		return
	}
	t.tail, t.behindAt = started, -1
}

// receive gives the next line if there is one now.
func (t *tailing) receive() *tail.Line {
	if line := t.waiting; line != nil {
		t.waiting = nil
		return line
	}
	select {
	case line := <-t.tail.Lines:
		return line
	default:
		return nil
	}
}

// accept takes a line if it is the one that stands at the offset.
func (t *tailing) accept(line *tail.Line, c *Chunk) bool {
	if line.Err != nil || line.SeekInfo.Offset != t.offset+int64(len(line.Text))+1 {
		return false
	}
	if len(line.Text) > t.maxLine {
		c.Notices = append(c.Notices, Notice{Kind: Oversized, File: t.file.path, Offset: t.offset, Length: int64(len(line.Text))})
	} else {
		c.Lines = append(c.Lines, Line{Text: []byte(line.Text), Offset: t.offset})
	}
	t.advance(line.Text)
	return true
}

// atEnd looks for itself whether there is a whole line, and takes the file
// back from the library when that has not given it for too long, or when the
// last line grows out of bounds.
func (t *tailing) atEnd() (bool, error) {
	if t.waiting != nil {
		return false, nil
	}
	end, err := t.direct.atEnd()
	if err != nil || t.tail == nil {
		return end, err
	}
	switch {
	case t.skipped > 0:
		t.close()
	case end:
		t.behindAt = -1
	case t.behindAt != t.offset:
		t.behindAt, t.behindSince = t.offset, time.Now()
	case time.Since(t.behindSince) > tailPatience:
		t.log.Warn("tail does not see new lines, reading directly", "path", t.file.path, "offset", t.offset)
		t.close()
	}
	return end, nil
}

func (t *tailing) wait(ctx context.Context, tick <-chan time.Time) bool {
	if t.tail == nil {
		return t.direct.wait(ctx, tick)
	}
	select {
	case <-ctx.Done():
		return false
	case <-tick:
		return true
	case t.waiting = <-t.tail.Lines:
		if t.waiting == nil {
			t.close() // the library gave up
		}
		return false
	}
}

// close takes the file back. The library's watching goroutine ends by itself
// after its next look.
func (t *tailing) close() {
	if t.tail == nil {
		return
	}
	// The error is why it stopped, which matters no more: what it did not
	// deliver is read directly.
	_ = t.tail.Stop()
	t.tail, t.waiting = nil, nil
}

// keepFatalFromExiting makes nxadm/tail harmless: its watcher calls
// util.Fatal, which is a message to util.LOGGER and os.Exit, when stat(2) fails
// with anything but ENOENT (an XFS volume that was shut down, a stale NFS
// handle, a security module). With this logger the message ends the goroutine
// that wrote it, and the exit is never reached; the reader notices that no
// lines come any more.
var keepFatalFromExiting = sync.OnceFunc(func() {
	util.LOGGER.SetOutput(goroutineEnder{})
})

type goroutineEnder struct{}

func (goroutineEnder) Write([]byte) (int, error) {
	runtime.Goexit()
	return 0, nil
}
