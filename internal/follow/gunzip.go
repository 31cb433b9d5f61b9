package follow

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
)

// keptBehind is how much of what was unpacked is kept behind the place, beside as
// much as was asked for last: reading looks back at what it has read.
const keptBehind = 64 << 10

// gunzip reads a file that gzip has packed as if it were not, with offsets in the
// unpacked text. Going forward costs nothing; a place far back makes it begin
// anew.
type gunzip struct {
	file   *os.File
	size   int64 // of the text
	damage error // why the text ends before the file says so; nil: it is whole
	head   []byte

	unpacked *gzip.Reader
	window   []byte // the text before place
	place    int64
}

// newGunzip unpacks the file once, to know how long the text is.
func newGunzip(f *os.File) (*gunzip, error) {
	g := &gunzip{file: f}
	return g, g.measure()
}

// measure finds the size of the text. A file whose end is missing or damaged has
// the text up to there.
func (g *gunzip) measure() error {
	if err := g.restart(); err != nil {
		return err
	}
	g.head, g.size, g.damage = make([]byte, headSize), 0, nil
	var err error
	for err == nil && g.size < headSize {
		var n int
		n, err = g.unpacked.Read(g.head[g.size:])
		g.size += int64(n)
	}
	g.head = g.head[:g.size]
	if err == nil {
		var more int64
		more, err = io.Copy(io.Discard, g.unpacked)
		g.size += more
	}
	var unreadable *os.PathError
	if errors.As(err, &unreadable) {
		return err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		g.damage = err
	}
	return g.restart()
}

// restart goes back to the beginning.
func (g *gunzip) restart() (err error) {
	packed := bufio.NewReader(io.NewSectionReader(g.file, 0, math.MaxInt64))
	g.unpacked, err = gzip.NewReader(packed)
	g.window, g.place = g.window[:0], 0
	return err
}

// ReadAt implements io.ReaderAt for the text.
func (g *gunzip) ReadAt(b []byte, offset int64) (int, error) {
	end := min(offset+int64(len(b)), g.size)
	if offset >= end {
		return 0, io.EOF
	}
	var n int
	if end <= int64(len(g.head)) {
		n = copy(b, g.head[offset:end])
	} else {
		if err := g.reach(offset, end); err != nil {
			return 0, err
		}
		begin := g.place - int64(len(g.window))
		n = copy(b, g.window[offset-begin:end-begin])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// reach makes the window hold the text between two offsets.
func (g *gunzip) reach(from, to int64) error {
	if from < g.place-int64(len(g.window)) {
		if err := g.restart(); err != nil {
			return err
		}
	}
	if skip := from - keptBehind - g.place; skip > 0 {
		if _, err := io.CopyN(io.Discard, g.unpacked, skip); err != nil {
			return err
		}
		g.window, g.place = g.window[:0], g.place+skip
	}
	if to <= g.place {
		return nil
	}
	keep := min(int64(len(g.window)), max(g.place-from, 0)+keptBehind)
	g.window = g.window[:copy(g.window, g.window[int64(len(g.window))-keep:])]
	more := int(to - g.place)
	g.window = append(g.window, make([]byte, more)...)
	n, err := io.ReadFull(g.unpacked, g.window[len(g.window)-more:])
	g.window = g.window[:len(g.window)-more+n]
	g.place += int64(n)
	return err
}
