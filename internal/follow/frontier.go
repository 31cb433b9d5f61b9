package follow

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// frontier is a place in the stream, as far as it decides what comes after it.
type frontier struct {
	// since is when the file of the place was last written.
	since time.Time
	// first and last are the times of its first and last line; zero: not known.
	first, last time.Time
}

// frontierOf returns the frontier at a file of the stream.
func (o Options) frontierOf(f *file, since time.Time) frontier {
	p := frontier{since: since}
	if f == nil || o.Stamp == nil {
		return p
	}
	if head, err := bytesAt(f, 0, int(min(f.size, headSize))); err == nil {
		p.first = o.stamp(head)
	}
	const end = 64 << 10
	if tail, err := bytesAt(f, max(f.size-end, 0), int(min(f.size, end))); err == nil {
		p.last = o.lastStamp(tail)
	}
	return p
}

// stamp returns the time of the first line that has one.
func (o Options) stamp(text []byte) time.Time {
	for line := range bytes.Lines(text) {
		if at, known := o.Stamp(line); known {
			return at
		}
	}
	return time.Time{}
}

// lastStamp returns the time of the last whole line that has one.
func (o Options) lastStamp(text []byte) time.Time {
	lines := bytes.Split(text, []byte{'\n'})
	for _, line := range slices.Backward(lines[:len(lines)-1]) {
		if at, known := o.Stamp(line); known {
			return at
		}
	}
	return time.Time{}
}

// after lists the archives behind a place, in their order. What a file holds
// decides, as far as its lines have times: a modification time changes when an
// archive is packed, copied or restored. An archive behind the place begins not
// before the last line there, and one before it begins before its first. Where
// that is not known, the modification time decides.
func (o Options) after(l listing, p frontier, open []*file) []string {
	begins := map[string]time.Time{}
	var paths []string
	allKnown := true
	for _, path := range l.oldestFirst() {
		info := l.files[path]
		if info.Size() == 0 || holds(open, identify(info)) {
			continue
		}
		if o.Stamp != nil {
			if head, err := firstBytes(path); err == nil {
				begins[path] = o.stamp(head)
			}
		}
		at := begins[path]
		if p.precededBy(at, info.ModTime()) {
			continue
		}
		allKnown = allKnown && !at.IsZero()
		paths = append(paths, path)
	}
	if allKnown {
		slices.SortStableFunc(paths, func(a, b string) int { return begins[a].Compare(begins[b]) })
	}
	return paths
}

// precededBy reports whether a file that begins at a time, zero if that is not known,
// and was last written at another comes before the place.
func (p frontier) precededBy(begins, modTime time.Time) bool {
	switch {
	case begins.IsZero():
	case !p.last.IsZero() && !begins.Before(p.last):
		return false
	case !p.first.IsZero() && begins.Before(p.first):
		return true
	}
	return modTime.Before(p.since)
}

// firstBytes reads the beginning of the text of an archive.
func firstBytes(path string) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var text io.Reader = io.NewSectionReader(f, 0, f.size)
	if isPacked(f, gzipMagic) {
		if text, err = gzip.NewReader(text); err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(text, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || n > 0 {
		err = nil
	}
	return head[:n], err
}
