package follow

import (
	"fmt"
	"log/slog"

	"github.com/nxadm/tail"
)

// fewLines is how many bytes the library reads at most: it costs two system
// calls and a change of goroutine for each line. More has been collected while
// lines came steadily, or is a backlog.
const fewLines = 512

// tailing reads the end of a live file with github.com/nxadm/tail. More than a
// few lines, and whatever the library can't be trusted with, is read directly.
//
// At each wake-up the library reads one open file from the offset to its end, by
// the file's name under /proc/self/fd. So it never sees a rename and watches
// nothing, and none of its losses at rotation can happen (v1.4.11 does not
// read a renamed file to its end). Only those of its lines are taken that begin
// where the last one ended.
type tailing struct {
	*direct
	log         *slog.Logger
	tailFile    func(name string, c tail.Config) (*tail.Tail, error)
	unavailable bool // the library could not open the file
}

func newTailing(d *direct, log *slog.Logger) *tailing {
	return &tailing{direct: d, log: log, tailFile: tail.TailFile}
}

func (t *tailing) read(c *Chunk) (more bool, err error) {
	if !t.suits() {
		return t.direct.read(c)
	}
	// Where /proc is not mounted, or the file may not be opened a second time,
	// we go on without the library.
	started, err := t.tailFile(fmt.Sprintf("/proc/self/fd/%d", t.file.Fd()), tail.Config{
		Location:      &tail.SeekInfo{Offset: t.offset},
		MustExist:     true,
		CompleteLines: true,
		Logger:        tail.DiscardingLogger,
	})
	if err != nil {
		t.unavailable = true
		t.log.Warn("tail can't open the file, reading directly", "path", t.file.path, "err", err)
		return t.direct.read(c)
	}
	lines, more := t.collect(started)
	// The error is why the library stopped. What it did not deliver is read at
	// the next wake-up, or directly after the next look.
	_ = started.Stop()
	if !t.unchangedBefore(lines) {
		return false, errChanged
	}
	for _, text := range lines {
		t.accept(text, c)
	}
	return more, nil
}

// suits reports whether the library may read what is left of the file.
func (t *tailing) suits() bool {
	if t.unavailable || t.skipped > 0 || t.hasLine() {
		return false
	}
	info, err := t.file.Stat()
	if err != nil {
		return false
	}
	left := info.Size() - t.offset
	return left > 0 && left <= int64(min(fewLines, t.batchBytes))
}

// collect takes the whole lines that stand at the offset, up to the bounds of
// a chunk. It reports whether there were more.
func (t *tailing) collect(started *tail.Tail) (lines []string, more bool) {
	at := t.offset
	for line := range started.Lines {
		if len(lines) == t.batchLines || at-t.offset >= int64(t.batchBytes) {
			return lines, true
		}
		next := at + int64(len(line.Text)) + 1
		if line.Err != nil || line.SeekInfo.Offset != next {
			return lines, false // half a line, or not ours
		}
		lines, at = append(lines, line.Text), next
	}
	return lines, false
}

// unchangedBefore reports whether the file was not rewritten in place before
// these lines were read from it.
func (t *tailing) unchangedBefore(lines []string) bool {
	t.data = nil
	for _, text := range lines {
		if len(t.tail)+len(t.data) >= tailSize {
			break
		}
		t.data = append(append(t.data, text...), '\n')
	}
	unchanged := t.unchanged()
	t.data = nil
	return unchanged
}

// accept takes the line that stands at the offset.
func (t *tailing) accept(text string, c *Chunk) {
	if len(text) > t.maxLine {
		c.Notices = append(c.Notices, Notice{
			Kind: Oversized, File: t.file.path, Offset: t.offset, Length: int64(len(text)),
		})
	} else {
		c.Lines = append(c.Lines, Line{Text: []byte(text), Offset: t.offset})
	}
	t.advance(text)
}
