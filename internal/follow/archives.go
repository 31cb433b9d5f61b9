package follow

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// openAhead bounds how many files are held open. The files after them are looked
// for when these have been read.
const openAhead = 32

// chain is a sequence of files of the stream, oldest first.
type chain struct {
	files   []*file
	begin   int64 // where to begin in the first file
	notices []Notice
	missed  []Missed
	partial bool // there are more files after these
	lost    bool // the position was in none of them
}

func (c *chain) close() {
	for _, f := range c.files {
		f.Close()
	}
}

// settleTries is how often the directory is listed again because it changed
// while it was read.
const settleTries = 5

// listing is what stands under the candidate paths.
type listing struct {
	files map[string]fs.FileInfo
	// broken are those that lead nowhere or can't be looked at.
	broken []Notice
}

// list looks at all archives. It leaves out those that are not regular files or
// have vanished.
func (o Options) list() (listing, error) {
	l := listing{files: map[string]fs.FileInfo{}}
	paths, err := o.Archives()
	if err != nil {
		return l, fmt.Errorf("listing the archives of %s: %w", o.Path, err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular():
			l.files[path] = info
		case err != nil && !hasVanished(path):
			l.broken = append(l.broken, Notice{Kind: Skipped, File: path, Detail: err.Error()})
		}
	}
	return l, nil
}

// hasVanished reports whether there is nothing under a path, not even a link.
func hasVanished(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// same reports whether every path still leads to the same file.
func (l listing) same(now listing) bool {
	if len(l.files) != len(now.files) {
		return false
	}
	for path, info := range l.files {
		if again, ok := now.files[path]; !ok || !os.SameFile(info, again) {
			return false
		}
	}
	return true
}

// oldestFirst orders the paths by modification time. Where that is equal the
// time of the last rename decides, then the name.
func (l listing) oldestFirst() []string {
	return slices.SortedFunc(maps.Keys(l.files), l.compareTimes)
}

func (l listing) compareTimes(a, b string) int {
	x, y := l.files[a], l.files[b]
	return cmp.Or(x.ModTime().Compare(y.ModTime()), changeTime(x).Compare(changeTime(y)), strings.Compare(a, b))
}

// settle calls look with a listing until nothing was renamed meanwhile, so that
// no file slips through while archives move up by one.
func (o Options) settle(look func(listing) (chain, error)) (chain, error) {
	for try := 1; ; try++ {
		before, err := o.list()
		if err != nil {
			return chain{}, err
		}
		c, err := look(before)
		if err != nil {
			c.close()
			return chain{}, err
		}
		after, err := o.list()
		if err == nil && (before.same(after) || try == settleTries) {
			return c, nil
		}
		c.close()
		if err != nil {
			return chain{}, err
		}
	}
}

// newer opens the archives that come after a place of the stream, oldest first,
// without those that are known already: open, finished, or a copy. An archive that
// can't be read is left out with a notice. An error means that no more files can
// be opened just now.
func (o Options) newer(l listing, p frontier, open []*file, finished []Mark) (chain, error) {
	c := chain{}
	missed := func(path string, why string) {
		c.notices = append(c.notices, Notice{Kind: Skipped, File: path, Detail: why})
		c.missed = append(c.missed, miss(path, p))
	}
	for _, n := range l.broken {
		missed(n.File, n.Detail)
	}
	for _, path := range o.after(l, p, open) {
		if holds(c.files, identify(l.files[path])) {
			continue
		}
		if len(c.files) == openAhead {
			c.partial = true
			break
		}
		f, err := openArchive(path)
		switch {
		case err == nil:
		case supervision.IsShortOfFiles(err) && len(c.files) > 0:
			c.partial = true
		case supervision.IsShortOfFiles(err):
			return c, err
		case !errors.Is(err, fs.ErrNotExist):
			missed(path, err.Error())
		}
		if c.partial {
			break
		}
		if err != nil {
			continue
		}
		switch {
		case isFinished(f, finished) || isCopyOfAny(f, open):
			f.Close()
		case isPacked(f, otherMagic...):
			if f.modTime.After(p.since) {
				c.notices = append(c.notices, Notice{
					Kind: Skipped, File: path, Detail: "of packed archives only those of gzip are read",
				})
			}
			f.Close()
		default:
			c.files = append(c.files, f)
		}
	}
	c.dropCopies()
	return c, nil
}

// dropCopies closes the files that are the beginning of another one of the
// chain, and all but one of equal files.
func (c *chain) dropCopies() {
	copied := map[int]bool{}
	for i, f := range c.files {
		for j, other := range c.files {
			if i != j && !copied[j] && isCopy(f, other) {
				copied[i] = true
				break
			}
		}
	}
	var kept []*file
	for i, f := range c.files {
		if copied[i] {
			f.Close()
			continue
		}
		kept = append(kept, f)
	}
	c.files = kept
}

// find opens the file among the archives that holds a place: the very file if
// it is there, else the one that goes on longest, of these the oldest. Nil
// means that there is none. An error means that no more files can be opened just
// now.
func (l listing) find(m Mark) (*file, error) {
	var best *file
	for _, path := range l.oldestFirst() {
		f, err := openHolder(path, m)
		if supervision.IsShortOfFiles(err) {
			if best != nil {
				best.Close()
			}
			return nil, err
		}
		switch {
		case f == nil: // what can't be read is reported by newer, if it matters
		case f.id == m.id():
			if best != nil {
				best.Close()
			}
			return f, nil
		case best == nil:
			best = f
		case isCopy(best, f):
			best.Close()
			best = f
		default:
			f.Close()
		}
	}
	return best, nil
}

// openHolder opens an archive if it holds a place. A packed one is unpacked to its
// end only when its beginning is that of the mark.
func openHolder(path string, m Mark) (*file, error) {
	head, err := firstBytes(path)
	if err != nil || m.HeadLen <= 0 || m.HeadLen > len(head) || hash(head[:m.HeadLen]) != m.Head {
		return nil, err
	}
	f, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	if !m.in(f, f.size) {
		f.Close()
		return nil, nil
	}
	return f, nil
}

func holds(files []*file, id fileID) bool {
	return slices.ContainsFunc(files, func(f *file) bool { return f.id == id })
}

// isFinished recognises a file that was read to its end before. A mark of a
// finished file is at its end.
func isFinished(f *file, finished []Mark) bool {
	return slices.ContainsFunc(finished, func(m Mark) bool {
		return (f.id == m.id() || f.size == m.Offset) && m.in(f, f.size)
	})
}

func isCopyOfAny(f *file, others []*file) bool {
	return slices.ContainsFunc(others, func(other *file) bool { return isCopy(f, other) })
}

// gzipMagic and otherMagic begin files that compressors have packed.
const gzipMagic = "\x1f\x8b"

var otherMagic = []string{"BZh", "\xfd7zX", "\x28\xb5\x2f\xfd"} // bzip2, xz, zstd

func isPacked(f *file, by ...string) bool {
	first, err := bytesAt(f, 0, 4)
	return err == nil && slices.ContainsFunc(by, func(magic string) bool {
		return bytes.HasPrefix(first, []byte(magic))
	})
}
