package follow

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stamp reads the time of numbered's lines.
func stamp(line []byte) (time.Time, bool) {
	digits, _, found := bytes.Cut(bytes.TrimPrefix(line, []byte("[")), []byte("]"))
	at, err := strconv.ParseInt(string(digits), 10, 64)
	return time.Unix(at, 0), found && err == nil
}

// pack replaces a file by a packed one, of so many bytes at most.
func (d *dir) pack(suffix string, most int) {
	d.Helper()
	info, err := os.Stat(d.to(suffix))
	d.check(err)
	content, err := os.ReadFile(d.to(suffix))
	d.check(err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(content)
	d.check(err)
	d.check(z.Close())
	d.check(os.WriteFile(d.to(suffix+".gz"), packed.Bytes()[:min(most, packed.Len())], 0o600))
	d.check(os.Chtimes(d.to(suffix+".gz"), info.ModTime(), info.ModTime()))
	d.remove(suffix)
}

const whole = 1 << 30

// Archives that were packed while we were stopped are read, also the one that was
// read in part.
func TestPackedWhileStopped(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		for _, rest := range []int{0, 3} {
			d := newDir(t, d.options.Engine)
			d.append("", text(numbered(0, 100)))
			d.age("", 3600)
			r := d.follow(nil)
			r.want(numbered(0, 100)...)
			p := r.stop()
			d.append("", text(numbered(100, 100+rest)))
			d.age("", 3000)
			d.rename("", ".1")
			d.pack(".1", whole)
			d.append(".2", text(numbered(100+rest, 5000)))
			d.age(".2", 2000)
			d.pack(".2", whole)
			d.append(".3", text(numbered(5000, 5010)))
			d.age(".3", 1000)
			d.append("", text(numbered(5010, 5020)))
			r = d.follow(p)
			r.want(numbered(100, 5020)...)
			r.wantNotices()
			p = r.stop()
			r = d.follow(p)
			r.want()
			r.wantNotices()
		}
	})
}

// Reading may stop at each line of a packed archive.
func TestEveryPositionInAPackedArchiveResumes(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.BatchLines = 1
		d.append("", text(numbered(0, 1)))
		d.age("", 3600)
		first, p := d.one(nil)
		d.append("", text(numbered(1, 40)))
		d.age("", 3000)
		d.rename("", ".1")
		d.pack(".1", whole)
		d.append("", text(numbered(40, 42)))
		got := []string{first}
		for range 41 {
			var line string
			line, p = d.one(d.roundTrip(p))
			got = append(got, line)
		}
		if !slices.Equal(got, numbered(0, 42)) {
			t.Errorf("got %q", got)
		}
	})
}

// What is there of an archive that was not packed to its end is read, and what is
// missing is reported.
func TestAPackedArchiveWithoutItsEnd(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 4)))
		d.age("", 3600)
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.rename("", ".1")
		d.append(".2", text(numbered(4, 4000)))
		d.age(".2", 2000)
		d.pack(".2", 5000)
		d.append("", text(numbered(5000, 5002)))
		r = d.follow(p)
		r.until("the end", func() bool { return slices.Contains(r.lines, numbered(5001, 5002)[0]) })
		n := len(r.lines) - 2
		if n < 100 || !slices.Equal(r.lines, slices.Concat(numbered(4, 4+n), numbered(5000, 5002))) {
			t.Errorf("%d lines: %q", n, r.lines)
		}
		r.wantNotices(Skipped, Unfinished)
		if !strings.Contains(r.notices[0].Detail, "unexpected EOF") {
			t.Errorf("%v", r.notices)
		}
	})
}

// A file that is packed, and a damaged one, have no text to wait for.
func TestWhatIsPackedOfTheRunningStreamIsNotReadAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Stamp = stamp
		d.append("", text(numbered(0, 10)))
		r := d.follow(nil)
		r.want(numbered(0, 10)...)
		d.rename("", ".1")
		d.append("", text(numbered(10, 20)))
		r.want(numbered(0, 20)...)
		d.pack(".1", whole)
		d.rename("", ".2")
		d.append("", text(numbered(20, 30)))
		r.want(numbered(0, 30)...)
		d.age(".1.gz", -5)
		d.append(".3.gz", "\x1f\x8b and no more")
		d.rename("", ".4")
		d.append("", text(numbered(30, 40)))
		r.want(numbered(0, 40)...)
		r.wantNotices(Skipped)
		p := r.stop()
		r = d.follow(p)
		r.want()
	})
}

