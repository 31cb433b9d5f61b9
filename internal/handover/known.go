package handover

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// keptFor is how long the place in a segment is kept that is not there any more,
// although others are. An absent or empty directory says nothing of its segments:
// it may be one on which another one has still to be mounted.
const keptFor = 24 * time.Hour

// dropVanished reads the rest of segments that somebody else deleted or moved
// away, and forgets those that do not come back.
func (r *spoolReader) dropVanished(ctx context.Context) error {
	there := make(map[string]bool, len(r.listing.names))
	for _, n := range r.listing.names {
		there[n.File] = true
	}
	known := 0
	for file, s := range r.segments {
		if there[file] {
			known++
			s.missing, s.kept = time.Time{}, false
			continue
		}
		if s.file == nil {
			continue
		}
		failed, err := r.read(ctx, s)
		if err != nil {
			return err
		}
		if failed != nil {
			r.reject(s, "", "the segment was deleted, and its rest can't be read: "+failed.Error())
		}
		r.shut(s)
	}
	if known == 0 {
		return nil
	}
	now := time.Now()
	for file, s := range r.segments {
		switch {
		case there[file]:
		case s.missing.IsZero():
			s.missing = now
		case now.Sub(s.missing) > keptFor:
			r.forget(s)
		}
	}
	return nil
}

// position returns the places in all segments.
func (r *spoolReader) position() (p Position) {
	for _, s := range r.segments {
		if s.offset > 0 {
			p.Segments = append(p.Segments, Mark{s.File, s.offset})
		}
	}
	slices.SortFunc(p.Segments, func(a, b Mark) int { return strings.Compare(a.File, b.File) })
	return p
}

// remove deletes the segments that are over and durable. What can't be deleted
// is tried again when the directory has been read again.
func (r *spoolReader) remove() {
	if r.options.Watch {
		return
	}
	for _, s := range r.segments {
		if !s.over || s.kept || !s.missing.IsZero() {
			continue
		}
		err := os.Remove(r.path(s))
		if errors.Is(err, fs.ErrNotExist) {
			s.kept = true // the directory may be gone, and come back with the segment
			continue
		}
		if err != nil {
			s.kept = true
			r.complain("remove", "can't delete a segment that was read, trying again: "+
				"the spool directory must be writable", r.path(s), err)
			continue
		}
		delete(r.logged, "remove")
		r.forget(s)
	}
}

// forget drops what is known of a segment.
func (r *spoolReader) forget(s *segment) {
	r.shut(s)
	delete(r.segments, s.File)
	for _, about := range []string{"", "header ", "format "} {
		delete(r.logged, about+s.File)
	}
}

// complain logs a trouble once.
func (r *spoolReader) complain(trouble, message, path string, err error, more ...any) {
	if r.logged[trouble] {
		return
	}
	r.logged[trouble] = true
	args := []any{"path", path}
	if err != nil {
		args = append(args, "err", err)
	}
	r.options.Logger.Error(message, append(args, more...)...)
}

// settle logs that a trouble is over.
func (r *spoolReader) settle(trouble, message, path string) {
	if r.logged[trouble] {
		delete(r.logged, trouble)
		r.options.Logger.Info(message, "path", path)
	}
}
