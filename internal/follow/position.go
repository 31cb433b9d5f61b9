package follow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"
)

const (
	headSize = 1 << 10 // bytes at the start of a file that distinguish it from others
	tailSize = 64      // bytes before an offset that prove that it was read before
	// finishedKept is how many files that were read to their end a position
	// remembers: enough to recognise the predecessors of a file whose modification
	// times lie within one tick of the clock.
	finishedKept = 4
)

// Position is a place in the stream. It is made to be stored as JSON; its
// fields mean nothing to callers.
type Position struct {
	Mark
	// ModTime is when the file was last written, as known at that moment: later
	// files of the stream are not older.
	ModTime time.Time `json:"mod_time"`
	// Finished are the files before this one, newest last.
	Finished []Mark `json:"finished,omitempty"`
	// Missed are the archives that are tried again.
	Missed []Missed `json:"missed,omitempty"`
}

// Mark is a place in one file, and what is needed to know that file again.
type Mark struct {
	Offset  int64  `json:"offset"`
	HeadLen int    `json:"head_len"` // how many of the first bytes Head covers
	Head    string `json:"head"`     // hash
	Tail    string `json:"tail"`     // hash of the bytes just before Offset, at most tailSize
	Device  uint64 `json:"device"`
	Inode   uint64 `json:"inode"`
}

// in reports whether a file holds the place of the mark. The mark of an empty file
// has nothing to compare, so it is in no file.
func (m Mark) in(f io.ReaderAt, size int64) bool {
	if m.HeadLen <= 0 || m.HeadLen > headSize || m.Offset < 0 || size < m.Offset || size < int64(m.HeadLen) {
		return false
	}
	head, err := bytesAt(f, 0, m.HeadLen)
	if err != nil || hash(head) != m.Head {
		return false
	}
	tail, err := bytesBefore(f, m.Offset)
	return err == nil && hash(tail) == m.Tail
}

func (m Mark) id() fileID { return fileID{m.Device, m.Inode} }

// remember adds a finished file to the list that positions carry.
func remember(finished []Mark, m Mark) []Mark {
	kept := append(slices.Clone(finished), m)
	return kept[max(0, len(kept)-finishedKept):]
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// bytesAt reads exactly n bytes.
func bytesAt(f io.ReaderAt, offset int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := f.ReadAt(b, offset); got < n {
		return nil, err
	}
	return b, nil
}

// bytesBefore reads the bytes before an offset by which it is recognised.
func bytesBefore(f io.ReaderAt, offset int64) ([]byte, error) {
	n := min(offset, tailSize)
	return bytesAt(f, offset-n, int(n))
}

// isCopy reports whether the first file seems to be the beginning of the second:
// both its ends are the same. Very short files have too little to compare.
func isCopy(short, long *file) bool {
	if short.size < tailSize || short.size > long.size {
		return false
	}
	n := int(min(short.size, headSize))
	return sameBytes(short, long, 0, n) && sameBytes(short, long, short.size-tailSize, tailSize)
}

func sameBytes(a, b io.ReaderAt, offset int64, n int) bool {
	x, err := bytesAt(a, offset, n)
	if err != nil {
		return false
	}
	y, err := bytesAt(b, offset, n)
	return err == nil && bytes.Equal(x, y)
}
