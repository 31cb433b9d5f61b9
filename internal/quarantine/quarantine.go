// Package quarantine keeps input that can't be read or mapped, with its reason
// and where it was found, so that an administrator can look at it and nothing
// vanishes silently. The file is NDJSON and bounded: at its size limit it is
// renamed to <path>.1, replacing the one before. Where that is a directory, the
// first of <path>.2 to <path>.9 that is none takes its place.
package quarantine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// maxRaw bounds what is kept of one item, in bytes.
const maxRaw = 64 << 10

// File is a quarantine file. It is safe for concurrent use, and opened at the
// first item.
type File struct {
	now func() time.Time

	mu      sync.Mutex
	path    string
	maxSize int64
	f       *os.File
	size    int64
}

// New describes a quarantine at a path, of at most maxSize bytes twice.
func New(path string, maxSize int64, now func() time.Time) *File {
	return &File{path: path, maxSize: maxSize, now: now}
}

// Move makes further items go to another path, or to the same one under
// another bound.
func (q *File) Move(path string, maxSize int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.path, q.maxSize = path, maxSize
	return q.close()
}

type entry struct {
	Time   time.Time `json:"time"`
	Source string    `json:"source"`
	Where  string    `json:"where"`
	Reason string    `json:"reason"`
	Raw    string    `json:"raw,omitempty"`
	RawB64 []byte    `json:"raw_base64,omitempty"` // when raw isn't UTF-8
	Cut    int       `json:"bytes_cut,omitempty"`
}

// Add writes items down. It returns once they are handed to the operating
// system; an error says that some were not kept.
func (q *File) Add(items ...supervision.Rejected) error {
	if len(items) == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var errs []error
	for _, it := range items {
		errs = append(errs, q.add(it))
	}
	return errors.Join(errs...)
}

func (q *File) add(it supervision.Rejected) error {
	e := entry{Time: q.now().UTC(), Source: it.Source, Where: it.Where, Reason: it.Reason}
	raw := it.Raw
	if len(raw) > maxRaw {
		e.Cut = len(raw) - maxRaw
		raw = raw[:maxRaw]
	}
	if utf8.Valid(raw) {
		e.Raw = string(raw)
	} else {
		e.RawB64 = raw
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("quarantine: encoding an item of %s: %w", it.Source, err)
	}
	line = append(line, '\n')
	if err := q.room(int64(len(line))); err != nil {
		return err
	}
	n, err := q.f.Write(line)
	q.size += int64(n)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return nil
}

// room opens the file, and begins a new one when it is full. A file that can't be
// renamed doesn't grow.
func (q *File) room(n int64) error {
	if err := q.open(); err != nil {
		return err
	}
	if q.size == 0 || q.size+n <= q.maxSize {
		return nil
	}
	if err := q.rename(); err != nil {
		return fmt.Errorf("quarantine: %s is full: %w", q.path, err)
	}
	if err := q.close(); err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return q.open()
}

// rename makes the file the older one, unless somebody has taken it away.
func (q *File) rename() error {
	for n := 1; ; n++ {
		older := fmt.Sprintf("%s.%d", q.path, n)
		err := os.Rename(q.path, older)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if n == 9 {
			return err
		}
		if info, statErr := os.Stat(older); statErr != nil || !info.IsDir() {
			return err
		}
	}
}

func (q *File) open() error {
	if q.f != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(q.path), 0o750); err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	f, err := regular.OpenFile(q.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return fmt.Errorf("quarantine: %w", err)
	}
	q.f, q.size = f, st.Size()
	return nil
}

// Close closes the file.
func (q *File) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close()
}

func (q *File) close() error {
	if q.f == nil {
		return nil
	}
	err := q.f.Close()
	q.f = nil
	return err
}

// Printer logs items instead of keeping them.
type Printer struct{ Log *slog.Logger }

// Add logs items.
func (p Printer) Add(items ...supervision.Rejected) error {
	for _, it := range items {
		p.Log.Warn("would be quarantined", "source", it.Source, "where", it.Where, "reason", it.Reason)
	}
	return nil
}
