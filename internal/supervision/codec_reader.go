package supervision

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// reader reads the parts of an encoded record. After the first fault, which it
// keeps, nothing is left to read, and everything is zero.
type reader struct {
	b    []byte
	size int // of all that there is to read
	err  error
}

func (d *reader) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s, with %d of %d bytes left",
			ErrRecord, fmt.Sprintf(format, args...), len(d.b), d.size)
	}
	d.b = nil
}

func (d *reader) byte() byte {
	if len(d.b) == 0 {
		d.fail("it ends too early")
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *reader) bits(to ...*bool) {
	set := d.byte()
	if set>>len(to) != 0 {
		d.fail("flags %#x, of which %d are known", set, len(to))
		return
	}
	for i, p := range to {
		*p = set&(1<<i) != 0
	}
}

func (d *reader) varint() int64 {
	v, n := binary.Varint(d.b)
	if !d.skip(n) {
		return 0
	}
	return v
}

func (d *reader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if !d.skip(n) {
		return 0
	}
	return v
}

// skip goes on behind a number of n bytes, and reports whether it was one.
func (d *reader) skip(n int) bool {
	if n <= 0 {
		d.fail("a number is cut off or longer than 64 bits")
		return false
	}
	d.b = d.b[n:]
	return true
}

// int reads a number that was one where it was encoded, which may have been a
// machine with wider ones.
func (d *reader) int() int {
	v := d.varint()
	if int64(int(v)) != v {
		d.fail("the number %d is too large for this machine", v)
		return 0
	}
	return int(v)
}

// count reads how many items follow, of at least so many bytes each. It is
// never more than what is left can hold, so its caller may allocate for it.
func (d *reader) count(each int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/each) {
		d.fail("a length of %d", n)
		return 0
	}
	return int(n)
}

func (d *reader) text() string {
	n := d.count(1)
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

// texts lets the map grow: entries take more memory than input, and only the
// entries themselves justify it.
func (d *reader) texts() map[string]string {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	m := make(map[string]string)
	last := ""
	for i := range n {
		key := d.text()
		if i > 0 && key <= last {
			d.fail("keys are out of order")
		}
		if d.err != nil {
			return nil
		}
		m[key], last = d.text(), key
	}
	return m
}

func (d *reader) time() time.Time {
	nanoseconds := d.uvarint()
	if nanoseconds == 0 {
		return time.Time{}
	}
	if nanoseconds > 1e9 {
		d.fail("a time with %d nanoseconds", nanoseconds-1)
		return time.Time{}
	}
	seconds := d.varint()
	if d.err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds-1))
}

func (d *reader) seconds() float64 {
	v := d.uvarint()
	if v&1 == 0 {
		return float64(v>>1) / 1e6
	}
	if v != exactSeconds || len(d.b) < 8 {
		d.fail("a number of seconds is cut off or of an unknown form")
		return 0
	}
	seconds := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return seconds
}
