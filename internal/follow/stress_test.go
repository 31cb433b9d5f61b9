package follow

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nxadm/tail"
)

// TestBusyWriter writes 60,000 lines in halves at full speed and rotates as
// often as it can; the writer goes on in the old file for a while each time.
// The follower is stopped and resumed on the way.
func TestBusyWriter(t *testing.T) {
	const total, perFile = 60_000, 4_000
	eachEngine(t, func(t *testing.T, d *dir) {
		lines := numbered(0, total)
		r := d.follow(nil)
		r.end() // what is rotated away before the first look is not ours
		from := r.stop()
		written := make(chan error, 1)
		go func() { written <- d.writeAndRotate(lines, perFile) }()

		var got []string
		for len(got) < total/2 {
			r := d.follow(from)
			goal := min(total/2, len(got)+total/8)
			r.until("the next part", func() bool { return len(got)+len(r.lines) >= goal })
			from = r.stop()
			got = append(got, r.lines...)
			r.wantNotices()
		}
		r = d.follow(from)
		d.check(<-written)
		r.until("the last line", func() bool { return slices.Contains(last(r.lines, 1), lines[total-1]) })
		r.end()
		r.stop()
		r.wantNotices()
		got = append(got, r.lines...)
		if !slices.Equal(got, lines) {
			t.Fatal(difference(lines, got))
		}
	})
}

// writeAndRotate is the writer of TestBusyWriter. After a rename it writes a
// tenth of a file to the old file before it begins the new one.
func (d *dir) writeAndRotate(lines []string, perFile int) error {
	f, err := os.Create(d.path)
	if err != nil {
		return err
	}
	rotations := 0
	for i, line := range lines {
		half := i % len(line)
		for _, part := range []string{line[:half], line[half:] + "\n"} {
			if _, err := f.WriteString(part); err != nil {
				return err
			}
		}
		switch i % perFile {
		case perFile * 9 / 10:
			rotations++
			if err := os.Rename(d.path, fmt.Sprintf("%s.%04d", d.path, rotations)); err != nil {
				return err
			}
		case perFile - 1:
			f.Close()
			if f, err = os.Create(d.path); err != nil {
				return err
			}
		}
	}
	return f.Close()
}

func difference(want, got []string) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("line %d is %q, want %q (%d of %d lines)", i, got[i], want[i], len(got), len(want))
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(got), len(want))
}

// TestRewritingUnderTheReader rewrites the file at full speed: lines may be
// missed, but what is delivered must have been written, and once.
func TestRewritingUnderTheReader(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "begin\n")
		r := d.follow(nil)
		r.want("begin")
		written := map[string]bool{"begin": true}
		for i := range 1500 {
			line := fmt.Sprintf("%d short", i)
			d.replace("", line+"\n")
			written[line] = true
			for j := range 1 + i%4 {
				line := fmt.Sprintf("%d, the %d. line, which is longer than any of the short ones", i, j)
				d.append("", line+"\n")
				written[line] = true
			}
		}
		r.end()
		r.stop()
		for _, line := range r.lines {
			if !written[line] {
				t.Fatalf("%q was never written, or was delivered twice", line)
			}
			delete(written, line)
		}
		if line := "1499, the 3. line, which is longer than any of the short ones"; written[line] {
			t.Errorf("%q, the last line, was not delivered", line)
		}
	})
}

// TestNothingLeaks rotates and truncates often, and counts goroutines and
// descriptors before and after. It must not run beside other tests.
func TestNothingLeaks(t *testing.T) {
	for name, engine := range map[string]Engine{"direct": Direct, "tail": Tail} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t, engine)
			d.options.Grace = time.Millisecond
			d.append("", "first\n")
			r := d.follow(nil)
			r.want("first")
			goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
			for i := range 40 {
				d.rename("", fmt.Sprintf(".%04d", i))
				d.append("", fmt.Sprintf("line %d\n", i))
				r.until("the line", func() bool { return len(r.lines) == 2*i+2 })
				d.replace("", fmt.Sprintf("anew %d and longer\n", i))
				r.until("the line", func() bool { return len(r.lines) == 2*i+3 })
			}
			settle(t, "running", func() bool {
				return runtime.NumGoroutine() <= goroutines && openDescriptors(t) <= descriptors
			})
			r.stop()
			settle(t, "stopped", func() bool {
				return runtime.NumGoroutine() < goroutines && openDescriptors(t) < descriptors
			})
		})
	}
}

// settle waits for a condition: what nxadm/tail started ends only after its
// next look.
func settle(t *testing.T, when string, met func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !met() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d goroutines, %d descriptors left", when, runtime.NumGoroutine(), openDescriptors(t))
		}
		runtime.Gosched()
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestTailThatSeesNothing goes on although the library delivers nothing, or can't
// open the file.
func TestTailThatSeesNothing(t *testing.T) {
	for name, blind := range map[string]func(string, tail.Config) (*tail.Tail, error){
		"delivers nothing": func(name string, c tail.Config) (*tail.Tail, error) {
			c.Location = &tail.SeekInfo{Whence: io.SeekEnd}
			return tail.TailFile(name, c)
		},
		"can't open": func(string, tail.Config) (*tail.Tail, error) { return nil, os.ErrPermission },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t, Tail)
			d.append("", "a\n")
			engine := d.tailing()
			var got []string
			deadline := time.Now().Add(patience)
			for len(got) < 2 {
				if time.Now().After(deadline) {
					t.Fatalf("got only %q", got)
				}
				var c Chunk
				_, err := engine.read(&c)
				d.check(err)
				for _, line := range c.Lines {
					got = append(got, string(line.Text))
					engine.tailFile = blind
					d.append("", "b\n")
				}
				_, err = engine.atEnd()
				d.check(err)
			}
			if !slices.Equal(got[:2], []string{"a", "b"}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// tailing opens the file as the library is used.
func (d *dir) tailing() *tailing {
	d.Helper()
	f, err := openRegular(d.path)
	d.check(err)
	d.Cleanup(func() { f.Close() })
	direct, err := newDirect(f, 0, d.options.withDefaults())
	d.check(err)
	return newTailing(direct, d.options.withDefaults().Logger)
}

// TestTheLibraryReadsAFewLines has what was collected read directly.
func TestTheLibraryReadsAFewLines(t *testing.T) {
	d := newDir(t, Tail)
	d.append("", "a\n")
	engine := d.tailing()
	calls := 0
	engine.tailFile = func(name string, c tail.Config) (*tail.Tail, error) {
		calls++
		return tail.TailFile(name, c)
	}
	read := func() (lines int) {
		var c Chunk
		_, err := engine.read(&c)
		d.check(err)
		return len(c.Lines)
	}
	if lines := read(); lines != 1 || calls != 1 {
		t.Errorf("one line: %d came in %d calls of the library", lines, calls)
	}
	d.append("", strings.Repeat("b\n", fewLines))
	if lines := read(); lines != fewLines || calls != 1 {
		t.Errorf("%d lines: %d came, %d calls of the library", fewLines, lines, calls-1)
	}
}
