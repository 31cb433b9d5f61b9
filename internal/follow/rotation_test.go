package follow

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

func TestRotation(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.append("", "b\n") // not yet read when it is renamed
		d.rename("", ".1")
		d.append(".1", "c\n") // the writer still has the old file
		d.append("", "d\n")
		r.want("a", "b", "c", "d")
		r.wantNotices()
	})
}

func TestWriterGoesOnInTheRenamedFile(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.rename("", ".1")
		d.append("", "") // logrotate's create: empty until the reload
		r.want("a")
		d.append(".1", "b\n")
		r.want("a", "b")
		d.append(".1", "c\n")
		d.append("", "d\n")
		r.want("a", "b", "c", "d")
	})
}

func TestHalfLineAtTheEndOfTheOldFile(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\nhal")
		r := d.follow(nil)
		r.want("a")
		d.rename("", ".1")
		d.append("", "b\n")
		d.append(".1", "f\nlost")
		r.want("a", "half", "b")
		r.wantNotices(Unfinished)
		r.stop()
		if n := r.notices[0]; string(n.Text) != "lost" || n.Offset != 7 || n.Length != 4 {
			t.Errorf("notice %+v does not have the half line", n)
		}
	})
}

func TestSeveralRotationsBetweenTwoLooks(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		d.age("", 3600)
		r := d.follow(nil)
		r.want("a")
		r.mu.Lock() // a consumer that blocks
		for i, line := range []string{"b\n", "c\n", "d\n"} {
			d.rename("", []string{".z", ".m", ".a"}[i])
			d.age([]string{".z", ".m", ".a"}[i], 9-i)
			d.append("", line)
		}
		r.mu.Unlock()
		r.want("a", "b", "c", "d")
		r.wantNotices()
	})
}

// TestOldFileIsWrittenForEver must not keep the new file waiting for ever.
func TestOldFileIsWrittenForEver(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Grace = 4 * time.Millisecond
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.rename("", ".1")
		d.append("", "new\n")
		r.until("the new file", func() bool {
			d.append(".1", "old\n")
			return r.lines[len(r.lines)-1] == "new"
		})
	})
}

// TestNewFileCantBeOpened reads the old one to its end before it gives up.
func TestNewFileCantBeOpened(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.rename("", ".1")
		d.check(os.Mkdir(d.path, 0o700))
		d.append(".1", "b\n")
		<-r.done
		if !errors.Is(r.err, errNotRegular) || !slices.Equal(r.lines, []string{"a", "b"}) {
			t.Errorf("error %v after lines %q", r.err, r.lines)
		}
	})
}

func TestRenamedAndNotReplaced(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.rename("", ".1")
		d.append(".1", "b\n")
		r.want("a", "b")
		p := r.stop()
		d.append(".1", "c\n")
		r = d.follow(p)
		r.want("c")
		d.append("", "d\n")
		r.want("c", "d")
		r.wantNotices()
	})
}

func TestDeletedAndCreated(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		r := d.follow(nil)
		r.want("a")
		d.append("", "b\n")
		d.remove("")
		r.want("a", "b")
		d.append("", "c\n")
		r.want("a", "b", "c")
		r.wantNotices()
	})
}

func TestCopyTruncate(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 5)))
		r := d.follow(nil)
		r.want(numbered(0, 5)...)
		d.copy("", ".1")
		d.replace("", text(numbered(5, 7)))
		r.want(numbered(0, 7)...)
		r.wantNotices(Truncated)
	})
}

// TestCopyTruncateUnseen has lines in the copy that were not read when the file
// was truncated, and a file that has grown past the old offset.
func TestCopyTruncateUnseen(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 5)))
		r := d.follow(nil)
		r.want(numbered(0, 5)...)
		p := r.stop()
		d.append("", text(numbered(5, 8)))
		d.copy("", ".1")
		d.replace("", text(numbered(8, 30)))
		r = d.follow(p)
		r.want(numbered(5, 30)...)
		r.wantNotices()
	})
}

func TestTruncatedAndGrownPastTheOffset(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 5)))
		r := d.follow(nil)
		r.want(numbered(0, 5)...)
		d.replace("", text(numbered(5, 30)))
		r.want(numbered(0, 30)...)
		r.wantNotices(Truncated)
	})
}

func TestRewrittenToTheSameSize(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 5)))
		r := d.follow(nil)
		r.want(numbered(0, 5)...)
		d.replace("", text(numbered(5, 10)))
		r.want(numbered(0, 10)...)
		r.wantNotices(Truncated)
	})
}

func TestRewrittenWithTheSamePrefix(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		prefix := numbered(0, 40)
		d.append("", text(prefix)+text(numbered(40, 44)))
		r := d.follow(nil)
		r.want(numbered(0, 44)...)
		d.replace("", text(prefix)+text(numbered(60, 70)))
		r.want(slices.Concat(numbered(0, 44), prefix, numbered(60, 70))...)
		r.wantNotices(Truncated)
	})
}

