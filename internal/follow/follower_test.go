package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
)

func TestAppend(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\nb\n")
		r := d.follow(nil)
		r.want("a", "b")
		d.append("", "c\n\nd\r\n\xff\x00\n")
		r.want("a", "b", "c", "", "d\r", "\xff\x00")
		r.wantNotices()
	})
}

func TestHalfLineWaitsForItsRest(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\nhal")
		r := d.follow(nil)
		r.want("a")
		d.append("", "f")
		r.want("a")
		d.append("", "\nb\n")
		r.want("a", "half", "b")
	})
}

func TestBeginAtTheEnd(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Begin = FromEnd
		d.append("", "old\nhal")
		r := d.follow(nil)
		r.end()
		d.append("", "f\nnew\n")
		r.want("half", "new")
	})
}

func TestBeginAtTheEndIsStoredAtOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Begin = FromEnd
		d.append("", "old\n")
		r := d.follow(nil)
		r.end()
		p := r.stop()
		d.append("", "while stopped\n")
		d.follow(p).want("while stopped")
	})
}

func TestFileAppearsLater(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Begin = FromEnd
		r := d.follow(nil)
		r.want()
		d.append("", "a\nb\n")
		r.want("a", "b")
		r.wantNotices()
	})
}

// TestDirectoryAppearsLater has nothing that inotify could watch.
func TestDirectoryAppearsLater(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.path = filepath.Join(filepath.Dir(d.path), "sub", "log")
		d.options.Path = d.path
		r := d.follow(nil)
		r.want()
		d.check(os.Mkdir(filepath.Dir(d.path), 0o700))
		d.append("", "a\n")
		r.want("a")
		d.append("", "b\n")
		r.want("a", "b")
	})
}

func TestFileAppearsWhileStopped(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Begin = FromEnd
		r := d.follow(nil)
		r.end()
		p := r.stop()
		d.append("", "a\n")
		r = d.follow(p)
		r.want("a")
		r.wantNotices()
	})
}

func TestOversizedLineIsSkipped(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.MaxLine = 100
		fits, long := strings.Repeat("x", 100), strings.Repeat("y", 101)
		huge := strings.Repeat("z", 300<<10)
		d.append("", "a\n"+fits+"\n"+long+"\nb\n"+huge+"\nc\n")
		r := d.follow(nil)
		r.want("a", fits, "b", "c")
		d.append("", huge) // while the end is followed, and in halves
		r.end()
		d.append("", huge+"\nd\n"+long+"\n")
		d.append("", "e\n")
		r.want("a", fits, "b", "c", "d", "e")
		r.stop()
		want := []Notice{
			{Kind: Oversized, File: d.path, Offset: 103, Length: 101},
			{Kind: Oversized, File: d.path, Offset: 207, Length: 300 << 10},
			{Kind: Oversized, File: d.path, Offset: 307410, Length: 600 << 10},
			{Kind: Oversized, File: d.path, Offset: 921813, Length: 101},
		}
		if diff := cmp.Diff(want, r.notices); diff != "" {
			t.Errorf("notices (-want +got):\n%s", diff)
		}
	})
}

func TestLinesOfTheGreatestLength(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		long := strings.Repeat("x", 1<<20)
		d.append("", long+"\na\n")
		r := d.follow(nil)
		r.want(long, "a")
		d.append("", long+"\n")
		r.want(long, "a", long)
		r.wantNotices()
	})
}

func TestChunksAreBounded(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.BatchLines, d.options.BatchBytes = 10, 5000
		lines := append(numbered(0, 100), strings.Repeat("x", 20_000))
		for range 100 {
			lines = append(lines, strings.Repeat("y", 1000))
		}
		d.append("", text(lines))
		r := d.follow(nil)
		r.want(lines...)
		r.stop()
		for i, chunk := range r.chunks {
			if chunk.lines > 10 || chunk.bytes > 5000 && chunk.lines > 1 {
				t.Errorf("chunk %d has %d lines, %d bytes", i, chunk.lines, chunk.bytes)
			}
		}
	})
}

// TestEndIsReportedThoughThereAreAlwaysNewLines has a deliver that takes longer than
// the next line takes to come.
func TestEndIsReportedThoughThereAreAlwaysNewLines(t *testing.T) {
	d := newDir(t, Direct)
	d.append("", "a\n")
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan struct{}, 1)
	done := make(chan error, 1)
	go func() {
		done <- New(d.options).Run(ctx, nil, func(_ context.Context, c Chunk) error {
			d.append("", "b\n")
			if !c.EndSeen.IsZero() && len(c.Lines) > 0 {
				select {
				case seen <- struct{}{}:
				default:
				}
			}
			return nil
		})
	}()
	select {
	case <-seen:
		cancel()
		d.check(<-done)
	case <-time.After(patience):
		cancel()
		t.Fatal("the end was never reported with lines: ", <-done)
	}
}

