package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const patience = 20 * time.Second

// eachEngine runs a test for both engines.
func eachEngine(t *testing.T, test func(t *testing.T, d *dir)) {
	for name, engine := range map[string]Engine{"direct": Direct, "tail": Tail} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDir(t, engine))
		})
	}
}

// dir is a directory with a log and its archives.
type dir struct {
	testing.TB
	path    string
	options Options
}

func newDir(t testing.TB, engine Engine) *dir {
	path := filepath.Join(t.TempDir(), "log")
	return &dir{TB: t, path: path, options: Options{
		Path:     path,
		Engine:   engine,
		Begin:    FromBeginning,
		Archives: func() ([]string, error) { return filepath.Glob(path + ".*") },
		Poll:     5 * time.Millisecond,
		Grace:    30 * time.Millisecond,
	}}
}

func (d *dir) check(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// to names a file in the directory: "" is the log, ".1" an archive.
func (d *dir) to(suffix string) string { return d.path + suffix }

func (d *dir) append(suffix, text string) {
	d.Helper()
	f, err := os.OpenFile(d.to(suffix), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	d.check(err)
	_, err = f.WriteString(text)
	d.check(errors.Join(err, f.Close()))
}

// replace truncates the file and writes it anew, keeping its inode.
func (d *dir) replace(suffix, text string) {
	d.Helper()
	d.check(os.WriteFile(d.to(suffix), []byte(text), 0o600))
}

func (d *dir) rename(from, to string) {
	d.Helper()
	d.check(os.Rename(d.to(from), d.to(to)))
}

func (d *dir) copy(from, to string) {
	d.Helper()
	text, err := os.ReadFile(d.to(from))
	d.check(err)
	d.check(os.WriteFile(d.to(to), text, 0o600))
}

func (d *dir) remove(suffix string) {
	d.Helper()
	d.check(os.Remove(d.to(suffix)))
}

// age sets a modification time so many seconds ago.
func (d *dir) age(suffix string, seconds int) {
	d.Helper()
	when := time.Now().Add(-time.Duration(seconds) * time.Second)
	d.check(os.Chtimes(d.to(suffix), when, when))
}

// reading is a follower at work, and all that it delivered.
type reading struct {
	d      *dir
	cancel context.CancelFunc
	done   chan struct{}
	err    error

	mu       sync.Mutex
	lines    []string
	late     []string // of these, in chunks that are Late
	ids      []string
	chunks   []size // with lines only
	notices  []Notice
	position Position
	endSeen  time.Time
}

type size struct{ lines, bytes int }

func (d *dir) follow(from *Position) *reading { return d.followWith(d.options, from) }

func (d *dir) followWith(o Options, from *Position) *reading {
	ctx, cancel := context.WithCancel(context.Background())
	r := &reading{d: d, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = New(o).Run(ctx, from, r.deliver)
	}()
	d.Cleanup(func() { cancel(); <-r.done })
	return r
}

func (r *reading) deliver(_ context.Context, c Chunk) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := size{lines: len(c.Lines)}
	for _, line := range c.Lines {
		total.bytes += len(line.Text)
		r.lines = append(r.lines, string(line.Text))
		if c.Late {
			r.late = append(r.late, string(line.Text))
		}
		r.ids = append(r.ids, fmt.Sprint(c.FileID, ":", line.Offset))
		clear(line.Text) // the memory is ours to spoil
	}
	if total.lines > 0 {
		r.chunks = append(r.chunks, total)
	}
	r.notices = append(r.notices, c.Notices...)
	r.position = c.Position
	if !c.EndSeen.IsZero() {
		r.endSeen = c.EndSeen
	}
	return nil
}

// until waits for a condition on what was delivered.
func (r *reading) until(what string, met func() bool) {
	r.d.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		r.mu.Lock()
		ok := met()
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-r.done:
			r.d.Fatalf("waiting for %s: follower ended: %v", what, r.err)
		case <-deadline:
			r.mu.Lock()
			defer r.mu.Unlock()
			r.d.Fatalf("waiting for %s: got lines %q, notices %v", what, last(r.lines, 20), r.notices)
		}
	}
}

func last(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }

// end waits until the follower has seen the end after this call.
func (r *reading) end() {
	r.d.Helper()
	now := time.Now()
	r.until("the end", func() bool { return r.endSeen.After(now) })
}

// want waits for the lines, and for the end behind them.
func (r *reading) want(lines ...string) {
	r.d.Helper()
	r.until(fmt.Sprintf("%q", lines), func() bool { return len(r.lines) >= len(lines) })
	r.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(lines, r.lines); diff != "" {
		r.d.Fatalf("lines (-want +got):\n%s", diff)
	}
}

// wantNotices compares the kinds of notice so far.
func (r *reading) wantNotices(kinds ...NoticeKind) {
	r.d.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := make([]NoticeKind, 0, len(kinds))
	for _, n := range r.notices {
		got = append(got, n.Kind)
	}
	if !slices.Equal(kinds, got) {
		r.d.Fatalf("notices: want kinds %v, got %v", kinds, r.notices)
	}
}

// stop ends the follower and returns the stored position, as JSON keeps it.
func (r *reading) stop() *Position {
	r.d.Helper()
	r.cancel()
	<-r.done
	r.d.check(r.err)
	return r.d.roundTrip(r.position)
}

func (d *dir) roundTrip(p Position) *Position {
	d.Helper()
	stored, err := json.Marshal(p)
	d.check(err)
	var loaded Position
	d.check(json.Unmarshal(stored, &loaded))
	return &loaded
}

// numbered returns the lines from..to-1.
func numbered(from, to int) []string {
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Sprintf("[17000%05d] SERVICE ALERT: srv%d;disk /;CRITICAL;HARD;3;line %d", i, i%7, i))
	}
	return lines
}

func text(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// failing is a consumer with no room.
type failing struct{ err error }

func (f failing) deliver(context.Context, Chunk) error { return f.err }

// one reads a single chunk of one line, and returns it and the position after it.
func (d *dir) one(from *Position) (string, Position) {
	d.Helper()
	enough := errors.New("enough")
	var line string
	var position Position
	err := New(d.options).Run(context.Background(), from, func(_ context.Context, c Chunk) error {
		if len(c.Lines) != 1 {
			return fmt.Errorf("got %d lines, want 1", len(c.Lines))
		}
		line, position = string(c.Lines[0].Text), c.Position
		return enough
	})
	if !errors.Is(err, enough) {
		d.Fatal(err)
	}
	return line, position
}
