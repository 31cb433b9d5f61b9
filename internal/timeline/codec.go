package timeline

import "encoding/binary"

// encoder appends the stored form: varints and bytes in a fixed order.
type encoder []byte

func (e *encoder) int(v int64)   { *e = binary.AppendVarint(*e, v) }
func (e *encoder) uint(v uint64) { *e = binary.AppendUvarint(*e, v) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	*e = append(*e, s...)
}

func (e *encoder) ints(vs []int64) {
	e.uint(uint64(len(vs)))
	for _, v := range vs {
		e.int(v)
	}
}

func (e *encoder) bits(bs ...bool) {
	var v byte
	for i, b := range bs {
		if b {
			v |= 1 << i
		}
	}
	*e = append(*e, v)
}

// decoder reads the stored form; after a fault it returns zeros, and bad is set.
type decoder struct {
	b       []byte
	bad     bool
	version byte // of the memory
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

// count reads a length, of at most as many items as there are bytes left.
func (d *decoder) count() uint64 {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return 0
	}
	return n
}

func (d *decoder) text() string {
	n := d.count()
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) ints() (vs []int64) {
	for range d.count() {
		vs = append(vs, d.int())
	}
	return vs
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.bad, d.b = true, nil
		return
	}
	d.b = d.b[n:]
}
