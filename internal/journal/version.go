package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// ErrNewer is wrapped by the error of Open for a file that a newer version of
// this program has written. The file is left as it is.
var ErrNewer = errors.New("a newer version of the connector wrote this file")

func newerError(version int64) error {
	return fmt.Errorf("%w: its schema version is %d, this connector reads versions up to %d."+
		" Install the newer connector again, or stop and move the file aside (with its -wal file, if there is one)"+
		" to start with an empty journal", ErrNewer, version, schemaVersion)
}

// refuseNewer returns an error that wraps ErrNewer if the file is of a newer
// version. It reads the file without SQLite, which would bring the write-ahead
// log into the file.
func refuseNewer(path string) error {
	version, err := storedVersion(path)
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return newerError(version)
	}
	return nil
}

// The places of https://sqlite.org/fileformat2.html#the_database_header.
const (
	databaseHeaderSize = 100
	databaseMagic      = "SQLite format 3\x00"
	userVersionOffset  = 60
)

// storedVersion returns PRAGMA user_version as SQLite would see it: that of the
// last commit in the write-ahead log that has it, or that of the file. It is 0
// for a file that is missing or no database.
func storedVersion(path string) (int64, error) {
	f, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var header [databaseHeaderSize]byte
	if _, err := io.ReadFull(f, header[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, nil
		}
		return 0, err
	}
	if string(header[:len(databaseMagic)]) != databaseMagic {
		return 0, nil
	}
	version := userVersion(header[:])
	log, err := inspectWAL(path + "-wal")
	if err == nil && log.version != nil {
		version = *log.version
	}
	return version, err
}

// userVersion returns PRAGMA user_version from the first page.
func userVersion(page []byte) int64 {
	return int64(int32(binary.BigEndian.Uint32(page[userVersionOffset:])))
}
