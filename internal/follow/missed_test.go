package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// missing makes an archive of the lines 4 to 20 that leads nowhere, behind the place that
// it returns, and a live file with the lines 20 to 24. It returns the path where the
// archive's text belongs.
func (d *dir) missing() (place *Position, target string) {
	d.Helper()
	d.options.Stamp = stamp
	d.append("", text(numbered(0, 4)))
	d.age("", 60)
	r := d.follow(nil)
	r.want(numbered(0, 4)...)
	place = r.stop()
	d.rename("", ".1")
	target = filepath.Join(filepath.Dir(d.path), "elsewhere")
	d.check(os.Symlink(target, d.to(".2")))
	d.append("", text(numbered(20, 24)))
	return place, target
}

// appear makes a file whole at once.
func (d *dir) appear(path string, lines []string) {
	d.Helper()
	d.check(os.WriteFile(path+"-new", []byte(text(lines)), 0o600))
	d.check(os.Rename(path+"-new", path))
}

// What could not be read in its turn is read in the end, once, also when it was moved
// meanwhile, and in the next run.
func TestAMissedArchiveIsReadInTheEnd(t *testing.T) {
	for name, while := range map[string]func(d *dir, r *reading) *reading{
		"running": func(_ *dir, r *reading) *reading { return r },
		"moved by a rotation": func(d *dir, r *reading) *reading {
			d.rename(".2", ".3")
			d.rename("", ".2")
			d.append("", text(numbered(24, 26)))
			r.until("the next file", func() bool { return slices.Contains(r.lines, numbered(25, 26)[0]) })
			return r
		},
		"in the next run": func(d *dir, r *reading) *reading { return d.follow(r.stop()) },
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, d *dir) {
				p, target := d.missing()
				r := d.follow(p)
				r.want(numbered(20, 24)...)
				r.wantNotices(Skipped)
				r = while(d, r)
				d.appear(target, numbered(4, 20))
				r.until("the archive", func() bool { return len(r.late) == 16 })
				r.end()
				if !slices.Equal(r.late, numbered(4, 20)) {
					t.Errorf("got %q", r.late)
				}
				r = d.follow(r.stop())
				r.want()
				if len(r.position.Missed) > 0 {
					t.Errorf("it is tried again: %+v", r.position.Missed)
				}
			})
		})
	}
}

// Reading may stop at each line of a missed archive.
func TestEveryPositionInAMissedArchiveResumes(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		p, target := d.missing()
		r := d.follow(p)
		r.want(numbered(20, 24)...)
		p = r.stop()
		d.appear(target, numbered(4, 20))
		d.options.BatchLines = 1
		var got []string
		for len(got) < 16 {
			stop := errors.New("stop")
			err := New(d.options).Run(context.Background(), p, func(_ context.Context, c Chunk) error {
				if len(c.Lines) == 0 {
					return nil
				}
				got = append(got, string(c.Lines[0].Text))
				p = d.roundTrip(c.Position)
				return stop
			})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, numbered(4, 20)) {
			t.Errorf("got %q", got)
		}
		d.append("", text(numbered(24, 25)))
		r = d.follow(p)
		r.want(numbered(24, 25)...)
	})
}

// What turns out to be older than the place, newer than what followed, or a copy of what
// was read, is no part of the stream.
func TestAMissedArchiveThatIsNone(t *testing.T) {
	for name, lines := range map[string][]string{
		"older": {"[1600000000] HOST ALERT: srv0;DOWN;HARD;1;x"}, "the place's file": numbered(0, 4),
		"the live file": numbered(20, 24), "newer": numbered(30, 40),
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, d *dir) {
				p, target := d.missing()
				r := d.follow(p)
				r.want(numbered(20, 24)...)
				d.appear(target, lines)
				r.until("that it was looked at", func() bool { return len(r.position.Missed) == 0 })
				r.end()
				if len(r.late) > 0 {
					t.Errorf("got %q", r.late)
				}
			})
		})
	}
}

// An archive is not tried again for ever.
func TestMissedArchivesAreBounded(t *testing.T) {
	d := newDir(t, Direct)
	p, target := d.missing()
	for _, suffix := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"} {
		d.check(os.Symlink(target, d.to("."+suffix)))
	}
	r := d.follow(p)
	r.want(numbered(20, 24)...)
	p = r.stop()
	if len(p.Missed) != missedKept || len(r.notices) != missedKept+2 {
		t.Errorf("%d are tried again, %d notices", len(p.Missed), len(r.notices))
	}
	for i := range p.Missed {
		p.Missed[i].At = time.Now().Add(-missedFor - time.Minute)
	}
	r = d.follow(p)
	r.until("the end of trying", func() bool {
		return len(r.notices) == missedKept && len(r.position.Missed) == 0
	})
}
