package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// openAhead bounds how many files are held open. The files after them are looked
// for when these have been read.
const openAhead = 32

// chain is a sequence of files of the stream, oldest first.
type chain struct {
	files   []*file
	begin   int64 // where to begin in the first file
	notices []Notice
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
type listing map[string]fs.FileInfo

// list looks at all archives. It leaves out those that are not regular files or
// have vanished.
func (o Options) list() (listing, error) {
	paths, err := o.Archives()
	if err != nil {
		return nil, fmt.Errorf("listing the archives of %s: %w", o.Path, err)
	}
	found := listing{}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("looking at archive %s as user %s: %w", path, whoami(), err)
		case info.Mode().IsRegular():
			found[path] = info
		}
	}
	return found, nil
}

// same reports whether every path still leads to the same file.
func (l listing) same(now listing) bool {
	if len(l) != len(now) {
		return false
	}
	for path, info := range l {
		if again, ok := now[path]; !ok || !os.SameFile(info, again) {
			return false
		}
	}
	return true
}

// oldestFirst orders the paths by modification time. Where that is equal the
// time of the last rename decides, then the name.
func (l listing) oldestFirst() []string {
	paths := make([]string, 0, len(l))
	for path := range l {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(a, b string) int {
		x, y := l[a], l[b]
		if order := x.ModTime().Compare(y.ModTime()); order != 0 {
			return order
		}
		if order := changeTime(x).Compare(changeTime(y)); order != 0 {
			return order
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	return paths
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

// newer opens the archives that come after a moment of the stream, oldest
// first, without those that are known already: open, finished, or a copy.
func (l listing) newer(since time.Time, open []*file, finished []Mark) chain {
	var c chain
	for _, path := range l.oldestFirst() {
		info := l[path]
		if info.ModTime().Before(since) || info.Size() == 0 ||
			holds(open, identify(info)) || holds(c.files, identify(info)) {
			continue
		}
		if len(c.files) == openAhead {
			c.partial = true
			break
		}
		f, err := openRegular(path)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				c.notices = append(c.notices, Notice{Kind: Skipped, File: path, Detail: err.Error()})
			}
			continue
		}
		switch {
		case isFinished(f, finished) || isCopyOfAny(f, open):
			f.Close()
		case isCompressed(f):
			if f.modTime.After(since) {
				c.notices = append(c.notices, Notice{
					Kind: Skipped, File: path, Detail: "compressed archives are not read",
				})
			}
			f.Close()
		default:
			c.files = append(c.files, f)
		}
	}
	c.dropCopies()
	return c
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
// means that there is none.
func (l listing) find(m Mark) *file {
	var best *file
	for _, path := range l.oldestFirst() {
		if l[path].Size() < m.Offset {
			continue
		}
		f, err := openRegular(path)
		if err != nil {
			continue // reported by newer, if it matters
		}
		switch {
		case !m.in(f, f.size):
			f.Close()
		case f.id == m.id():
			if best != nil {
				best.Close()
			}
			return f
		case best == nil:
			best = f
		case isCopy(best, f):
			best.Close()
			best = f
		default:
			f.Close()
		}
	}
	return best
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

// isCompressed recognises gzip, bzip2, xz and zstd by their first bytes.
func isCompressed(f *file) bool {
	head, err := bytesAt(f, 0, 4)
	if err != nil {
		return false
	}
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zX", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}
