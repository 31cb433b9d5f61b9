package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// locate finds the file that a position lies in, and the ones after it.
func (o Options) locate(p Position) (chain, error) {
	return o.settle(func(l listing) (chain, error) {
		live, err := openIfThere(o.Path)
		if err != nil {
			return chain{}, err
		}
		in, err := o.holder(p.Mark, live, l)
		if err != nil {
			return chain{files: present(live)}, err
		}
		if in != nil && in == live {
			return chain{files: []*file{live}, begin: p.Offset}, nil
		}
		c, err := o.newer(l, o.frontierOf(in, p.ModTime), present(in, live), p.Finished)
		if err != nil {
			c.files = append(c.files, present(in, live)...)
			return c, err
		}
		if live != nil && !c.partial {
			c.files = append(c.files, live)
		} else if live != nil {
			live.Close()
		}
		if in != nil {
			c.files, c.begin = append([]*file{in}, c.files...), p.Offset
		}
		c.lost = in == nil && p.HeadLen > 0
		return c, nil
	})
}

// holder decides between the files that hold a place: first the very file,
// under whatever name, then one with the same bytes.
func (o Options) holder(m Mark, live *file, l listing) (*file, error) {
	liveHolds := live != nil && m.in(live, live.size)
	if liveHolds && live.id == m.id() {
		return live, nil
	}
	archived, err := l.find(m)
	switch {
	case err != nil:
		return nil, err
	case archived == nil && liveHolds:
		return live, nil
	case archived == nil:
		return nil, nil
	case liveHolds && archived.id != m.id() && isCopy(archived, live):
		archived.Close()
		return live, nil
	}
	return archived, nil
}

// successors finds what came after the files that are open: archives that
// were rotated away meanwhile, and the file that is there now.
func (o Options) successors(open []*file, since time.Time, finished []Mark) (chain, error) {
	return o.settle(func(l listing) (chain, error) {
		live, err := openIfThere(o.Path)
		if live == nil {
			return chain{}, err
		}
		if holds(open, live.id) {
			live.Close()
			return chain{}, nil
		}
		var newest *file
		if len(open) > 0 {
			newest = open[len(open)-1]
		}
		c, err := o.newer(l, o.frontierOf(newest, since), append(present(live), open...), finished)
		if c.partial || err != nil {
			live.Close()
			return c, err
		}
		c.files = append(c.files, live)
		return c, nil
	})
}

// beginning describes where reading goes on.
func (c *chain) beginning() string {
	if len(c.files) == 0 {
		return "waiting for the file to appear"
	}
	return fmt.Sprintf("going on at byte %d of %s", c.begin, c.files[0].path)
}

// openIfThere returns nil when there is no such file.
func openIfThere(path string) (*file, error) {
	f, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

func present(files ...*file) []*file {
	var there []*file
	for _, f := range files {
		if f != nil {
			there = append(there, f)
		}
	}
	return there
}
