package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	firstBuffer = 64 << 10 // until there is a backlog
	leastBuffer = 4 << 10  // whatever the options say
)

// direct reads a file in blocks. After each block it makes sure that what
// stands before it is still what was read there: if so, the file was not
// rewritten in place until then, and the block belongs behind it.
type direct struct {
	file       *file
	maxLine    int
	batchLines int
	batchBytes int

	offset int64  // after the last whole line taken
	tail   []byte // what stands just before offset
	buf    []byte
	data   []byte // part of buf: the file from offset on, as far as it was read
	full   bool   // the last block filled buf: there is a backlog

	scratch [tailSize]byte

	// skipped is how much is known of a line at offset that is too long, in
	// bytes; zero when there is none.
	skipped int64
}

func newDirect(f *file, offset int64, o Options) (*direct, error) {
	tail, err := bytesBefore(f, offset)
	if err != nil {
		return nil, fmt.Errorf("reading %s before byte %d: %w", f.path, offset, err)
	}
	return &direct{
		file:    f,
		maxLine: o.MaxLine, batchLines: o.BatchLines, batchBytes: o.BatchBytes,
		offset: offset, tail: tail,
	}, nil
}

func (d *direct) read(c *Chunk) (more bool, err error) {
	if d.skipped == 0 && d.take(c) {
		return true, nil // the file may have grown since the buffer was filled
	}
	if err := d.fill(); err != nil {
		return false, err
	}
	if d.skipped > 0 {
		return d.skip(c)
	}
	return d.take(c) && (d.full || d.hasLine()), nil
}

// stillSkips makes sure that a line that is too long still begins as it did. To go back
// there in a packed file would mean to unpack it anew.
func (d *direct) stillSkips() error {
	if d.file.packed != nil {
		return nil
	}
	head := d.buf[:min(len(d.buf), tailSize)]
	n, err := d.file.ReadAt(head, d.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s at byte %d: %w", d.file.path, d.offset, err)
	}
	if d.data = head[:n]; !d.unchanged() {
		d.data = nil
		return errChanged
	}
	return nil
}

// hasLine reports whether the buffer holds a whole line.
func (d *direct) hasLine() bool { return bytes.IndexByte(d.data, '\n') >= 0 }

// take appends the whole lines of the buffer to the chunk.
func (d *direct) take(c *Chunk) bool {
	begin := d.data
	for len(c.Lines) < d.batchLines {
		n := bytes.IndexByte(d.data, '\n')
		if taken := len(begin) - len(d.data); n < 0 || taken > 0 && taken+n > d.batchBytes {
			break
		}
		if n > d.maxLine {
			c.Notices = append(c.Notices, Notice{
				Kind: Oversized, File: d.file.path, Offset: d.offset, Length: int64(n),
			})
		} else {
			c.Lines = append(c.Lines, Line{Text: d.data[:n:n], Offset: d.offset})
		}
		d.offset += int64(n) + 1
		d.data = d.data[n+1:]
	}
	taken := begin[:len(begin)-len(d.data)]
	d.extendTail(taken)
	return len(taken) > 0
}

// extendTail makes the last bytes of what was read the new tail.
func (d *direct) extendTail(read []byte) {
	if len(read) >= tailSize {
		d.tail = append(d.tail[:0], read[len(read)-tailSize:]...)
		return
	}
	d.tail = append(d.tail, read...)
	d.tail = d.tail[max(0, len(d.tail)-tailSize):]
}

// fill reads the file from the offset on, until there is a whole line in the
// buffer, or the end of the file, or a line that is too long.
func (d *direct) fill() error {
	if d.skipped > 0 {
		return d.stillSkips()
	}
	d.sizeBuffer()
	for {
		n, err := d.file.ReadAt(d.buf, d.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %s at byte %d: %w", d.file.path, d.offset, err)
		}
		d.data, d.full = d.buf[:n], n == len(d.buf)
		if !d.unchanged() {
			d.data = nil
			return errChanged
		}
		switch {
		case !d.full || d.hasLine():
			return nil
		case len(d.data) > d.maxLine:
			d.skipped = int64(len(d.data))
			return nil
		}
		d.buf = make([]byte, min(2*len(d.buf), d.longest()))
	}
}

// unchanged reports whether the file still has at its offset what was read there:
// the tail and, at the beginning of the file, the first bytes of the block. A
// block is read by several system calls, so it can't vouch for itself.
func (d *direct) unchanged() bool {
	if d.file.packed != nil {
		return true // nobody writes to it, and what was unpacked is what is there
	}
	read := append(d.tail[:len(d.tail):len(d.tail)], d.data[:min(len(d.data), tailSize-len(d.tail))]...)
	now := d.scratch[:len(read)]
	n, _ := d.file.ReadAt(now, d.offset-int64(len(d.tail)))
	return n == len(read) && bytes.Equal(now, read)
}

// longest is the buffer that shows a line of the greatest length allowed.
func (d *direct) longest() int { return d.maxLine + 1 }

// sizeBuffer lets the buffer follow the backlog: larger when it was filled,
// smaller again after a very long line.
func (d *direct) sizeBuffer() {
	most := max(leastBuffer, d.batchBytes)
	switch {
	case d.buf == nil:
		d.buf = make([]byte, min(firstBuffer, most))
	case len(d.buf) > most:
		d.buf = make([]byte, most)
	case len(d.buf) < most && d.full:
		d.buf = make([]byte, min(2*len(d.buf), most))
	}
	d.data = nil
}

// skip looks for the end of a line that is too long, one buffer at a time.
func (d *direct) skip(c *Chunk) (bool, error) {
	d.data = nil
	n, err := d.file.ReadAt(d.buf, d.offset+d.skipped)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading %s at byte %d: %w", d.file.path, d.offset+d.skipped, err)
	}
	end := bytes.IndexByte(d.buf[:n], '\n')
	if end < 0 {
		d.skipped += int64(n)
		return n > 0, nil
	}
	length := d.skipped + int64(end)
	tail, err := bytesBefore(d.file, d.offset+length+1)
	if err != nil || !d.unchanged() {
		return false, errChanged
	}
	c.Notices = append(c.Notices, Notice{Kind: Oversized, File: d.file.path, Offset: d.offset, Length: length})
	d.offset, d.tail, d.skipped = d.offset+length+1, tail, 0
	return true, nil
}

func (d *direct) atEnd() (bool, error) {
	if d.hasLine() {
		return false, nil
	}
	if err := d.fill(); err != nil {
		return false, err
	}
	if d.skipped == 0 {
		return !d.hasLine(), nil
	}
	return d.file.size <= d.offset+d.skipped, nil
}

// advance takes over a line that was read by other means.
func (d *direct) advance(text string) {
	d.offset += int64(len(text)) + 1
	d.tail = append(d.tail, text[max(0, len(text)-tailSize):]...)
	d.tail = append(d.tail, '\n')
	d.tail = d.tail[max(0, len(d.tail)-tailSize):]
	d.data = nil
}

func (d *direct) place() (int64, []byte) { return d.offset, d.tail }
