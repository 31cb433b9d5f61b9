package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// graceLimit is the number of grace periods after which a file is given up that
// is still written to although there is a newer one: the newer one must not wait
// for ever.
const graceLimit = 30

// incarnation is the file of the stream that is being read.
type incarnation struct {
	*file
	engine  engine
	head    []byte // the first bytes of the file, as far as they are known
	headSum string // their hash
	scratch [headSize]byte
	again   [headSize]byte
	lineID  string // hash of the first line, empty until it is whole
	begun   bool   // something of this file was handed out

	// grew is when the file was last seen to grow; at first the modification
	// time.
	grew time.Time
	// foundRotated: there was a newer file already when this one was opened,
	// so nobody is expected to write to it.
	foundRotated bool
	// replaced is when a newer file with content was first seen.
	replaced time.Time
}

// look checks for growth, and that the first bytes are still the same.
func (i *incarnation) look() error {
	size := i.size
	if err := i.file.look(); err != nil {
		return err
	}
	if i.size != size {
		i.grew = time.Now()
	}
	return i.extendHead()
}

// extendHead learns the first bytes of the file as it grows.
func (i *incarnation) extendHead() error {
	n, err := i.ReadAt(i.scratch[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the beginning of %s: %w", i.path, err)
	}
	if n < len(i.head) || !bytes.Equal(i.scratch[:len(i.head)], i.head) {
		if i.begun {
			return errChanged
		}
		i.forgetHead()
	}
	if n == len(i.head) && i.headSum != "" {
		return nil
	}
	if !i.stillBegins(i.scratch[:n]) {
		return nil // the next look reads it
	}
	i.head = append(i.head, i.scratch[len(i.head):n]...)
	i.headSum = hash(i.head)
	if i.lineID == "" {
		if first, _, whole := bytes.Cut(i.head, []byte{'\n'}); whole || n == headSize {
			i.lineID = hash(first)
		}
	}
	return nil
}

// stillBegins reads the first bytes once more. A read is several system calls: when
// the file was rewritten between two of them, it returned some of the old bytes
// and some of the new ones.
func (i *incarnation) stillBegins(read []byte) bool {
	again := i.again[:len(read)]
	n, _ := i.ReadAt(again, 0)
	return n == len(read) && bytes.Equal(again, read)
}

// begin is called when the first lines of the file were read. They are its
// beginning, and not what may have stood there before.
func (i *incarnation) begin() {
	if !i.begun {
		i.begun = true
		i.forgetHead()
	}
}

func (i *incarnation) forgetHead() { i.head, i.headSum, i.lineID = nil, "", "" }

// quiet reports whether a file that was replaced may be given up: nothing was
// written for the grace period, or something still is long after that.
func (i *incarnation) quiet(grace time.Duration) bool {
	if time.Since(i.replaced) > graceLimit*grace {
		return true
	}
	return time.Since(i.grew) >= grace && (i.foundRotated || time.Since(i.replaced) >= grace)
}

// mark is the place up to which whole lines were read.
func (i *incarnation) mark() Mark {
	offset, tail := i.engine.place()
	return Mark{
		Offset:  offset,
		HeadLen: len(i.head), Head: i.headSum,
		Tail:   hash(tail),
		Device: i.id.device, Inode: i.id.inode,
	}
}

// isRead reports whether the file ends with the last whole line that was read. It
// leaves the lines in the reader's buffer alone.
func (i *incarnation) isRead() bool {
	offset, _ := i.engine.place()
	length, err := i.length()
	return err == nil && length == offset
}

// endMark is the place at the end of a file that is given up.
func (i *incarnation) endMark() Mark {
	m := i.mark()
	if tail, err := bytesBefore(i, i.size); err == nil {
		m.Offset, m.Tail = i.size, hash(tail)
	}
	return m
}

// unfinished are the notices of what is missing at the end of a file that is given
// up: the newline of its last line, and what could not be unpacked.
func (i *incarnation) unfinished(maxLine int) (missing []Notice) {
	offset, _ := i.engine.place()
	if i.packed != nil && i.packed.damage != nil {
		missing = append(missing, Notice{Kind: Skipped, File: i.path, Offset: i.size,
			Detail: "the rest of the archive can't be unpacked: " + i.packed.damage.Error()})
	}
	length := i.size - offset
	if length <= 0 {
		return missing
	}
	n := Notice{Kind: Unfinished, File: i.path, Offset: offset, Length: length}
	if text, err := bytesAt(i, offset, int(min(length, int64(maxLine)))); err == nil {
		n.Text = text
	}
	return append(missing, n)
}