func TestRotatedWhileStopped(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		for rotations := 1; rotations <= 3; rotations++ {
			d := newDir(t, d.options.Engine)
			d.append("", text(numbered(0, 4)))
			d.age("", 3600)
			r := d.follow(nil)
			r.want(numbered(0, 4)...)
			p := r.stop()
			d.append("", text(numbered(4, 6)))
			next := 6
			for i := range rotations {
				// The names go against the order.
				d.rename("", []string{".b", ".a", ".c"}[i])
				d.age([]string{".b", ".a", ".c"}[i], 100-i)
				d.append("", text(numbered(next, next+2)))
				next += 2
			}
			r = d.follow(p)
			r.want(numbered(4, next)...)
			r.wantNotices()
		}
	})
}

func TestArchivesCopiedElsewhere(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 4)))
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.append("", text(numbered(4, 6)))
		d.rename("", ".1")
		d.copy(".1", ".moved")
		d.copy(".1", ".twice")
		d.remove(".1")
		d.append("", text(numbered(6, 8)))
		d.rename("", ".2")
		d.copy(".2", ".again")
		d.append("", text(numbered(8, 10)))
		r = d.follow(p)
		r.want(numbered(4, 10)...)
		r.wantNotices()
		p = r.stop()
		r = d.follow(p)
		r.want()
		r.wantNotices()
	})
}

func TestStoppedInAnArchiveWithANewEmptyFile(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 4)))
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.append("", text(numbered(4, 6)))
		d.rename("", ".1")
		d.append("", "")
		r = d.follow(p)
		r.want(numbered(4, 6)...)
		p = r.stop()
		d.append("", text(numbered(6, 8)))
		r = d.follow(p)
		r.want(numbered(6, 8)...)
		r.wantNotices()
	})
}

func TestStoppedInAnEmptyFile(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 2)))
		r := d.follow(nil)
		r.want(numbered(0, 2)...)
		d.rename("", ".1")
		d.append("", "half")
		r.until("the new file", func() bool { return r.position.Offset == 0 && r.position.HeadLen > 0 })
		p := r.stop()
		d.append("", " a line\n")
		d.rename("", ".2")
		d.append("", "next\n")
		r = d.follow(p)
		r.want("half a line", "next")
		r.wantNotices()
	})
}

func TestEmptyArchivesAndTinyEqualPrefixes(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "# log\n")
		r := d.follow(nil)
		r.want("# log")
		p := r.stop()
		d.append("", "a\n")
		d.rename("", ".1")
		d.append(".empty", "")
		d.append("", "# log\nb\n")
		d.rename("", ".2")
		d.append("", "# log\n")
		r = d.follow(p)
		r.want("a", "# log", "b", "# log")
		r.wantNotices()
	})
}

func TestPositionNotFound(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append(".old", text(numbered(90, 95)))
		d.age(".old", 3600)
		d.append("", text(numbered(0, 4)))
		d.age("", 60)
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.remove("")
		d.append("", text(numbered(10, 12)))
		d.rename("", ".2")
		d.append("", text(numbered(12, 14)))
		r = d.follow(p)
		r.want(numbered(10, 14)...)
		r.wantNotices(Gap)
	})
}

func TestAnArchiveOfAnotherPackerIsTold(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 4)))
		d.age("", 60)
		r := d.follow(nil)
		r.want(numbered(0, 4)...)
		p := r.stop()
		d.rename("", ".1")
		d.append(".2.xz", "\xfd7zXZ and so on")
		d.append("", text(numbered(6, 8)))
		r = d.follow(p)
		r.want(numbered(6, 8)...)
		r.wantNotices(Skipped)
	})
}

// TestFinishedFilesAreNotReadAgain sets a new modification time of old archives.
func TestFinishedFilesAreNotReadAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 2)))
		r := d.follow(nil)
		r.want(numbered(0, 2)...)
		for i := 1; i <= 3; i++ {
			d.rename("", []string{"", ".1", ".2", ".3"}[i])
			d.append("", text(numbered(2*i, 2*i+2)))
			r.want(numbered(0, 2*i+2)...)
		}
		p := r.stop()
		for _, archive := range []string{".1", ".2", ".3"} {
			d.age(archive, 0)
		}
		d.copy(".2", ".restored")
		d.append("", text(numbered(8, 9)))
		r = d.follow(p)
		r.want(numbered(8, 9)...)
		d.rename("", ".4")
		d.append("", text(numbered(9, 10)))
		r.want(numbered(8, 10)...)
		r.wantNotices()
	})
}

// TestMoreArchivesThanAreHeldOpen comes back after a long stop.
func TestMoreArchivesThanAreHeldOpen(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 1)))
		d.age("", 3600)
		r := d.follow(nil)
		r.want(numbered(0, 1)...)
		p := r.stop()
		const rotations = 3*openAhead + 1
		for i := range rotations {
			name := fmt.Sprint(".", i)
			d.rename("", name)
			d.age(name, 2000-i)
			d.append("", text(numbered(i+1, i+2)))
		}
		r = d.follow(p)
		r.want(numbered(1, rotations+1)...)
		r.wantNotices()
	})
}
