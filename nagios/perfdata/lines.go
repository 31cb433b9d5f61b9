package perfdata

import (
	"bytes"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const readSize = 64 << 10

// lineBuffer cuts what is read into lines, in bounded memory.
type lineBuffer struct {
	buf      []byte // what is read and not yet cut
	searched int    // so many bytes of it hold no line feed
	offset   int64  // of buf in the input, in bytes
	dropping bool   // the rest of a line that was too long
}

// fill reads once behind what is there.
func (l *lineBuffer) fill(read func([]byte) (int, error)) (int, error) {
	if cap(l.buf)-len(l.buf) < readSize {
		grown := make([]byte, len(l.buf), 2*len(l.buf)+readSize)
		copy(grown, l.buf)
		l.buf = grown
	}
	n, err := read(l.buf[len(l.buf) : len(l.buf)+readSize])
	if n > 0 {
		l.buf = l.buf[:len(l.buf)+n]
	}
	return n, err
}

// cut passes every whole line to whole, and the beginning of a line that is
// longer than supervision.LongestLine to tooLong, once. Then it keeps the rest.
// The lines' memory is valid during the call.
func (l *lineBuffer) cut(whole, tooLong func(line []byte, offset int64)) {
	start := 0
	for {
		n := bytes.IndexByte(l.buf[start+l.searched:], '\n')
		if n < 0 {
			break
		}
		end := start + l.searched + n
		l.searched = 0
		line, at := l.buf[start:end], l.offset+int64(start)
		switch {
		case l.dropping:
			l.dropping = false
		case len(line) > supervision.LongestLine:
			tooLong(line[:supervision.RawKept], at)
		default:
			whole(line, at)
		}
		start = end + 1
	}
	if rest := l.buf[start:]; l.dropping || len(rest) > supervision.LongestLine {
		if !l.dropping {
			tooLong(rest[:supervision.RawKept], l.offset+int64(start))
			l.dropping = true
		}
		start = len(l.buf)
	}
	l.offset += int64(start)
	l.buf = l.buf[:copy(l.buf, l.buf[start:])]
	l.searched = len(l.buf)
}
