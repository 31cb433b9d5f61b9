package objectcache

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lineReader reads lines. One with a zero byte is none that a supervisor writes, but
// what a crash of the machine leaves of a file: it may be a hole of any size, and is
// read past without being kept.
type lineReader struct {
	in   *bufio.Reader
	long []byte // a line that is longer than the buffer
}

var errLineTooLong = errors.New("a line is longer than 32 MiB")

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 256<<10)}
}

// next returns a line without its line feed, valid until the next call. Holed: it has
// a zero byte, and is not returned. The error is io.EOF behind the last line.
func (l *lineReader) next() (line []byte, holed bool, err error) {
	l.long = l.long[:0]
	for more := true; more; {
		part, err := l.in.ReadSlice('\n')
		more = errors.Is(err, bufio.ErrBufferFull)
		holed = holed || bytes.IndexByte(part, 0) >= 0
		switch {
		case err != nil && !more && !errors.Is(err, io.EOF):
			return nil, false, err
		case errors.Is(err, io.EOF) && len(part)+len(l.long) == 0 && !holed:
			return nil, false, io.EOF
		case holed:
			l.long = l.long[:0]
		case !more && len(l.long) == 0:
			return bytes.TrimSuffix(part, []byte("\n")), false, nil
		case len(l.long)+len(part) > maxLine:
			return nil, false, errLineTooLong
		default:
			l.long = append(l.long, part...)
		}
	}
	if holed {
		return nil, true, nil
	}
	return bytes.TrimSuffix(l.long, []byte("\n")), false, nil
}
