package follow

import "errors"

// errChanged means that the bytes before the offset are not those that were
// read: the file was truncated or rewritten in place.
var errChanged = errors.New("file was rewritten in place")

// engine reads the whole lines of one open file. Names, rotation and archives
// are the business of stream. All methods are called from one goroutine.
type engine interface {
	// read appends lines and notices to the chunk, as many as are there and the
	// bounds allow. What it appends is valid until the next call of read or
	// atEnd. It reports whether there may be more at once; if not, whatever is
	// written from then on rings the bell.
	read(c *Chunk) (more bool, err error)
	// atEnd makes sure that the file is still the one that was read, and reports
	// whether no whole line is left in it.
	atEnd() (bool, error)
	// place returns the offset after the last whole line read, and the bytes
	// just before it.
	place() (offset int64, tail []byte)
}
