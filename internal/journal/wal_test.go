package journal

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// makeWAL writes a log with pages of 512 bytes. Each number is a frame: 0, or
// the size of the database after the commit that the frame ends.
func makeWAL(order binary.ByteOrder, magic uint32, frames ...uint32) []byte {
	be := binary.BigEndian
	sum := walSum{order: order}
	wal := be.AppendUint32(nil, magic)
	for _, n := range []uint32{3007000, 512, 0, 11, 22} { // version, page size, checkpoint, salts
		wal = be.AppendUint32(wal, n)
	}
	sum.add(wal)
	wal = be.AppendUint32(be.AppendUint32(wal, sum.s0), sum.s1)
	for i, size := range frames {
		header := be.AppendUint32(be.AppendUint32(nil, uint32(i+1)), size)
		page := bytes.Repeat([]byte{byte(i + 1)}, 512)
		sum.add(header)
		sum.add(page)
		wal = append(wal, header...)
		for _, n := range []uint32{11, 22, sum.s0, sum.s1} {
			wal = be.AppendUint32(wal, n)
		}
		wal = append(wal, page...)
	}
	return wal
}

func TestScanWAL(t *testing.T) {
	const frame = walFrameHeaderSize + 512
	whole := makeWAL(binary.LittleEndian, walMagic, 0, 2, 0, 4)
	flipped := func(frameNumber, offset int) []byte {
		wal := bytes.Clone(whole)
		wal[walHeaderSize+frameNumber*frame+offset]++
		return wal
	}
	for name, test := range map[string]struct {
		wal  []byte
		want walTail
	}{
		"whole":             {whole, walTail{}},
		"whole, big-endian": {makeWAL(binary.BigEndian, walMagic|1, 0, 2), walTail{}},
		"unfinished": {
			makeWAL(binary.LittleEndian, walMagic, 0, 2, 0), walTail{bytes: frame, lost: false},
		},
		"cut in a frame":          {whole[:len(whole)-1], walTail{bytes: 2*frame - 1, lost: false}},
		"cut in a frame's header": {whole[:len(whole)-512-1], walTail{bytes: 2*frame - 513, lost: false}},
		"page of a commit":        {flipped(3, 100), walTail{bytes: 2 * frame, lost: false}},
		"page before a commit":    {flipped(2, 100), walTail{bytes: 2 * frame, lost: true}},
		"page of an early commit": {flipped(0, 100), walTail{bytes: 4 * frame, lost: true}},
		"salts of a frame":        {flipped(2, 8), walTail{bytes: frame, lost: true}},
		"header":                  {append([]byte("0"), whole[1:]...), walTail{bytes: 4 * frame, lost: true}},
		"earlier generation": {
			append(makeWAL(binary.LittleEndian, walMagic, 1), flipped(0, 8)[walHeaderSize:][:frame]...), walTail{},
		},
	} {
		got, err := scanWAL(bytes.NewReader(test.wal[walHeaderSize:]), test.wal[:walHeaderSize])
		got.version = nil
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

func TestScanWALFindsTheVersion(t *testing.T) {
	const frame = walFrameHeaderSize + 512
	first := makeWAL(binary.LittleEndian, walMagic, 1, 2) // pages are filled with their number
	for name, test := range map[string]struct {
		wal  []byte
		want int64 // 0: none
	}{
		"committed":             {first, 0x01010101},
		"not committed":         {makeWAL(binary.LittleEndian, walMagic, 0, 0), 0},
		"committed later":       {makeWAL(binary.LittleEndian, walMagic, 0, 2), 0x01010101},
		"damaged":               {append(bytes.Clone(first[:walHeaderSize+frame-1]), 0), 0},
		"no frame":              {first[:walHeaderSize], 0},
		"cut after the version": {first[:walHeaderSize+frame], 0x01010101},
	} {
		got, err := scanWAL(bytes.NewReader(test.wal[walHeaderSize:]), test.wal[:walHeaderSize])
		if err != nil || (got.version != nil) != (test.want != 0) || got.version != nil && *got.version != test.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// FuzzScanWAL feeds the scanner what a damaged disk might. Its answer must be
// one that the bytes allow; TestTornLog and TestFlippedLog show that it agrees
// with SQLite's recovery.
func FuzzScanWAL(f *testing.F) {
	whole := makeWAL(binary.LittleEndian, walMagic, 0, 2, 0, 4)
	f.Add(whole)
	f.Add(whole[:len(whole)-600])
	f.Add(whole[:walHeaderSize])
	f.Add(makeWAL(binary.BigEndian, walMagic|1, 1))
	f.Fuzz(func(t *testing.T, wal []byte) {
		if len(wal) < walHeaderSize {
			return
		}
		tail, err := scanWAL(bytes.NewReader(wal[walHeaderSize:]), wal[:walHeaderSize])
		if err != nil {
			t.Fatal(err)
		}
		if tail.bytes < 0 || tail.bytes > int64(len(wal)-walHeaderSize) || tail.lost && tail.bytes == 0 {
			t.Errorf("%+v of %d bytes", tail, len(wal))
		}
	})
}