// A packed text is read at any place as if it were not packed.
func TestGunzip(t *testing.T) {
	d := newDir(t, Direct)
	content := []byte(text(numbered(0, 20_000)))
	for _, members := range []int{1, 3} {
		d.replace(".x", "")
		for i := range members {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, err := z.Write(content[len(content)*i/members : len(content)*(i+1)/members])
			d.check(err)
			d.check(z.Close())
			d.append(".x", packed.String())
		}
		f, err := openArchive(d.to(".x"))
		d.check(err)
		defer f.Close()
		if f.size != int64(len(content)) || f.packed.damage != nil {
			t.Fatalf("%d bytes, %v; want %d", f.size, f.packed.damage, len(content))
		}
		random := uint32(1)
		for range 300 {
			random = random*1664525 + 1013904223
			offset := int64(random) % (f.size + 10)
			random = random*1664525 + 1013904223
			b := make([]byte, random>>8%(200<<10))
			n, err := f.ReadAt(b, offset)
			want := content[min(offset, f.size):min(offset+int64(len(b)), f.size)]
			if !bytes.Equal(b[:n], want) || (err == io.EOF) != (n < len(b) || len(want) == 0) && len(b) > 0 {
				t.Fatalf("%d bytes at %d: %d, %v", len(b), offset, n, err)
			}
		}
	}
}

// A packed archive of a text that would not fit into memory.
func TestAPackedArchiveTakesLittleMemory(t *testing.T) {
	d := newDir(t, Direct)
	f, err := os.Create(d.to(".1.gz"))
	d.check(err)
	z := gzip.NewWriter(f)
	const n = 60
	for i := range n {
		_, err := fmt.Fprintf(z, "line %d\n%s\n", i, strings.Repeat("\x00", 2<<20))
		d.check(err)
	}
	d.check(z.Close())
	d.check(f.Close())
	a, err := openArchive(d.to(".1.gz"))
	d.check(err)
	defer a.Close()
	engine, err := newDirect(a, 0, d.options.withDefaults())
	d.check(err)
	lines := 0
	for more := true; more; {
		c := Chunk{}
		more, err = engine.read(&c)
		d.check(err)
		lines += len(c.Lines)
		if most := cap(a.packed.window); most > 8<<20 {
			t.Fatalf("a window of %d bytes", most)
		}
	}
	if lines != n {
		t.Errorf("%d lines", lines)
	}
}

// A line that is too long is read past in one go.
func TestAHoleInAPackedArchive(t *testing.T) {
	d := newDir(t, Direct)
	f, err := os.Create(d.to(".1.gz"))
	d.check(err)
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	d.check(err)
	hole := make([]byte, 1<<20)
	one, two := [][]byte{[]byte("one\n")}, [][]byte{[]byte("\ntwo\n")}
	for _, part := range slices.Concat(one, slices.Repeat([][]byte{hole}, 100), two) {
		_, err = z.Write(part)
		d.check(err)
	}
	d.check(errors.Join(z.Close(), f.Close()))
	a, err := openArchive(d.to(".1.gz"))
	d.check(err)
	defer a.Close()
	engine, err := newDirect(a, 0, d.options.withDefaults())
	d.check(err)
	var lines []string
	anew := 0
	for more := true; more; {
		c := Chunk{}
		place := a.packed.place
		more, err = engine.read(&c)
		d.check(err)
		for _, line := range c.Lines {
			lines = append(lines, string(line.Text))
		}
		if a.packed.place < place {
			anew++
		}
	}
	if !slices.Equal(lines, []string{"one", "two"}) || anew > 1 {
		t.Errorf("%q, and it was unpacked anew %d times", lines, anew)
	}
}

// What is under the name of an archive and can't be read is named, and stops
// nothing.
func TestArchivesThatLeadNowhere(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 4)))
		d.age("", 60)
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.rename("", ".1")
		d.append("", text(numbered(4, 6)))
		d.check(os.Symlink("nowhere", d.to(".nowhere")))
		d.check(os.Symlink(filepath.Base(d.to(".itself")), d.to(".itself")))
		d.check(os.Symlink(filepath.Base(d.path)+"/x", d.to(".no-directory")))
		d.check(syscall.Mkfifo(d.to(".fifo"), 0o600))
		d.check(os.Mkdir(d.to(".directory"), 0o700))
		r = d.follow(p)
		r.want(numbered(4, 6)...)
		r.wantNotices(Skipped, Skipped, Skipped)
		d.rename("", ".2")
		d.append("", text(numbered(6, 8)))
		r.want(numbered(4, 8)...)
		r.wantNotices(Skipped, Skipped, Skipped) // once each
	})
}

