package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// walTail is what SQLite will ignore of a write-ahead log: the frames of its
// present generation after the last sound commit. SQLite takes them for an
// unfinished transaction and doesn't report them.
type walTail struct {
	bytes int64
	// lost: there is a commit among them. A crash of the process doesn't leave
	// that, because frames are written in order; a damaged file does.
	lost bool
	// version is PRAGMA user_version as the last sound commit that has the first
	// page leaves it; nil when none has.
	version *int64
}

// Sizes and places are those of https://sqlite.org/fileformat2.html#walformat.
const (
	walHeaderSize      = 32
	walFrameHeaderSize = 24
	walMagic           = 0x377f0682 // the lowest bit is the checksum's byte order
)

// inspectWAL looks for what the recovery of the database is going to leave out.
func inspectWAL(path string) (walTail, error) {
	f, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return walTail{}, nil
	}
	if err != nil {
		return walTail{}, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var header [walHeaderSize]byte
	switch _, err := io.ReadFull(r, header[:]); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return walTail{}, nil // empty or just begun: nothing was committed in it
	case err != nil:
		return walTail{}, err
	}
	return scanWAL(r, header[:])
}

func scanWAL(r io.Reader, header []byte) (walTail, error) {
	sum := walSum{order: binary.LittleEndian}
	magic := binary.BigEndian.Uint32(header)
	if magic&1 == 1 {
		sum.order = binary.BigEndian
	}
	sum.add(header[:24])
	sound := magic&^1 == walMagic && sum.matches(header[24:])
	pageSize := int64(binary.BigEndian.Uint32(header[8:]))
	if pageSize < 512 || pageSize > 65536 {
		sound, pageSize = false, 4096
	}
	salts := string(header[16:24])

	var tail walTail
	var version, uncommitted *int64
	frame := make([]byte, walFrameHeaderSize+pageSize)
	for {
		n, err := io.ReadFull(r, frame)
		if n < walFrameHeaderSize {
			if sound { // otherwise it may be of an earlier generation
				tail.bytes += int64(n)
			}
			tail.version = version
			return tail, nil
		}
		if string(frame[8:16]) != salts {
			sound = false // of an earlier generation, or its salts are damaged
			continue
		}
		broken := !sound // before this frame
		if sound && err == nil {
			sum.add(frame[:8])
			sum.add(frame[walFrameHeaderSize:])
		}
		sound = sound && err == nil && sum.matches(frame[16:24])
		if sound && binary.BigEndian.Uint32(frame) == 1 {
			uncommitted = new(userVersion(frame[walFrameHeaderSize:]))
		}
		commit := binary.BigEndian.Uint32(frame[4:]) != 0
		if commit && sound {
			tail = walTail{}
			if uncommitted != nil {
				version, uncommitted = uncommitted, nil
			}
			continue
		}
		tail.bytes += int64(n)
		tail.lost = tail.lost || commit && broken
	}
}

// walSum is the running checksum of a write-ahead log.
type walSum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

func (c *walSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		c.s0 += c.order.Uint32(b) + c.s1
		c.s1 += c.order.Uint32(b[4:]) + c.s0
	}
}

// matches compares with two stored words, which are big-endian always.
func (c *walSum) matches(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == c.s0 && binary.BigEndian.Uint32(stored[4:]) == c.s1
}