// TestSteadyLinesAreTakenTogether has a line every millisecond.
func TestSteadyLinesAreTakenTogether(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.Poll = time.Second
		d.append("", "")
		r := d.follow(nil)
		r.end()
		lines := numbered(0, 300)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		began := time.Now()
		for _, line := range lines {
			<-tick.C
			d.append("", line+"\n")
		}
		r.want(lines...)
		elapsed := time.Since(began)
		r.stop()
		// Each look reads as well, so there may be a chunk more for each.
		if most := int(elapsed/bell.Company) + int(elapsed/d.options.Poll) + 2; len(r.chunks) > most {
			t.Errorf("%d chunks in %s, want at most %d", len(r.chunks), elapsed, most)
		}
	})
}

func TestChunkReportsHowFarItIs(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\nbc\nhalf")
		enough := errors.New("enough")
		err := New(d.options).Run(t.Context(), nil, func(_ context.Context, c Chunk) error {
			if c.File != d.path || c.Offset != 5 || c.Size != 9 {
				t.Errorf("%s: read up to byte %d of %d", c.File, c.Offset, c.Size)
			}
			return enough
		})
		if !errors.Is(err, enough) {
			t.Error(err)
		}
	})
}

// TestForeignPositions are not ours, or damaged: they must do no harm.
func TestForeignPositions(t *testing.T) {
	for _, p := range []Position{
		{Mark: Mark{Offset: -5, HeadLen: 10}},
		{Mark: Mark{Offset: 1 << 60, HeadLen: 1}},
		{Mark: Mark{Offset: 3, HeadLen: 1 << 60}},
		{Mark: Mark{Offset: 3, HeadLen: -1}},
		{Mark: Mark{Offset: 2}, Finished: []Mark{{}, {Offset: -1}}},
	} {
		d := newDir(t, Direct)
		d.append("", "a\nb\n")
		d.follow(&p).want("a", "b")
	}
}

func TestSymlinkIsFollowedAndItsChangeIsARotation(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		elsewhere := t.TempDir()
		one, two := filepath.Join(elsewhere, "one"), filepath.Join(elsewhere, "two")
		d.check(os.WriteFile(one, []byte("a\n"), 0o600))
		d.check(os.Symlink(one, d.path))
		r := d.follow(nil)
		r.want("a")
		d.append("", "b\n")
		r.want("a", "b")
		d.check(os.WriteFile(two, []byte("c\n"), 0o600))
		d.remove("")
		d.check(os.Symlink(two, d.path))
		r.want("a", "b", "c")
	})
}

func TestOnlyRegularFiles(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.check(syscall.Mkfifo(d.path, 0o600))
		r := d.follow(nil)
		<-r.done
		if !errors.Is(r.err, errNotRegular) || !strings.Contains(r.err.Error(), d.path) ||
			!strings.Contains(r.err.Error(), "FIFO") {
			t.Errorf("error %v does not name what is wrong with %s", r.err, d.path)
		}
	})
}

func TestUnreadablePathIsAnError(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		d.options.Path = d.path + "/log" // works as root, too: ENOTDIR
		r := d.follow(nil)
		<-r.done
		if !errors.Is(r.err, syscall.ENOTDIR) || !strings.Contains(r.err.Error(), d.options.Path) ||
			!strings.Contains(r.err.Error(), whoami()) {
			t.Errorf("error %v does not name path and user", r.err)
		}
	})
}

func TestDeliverErrorEndsRun(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", "a\n")
		full := errors.New("no room")
		err := New(d.options).Run(t.Context(), nil, failing{full}.deliver)
		if !errors.Is(err, full) {
			t.Errorf("got %v, want %v", err, full)
		}
	})
}

// TestEveryPositionResumes stops after each line, and goes on from there.
func TestEveryPositionResumes(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.options.BatchLines = 1
		lines := append(numbered(0, 12), strings.Repeat("x", 2000))
		lines = append(lines, numbered(13, 20)...)
		d.append("", text(lines)+"half")
		var from *Position
		for _, want := range lines {
			got, position := d.one(from)
			if got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			from = d.roundTrip(position)
		}
		r := d.follow(from)
		r.want()
		d.append("", "\n")
		r.want("half")
	})
}

func TestLineNamesAreUniqueAndStable(t *testing.T) {
	eachEngine(t, func(t *testing.T, d *dir) {
		d.append("", text(numbered(0, 3)))
		r := d.follow(nil)
		r.want(numbered(0, 3)...)
		d.rename("", ".1")
		d.append("", text(numbered(3, 6)))
		r.want(numbered(0, 6)...)
		first := r.ids
		r.stop()

		d.rename("", ".x") // read again under another name
		again := d.options
		again.Path = d.to(".x")
		r = d.followWith(again, nil)
		r.want(numbered(3, 6)...)
		if diff := cmp.Diff(first[3:], r.ids); diff != "" {
			t.Errorf("names of the same lines differ:\n%s", diff)
		}
		seen := map[string]bool{}
		for _, id := range first {
			if seen[id] {
				t.Errorf("%s names two lines", id)
			}
			seen[id] = true
		}
	})
}
