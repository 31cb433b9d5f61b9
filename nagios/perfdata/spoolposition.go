package perfdata

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io/fs"
	"strconv"
	"syscall"
)

// fileID knows a file again under any name, as long as nobody writes to it.
// Zero is no file.
type fileID uint64

func (id fileID) String() string { return strconv.FormatUint(uint64(id), 16) }

// identify makes an id of what a rename leaves alone: inode, modification time
// and size.
func identify(info fs.FileInfo) fileID {
	var b [24]byte
	binary.LittleEndian.PutUint64(b[0:], info.Sys().(*syscall.Stat_t).Ino)
	binary.LittleEndian.PutUint64(b[8:], uint64(info.ModTime().UnixNano()))
	binary.LittleEndian.PutUint64(b[16:], uint64(info.Size()))
	h := fnv.New64a()
	h.Write(b[:])
	return fileID(h.Sum64())
}

// spoolPosition is what a spool source stores.
type spoolPosition struct {
	// Reading is the file that is read up to Offset, zero between two files.
	Reading fileID `json:"reading,omitempty"`
	Name    string `json:"name,omitempty"` // for people
	Offset  int64  `json:"offset,omitempty"`
	// Done are the files in the directory that were read to their end.
	Done fileIDs `json:"done,omitempty"`
	// Forgotten stands for a crowd of others: all whose inode was last changed
	// at this moment (nanoseconds since 1970) or earlier.
	Forgotten int64 `json:"forgotten,omitempty"`
	// Dir is the inode of the directory that has these files. When there is
	// another directory, they may come back with theirs.
	Dir uint64 `json:"dir,omitempty"`
}

func parseSpoolPosition(stored []byte) (p spoolPosition, err error) {
	if len(stored) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(stored, &p); err != nil {
		return p, err
	}
	if p.Offset < 0 {
		return p, errors.New("negative offset")
	}
	return p, nil
}

// fileIDs are eight bytes each in JSON's base64.
type fileIDs []fileID

// MarshalJSON packs the ids.
func (ids fileIDs) MarshalJSON() ([]byte, error) {
	packed := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		packed = binary.LittleEndian.AppendUint64(packed, uint64(id))
	}
	return json.Marshal(packed)
}

// UnmarshalJSON unpacks them.
func (ids *fileIDs) UnmarshalJSON(b []byte) error {
	var packed []byte
	if err := json.Unmarshal(b, &packed); err != nil {
		return err
	}
	if len(packed)%8 != 0 {
		return errors.New("list of files is damaged")
	}
	*ids = make(fileIDs, 0, len(packed)/8)
	for ; len(packed) > 0; packed = packed[8:] {
		*ids = append(*ids, fileID(binary.LittleEndian.Uint64(packed)))
	}
	return nil
}
