package statusdat

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// keysByName finds a key by its name.
var keysByName = newKeyMap()

func newKeyMap() map[string]Key {
	names := make(map[string]Key, keyCount)
	for key := noKey + 1; key < keyCount; key++ {
		names[key.String()] = key
	}
	return names
}

// statusKeys finds the key of a line of a host or service by the eight bytes
// behind the tab and the first letter, which differ from key to key: one
// multiplication and one comparison skip the two lines out of three that nobody
// reads.
var statusKeys = newKeyTable(HostName, ProcessPerformanceData)

type keyTable struct {
	probes  [1 << keyTableBits]uint64 // zero: no key
	entries [1 << keyTableBits]keyEntry
}

// keyEntry is one key in the form in which a line is compared with it: "\tname="
// in four words, and masks to leave out what follows.
type keyEntry struct {
	words, masks [keyWords]uint64
	key          Key
	length       uint32 // of "\tname="
}

const (
	keyTableBits = 6
	keyWords     = 4
	probeAt      = 2
	// keyFactor spreads the probes so that no two meet, which a test verifies.
	keyFactor = 0x54908a48e8e4736f
)

func newKeyTable(first, last Key) *keyTable {
	table := new(keyTable)
	for key := first; key <= last; key++ {
		var text, mask [8 * keyWords]byte
		entry := keyEntry{key: key, length: uint32(copy(text[:], "\t"+keyNames[key]))}
		copy(mask[:entry.length], bytes.Repeat([]byte{0xff}, len(mask)))
		for i := range keyWords {
			entry.words[i] = binary.LittleEndian.Uint64(text[8*i:])
			entry.masks[i] = binary.LittleEndian.Uint64(mask[8*i:])
		}
		probe := binary.LittleEndian.Uint64(text[probeAt:])
		table.probes[keyHash(probe)], table.entries[keyHash(probe)] = probe, entry
	}
	return table
}

func keyHash(probe uint64) uint64 { return probe * keyFactor >> (64 - keyTableBits) }

func (e *keyEntry) matches(line *[8 * keyWords]byte) bool {
	return (binary.LittleEndian.Uint64(line[0:])^e.words[0])&e.masks[0]|
		(binary.LittleEndian.Uint64(line[8:])^e.words[1])&e.masks[1]|
		(binary.LittleEndian.Uint64(line[16:])^e.words[2])&e.masks[2]|
		(binary.LittleEndian.Uint64(line[24:])^e.words[3])&e.masks[3] == 0
}

// candidate is a line that may begin with a key of statusKeys.
type candidate struct{ hash, start, eol uint32 }

// maxCandidates is what a host or service has, and some more.
const maxCandidates = 32

// scanStatus does what scanLines does, in half the time, for a host or service block
// that is whole and in which each line begins with one tab. For anything else it
// returns size 0. The last maskSize bytes of data are zero.
func (b *Block) scanStatus(data []byte, body int) (size, lines int) {
	var found [maxCandidates]candidate
	probes := &statusKeys.probes
	count, start := 0, body
	lines = 1
	for at := body; at+maskSize <= len(data); at += maskSize {
		for mask := newlineMask((*[maskSize]byte)(data[at:])); mask != 0; mask &= mask - 1 {
			eol := at + bits.TrailingZeros64(mask)
			lines++
			line := (*[maskSize]byte)(data[start:])
			probe := binary.LittleEndian.Uint64(line[probeAt:])
			hash := keyHash(probe)
			if probes[hash] == probe {
				if count == maxCandidates {
					return 0, 0
				}
				found[count] = candidate{uint32(hash), uint32(start), uint32(eol)}
				count++
			} else if line[0] != '\t' || line[1] <= ' ' || line[1] == '}' && line[2] != '\n' {
				return 0, 0
			} else if line[1] == '}' {
				b.Raw = data[:eol+1]
				if !b.keepFound(data, found[:count]) {
					return 0, 0
				}
				return eol + 1, lines
			}
			start = eol + 1
		}
	}
	return 0, 0
}

// keepFound keeps the candidates that are keys. It reports false if one doesn't
// begin with a tab.
func (b *Block) keepFound(data []byte, found []candidate) bool {
	b.fields = [keyCount]span{}
	for _, candidate := range found {
		line := (*[8 * keyWords]byte)(data[candidate.start:])
		if line[0] != '\t' {
			return false
		}
		entry := &statusKeys.entries[candidate.hash]
		if entry.matches(line) {
			b.fields[entry.key] = span{candidate.start + entry.length, candidate.eol}
		}
	}
	return true
}

// newlineMask has bit i set where text[i] is a newline. Word by word, the
// newlines become zero bytes, zero bytes become high bits, and a multiplication
// gathers the eight high bits in one byte. One bytes.IndexByte a line takes
// twice as long, as the lines of a status file are short.
func newlineMask(text *[maskSize]byte) uint64 {
	return newlineBits(text[0:8]) | newlineBits(text[8:16])<<8 |
		newlineBits(text[16:24])<<16 | newlineBits(text[24:32])<<24 |
		newlineBits(text[32:40])<<32 | newlineBits(text[40:48])<<40 |
		newlineBits(text[48:56])<<48 | newlineBits(text[56:64])<<56
}

func newlineBits(eight []byte) uint64 {
	const low7, newlines = 0x7f7f7f7f7f7f7f7f, 0x0a0a0a0a0a0a0a0a
	word := binary.LittleEndian.Uint64(eight) ^ newlines
	zero := ^((word&low7 + low7) | word | low7)
	return zero >> 7 * 0x0102040810204080 >> 56
}
