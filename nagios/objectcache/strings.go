package objectcache

import (
	"errors"
	"hash/maphash"
)

// maxText bounds the distinct text of one file, well below what the 32-bit
// offsets of a stringTable can reach.
const maxText = 1 << 30

var errTooMuchText = errors.New("more than 1 GiB of distinct text")

// ref names a string of a stringTable. The zero ref is the empty string.
type ref uint32

// stringTable holds each distinct string once, one behind the other, without a
// pointer per string: a cache has several hundred thousand of them.
type stringTable struct {
	building []byte // the text until freeze
	text     string // the text afterwards
	ends     []uint32
	slots    []ref // open addressing; 0 is a free slot
	seed     maphash.Seed
}

func newStringTable() *stringTable {
	return &stringTable{ends: []uint32{0}, slots: make([]ref, 1<<10), seed: maphash.MakeSeed()}
}

// add returns the ref of b, which is copied if it is new.
func (t *stringTable) add(b []byte) (ref, error) {
	if len(b) == 0 {
		return 0, nil
	}
	slot := maphash.Bytes(t.seed, b) & uint64(len(t.slots)-1)
	for ; t.slots[slot] != 0; slot = (slot + 1) & uint64(len(t.slots)-1) {
		if string(t.bytes(t.slots[slot])) == string(b) {
			return t.slots[slot], nil
		}
	}
	if len(t.building)+len(b) > maxText {
		return 0, errTooMuchText
	}
	t.building = append(t.building, b...)
	t.ends = append(t.ends, uint32(len(t.building)))
	added := ref(len(t.ends) - 1)
	t.slots[slot] = added
	if len(t.ends) > len(t.slots)/4*3 {
		t.grow()
	}
	return added, nil
}

func (t *stringTable) grow() {
	t.slots = make([]ref, 2*len(t.slots))
	for r := ref(1); int(r) < len(t.ends); r++ {
		slot := maphash.Bytes(t.seed, t.bytes(r)) & uint64(len(t.slots)-1)
		for t.slots[slot] != 0 {
			slot = (slot + 1) & uint64(len(t.slots)-1)
		}
		t.slots[slot] = r
	}
}

// bytes returns a string's text before freeze. It is valid until the next add.
func (t *stringTable) bytes(r ref) []byte {
	if r == 0 {
		return nil
	}
	return t.building[t.ends[r-1]:t.ends[r]]
}

// freeze ends the building: from now on get and find work, and cost no memory.
func (t *stringTable) freeze() {
	t.text = string(t.building)
	t.building = nil
}

func (t *stringTable) get(r ref) string {
	if r == 0 {
		return ""
	}
	return t.text[t.ends[r-1]:t.ends[r]]
}

func (t *stringTable) find(s string) (ref, bool) {
	if s == "" {
		return 0, true
	}
	slot := maphash.String(t.seed, s) & uint64(len(t.slots)-1)
	for ; t.slots[slot] != 0; slot = (slot + 1) & uint64(len(t.slots)-1) {
		if t.get(t.slots[slot]) == s {
			return t.slots[slot], true
		}
	}
	return 0, false
}