// The times of the lines decide what an archive is, not that of the file.
func TestTheModificationTimesOfArchivesMeanNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		for _, packed := range []bool{false, true} {
			d := newDir(t, d.options.Engine)
			d.options.Stamp = stamp
			d.append(".0", text(numbered(0, 10)))
			d.append("", text(numbered(10, 20)))
			d.age("", 60)
			r := d.follow(nil)
			r.want(numbered(10, 20)...)
			p := r.stop()
			d.append("", text(numbered(20, 21)))
			d.rename("", ".1")
			d.append(".2", text(numbered(21, 30)))
			d.append(".3", text(numbered(30, 40)))
			d.append("", text(numbered(40, 50)))
			d.age(".0", -10)     // restored from a backup
			d.age(".1", 3600)    // copied
			d.age(".2", 100_000) // copied by a program that sets its own time
			d.age(".3", 200_000)
			if packed {
				for _, suffix := range []string{".0", ".1", ".2"} {
					d.pack(suffix, whole)
				}
			}
			r = d.follow(p)
			r.want(numbered(20, 50)...)
			r.wantNotices()
		}
	})
}

// The place is kept while the directory, or all files in it, are away.
func TestAwayForAMoment(t *testing.T) {
	for what, moves := range map[string]struct{ goes, comes func(d *dir) }{
		"the directory": {
			func(d *dir) { d.check(os.Rename(filepath.Dir(d.path), filepath.Dir(d.path)+".away")) },
			func(d *dir) { d.check(os.Rename(filepath.Dir(d.path)+".away", filepath.Dir(d.path))) },
		},
		"the file": {func(d *dir) { d.rename("", "-away") }, func(d *dir) { d.rename("-away", "") }},
		"another file": {
			func(d *dir) { d.rename("", "-away"); d.append("", "[1] of another file\n") },
			func(d *dir) { d.remove(""); d.rename("-away", "") },
		},
	} {
		t.Run(what, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, d *dir) {
				d.append("", text(numbered(0, 50)))
				r := d.follow(nil)
				r.want(numbered(0, 50)...)
				p := r.stop()
				moves.goes(d)
				r = d.follow(p)
				r.end()
				r.end()
				moves.comes(d)
				d.append("", text(numbered(50, 60)))
				r.until("what is new", func() bool { return slices.Contains(r.lines, numbered(59, 60)[0]) })
				lines := slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool {
					return strings.HasPrefix(line, "[1]")
				})
				if !slices.Equal(lines, numbered(50, 60)) {
					t.Errorf("got %q", lines)
				}
			})
		})
	}
}

// A deleted file is closed in the end, where that is wanted.
func TestADeletedFileIsClosed(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		isOpen := func() bool {
			links, err := filepath.Glob("/proc/self/fd/*")
			d.check(err)
			return slices.ContainsFunc(links, func(link string) bool {
				target, err := os.Readlink(link)
				return err == nil && strings.HasPrefix(target, d.path+" ")
			})
		}
		d.options.LetGo = 200 * time.Millisecond
		d.append("", text(numbered(0, 4)))
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		d.remove("")
		for deadline := time.Now().Add(patience); isOpen(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it is still open")
			}
		}
		d.append("", text(numbered(4, 6)))
		r.want(numbered(0, 6)...)
		r.wantNotices()
	})
}

// Until then its writer may still have it, and a file that is there stays open.
func TestWhatIsNotLetGo(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		var log bytes.Buffer
		d.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
		d.options.LetGo = time.Hour
		d.append("", text(numbered(0, 4)))
		writer, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND, 0)
		d.check(err)
		defer writer.Close()
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		d.remove("")
		r.end()
		r.end()
		_, err = writer.WriteString(text(numbered(4, 6)))
		d.check(err)
		r.want(numbered(0, 6)...)
		p := r.stop()
		d.append("", text(numbered(6, 8)))
		d.options.LetGo = time.Nanosecond
		r = d.follow(p)
		r.want(numbered(6, 8)...)
		r.end()
		r.end()
		r.stop()
		if strings.Contains(log.String(), "following a new file") {
			t.Errorf("it was opened anew:\n%s", &log)
		}
	})
}
