package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"golang.org/x/sync/semaphore"
)

// Options are the place of the journal and how much it may keep.
type Options struct {
	// Path of the database file. Its directory must exist. All files of the
	// journal have mode 0640, whatever the umask.
	Path string
	// MaxBytes bounds the database file. The write-ahead log (8 MB as a rule)
	// and the reserve come on top. 0 means 1 GiB.
	MaxBytes int64
	// Reserve is the number of bytes kept free for releasing events when the
	// disk is full. 0 means 8 MiB; less than 4 MiB may be too little.
	Reserve int64
	// MaxAge is how long superseded check results are kept. 0 means for ever.
	MaxAge time.Duration
	// Logger and Now may be nil: slog.Default() and time.Now.
	Logger *slog.Logger
	Now    func() time.Time
}

// ErrClosed is the error of every call on a closed journal, and of a commit that
// found no room before the journal was closed.
var ErrClosed = errors.New("the journal is closed")

// queueBytes bounds the commits that wait for their transaction, queueLength
// their number.
const (
	queueBytes  = 16 << 20
	queueLength = 1024
)

// Journal is an open journal. All methods may be called from several goroutines.
type Journal struct {
	opts Options
	log  *slog.Logger
	lock *os.File // replaced only by the writer

	queue    chan *Ticket
	room     *semaphore.Weighted // bytes in the queue
	releases chan *release
	tasks    chan *task
	closing  chan struct{}
	close    sync.Once
	finished chan struct{} // closed when the writer has ended
	closeErr error         // valid then

	recovered chan struct{}

	dbMu    sync.Mutex // guards store and its connection
	store   *store     // replaced only by the writer
	readSum *checksum

	mu      sync.Mutex // guards what follows
	stats   Stats
	lastID  int64
	newest  map[outbox.Route]int64 // id of the newest event of each route; never changed in place
	changed chan struct{}          // closed and replaced when one of the two grows
	cursors cursors
	scanned map[string]span // by target
	fresh   fresh
}

// Open opens the journal, or creates it.
//
// A journal of an older version is brought to this one. A file that can't be
// read as a journal (damaged or foreign) is set aside, and what is legible of it
// taken over into a new one; see Recovered. An error means that the path can't be
// used: no such directory, no permission, another process has it open, or a newer
// version has written it ([ErrNewer]).
func Open(ctx context.Context, opts Options) (*Journal, error) {
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 1 << 30
	}
	if opts.Reserve == 0 {
		opts.Reserve = 8 << 20
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	j, err := open(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("opening the journal %s as user %s: %w", opts.Path, whoami(), err)
	}
	return j, nil
}

func open(ctx context.Context, opts Options) (*Journal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := resolve(opts.Path)
	if err != nil {
		return nil, err
	}
	opts.Path = path
	// Before the lock, whose file would be written to.
	if err := refuseNewer(opts.Path); err != nil {
		return nil, err
	}
	lock, err := lockFile(opts.Path + ".lock")
	if err != nil {
		return nil, err
	}
	j := &Journal{
		opts:      opts,
		log:       opts.Logger,
		lock:      lock,
		queue:     make(chan *Ticket, queueLength),
		room:      semaphore.NewWeighted(queueBytes),
		releases:  make(chan *release, queueLength),
		tasks:     make(chan *task),
		closing:   make(chan struct{}),
		finished:  make(chan struct{}),
		recovered: make(chan struct{}, 1),
		readSum:   newChecksum(),
		changed:   make(chan struct{}),
		scanned:   map[string]span{},
	}
	if err := removeFiles(opts.Path + ".copy"); err != nil { // what a crash has left of one
		return nil, errors.Join(err, lock.Close())
	}
	mendModes(j.log, opts.Path)
	w, err := openAlone(ctx, j)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go w.run()
	return j, nil
}

// Recovered receives a value whenever something that the journal held has been
// lost: a damaged file, event, position or state. The caller should send the
// present state of everything then. After Open the value is already there.
func (j *Journal) Recovered() <-chan struct{} { return j.recovered }

// Close makes durable all that was appended and finds room, and closes the
// file. Commits that find none get ErrClosed: they are not stored.
func (j *Journal) Close() error {
	j.close.Do(func() { close(j.closing) })
	<-j.finished
	return j.closeErr
}

// Ticket stands for a commit on its way to the disk.
type Ticket struct {
	commit outbox.Commit
	size   int64 // estimated bytes in the file
	held   int64 // bytes taken from Journal.room
	done   chan struct{}
	err    error // valid when done is closed

	finished <-chan struct{} // of the journal
}

// Append hands over a commit, and blocks while too much is waiting to be
// written: because the disk is slow or full, or the journal is at MaxBytes. An
// error means that it was not taken. The commit's memory belongs to the journal.
func (j *Journal) Append(ctx context.Context, c outbox.Commit) (*Ticket, error) {
	for i := range c.Events {
		if c.Events[i].Route == "" {
			return nil, fmt.Errorf("an event of %s has no route", c.Events[i].Entity)
		}
	}
	t := &Ticket{commit: c, size: estimate(&c), done: make(chan struct{}), finished: j.finished}
	if t.size > j.opts.MaxBytes {
		return nil, fmt.Errorf("a commit of %d bytes can't go into a journal of %d", t.size, j.opts.MaxBytes)
	}
	t.held = min(max(t.size, 1), queueBytes)
	if err := j.room.Acquire(ctx, t.held); err != nil {
		return nil, err
	}
	select {
	case <-j.closing:
	default:
		select {
		case j.queue <- t:
			return t, nil
		case <-j.closing:
		case <-ctx.Done():
			j.room.Release(t.held)
			return nil, ctx.Err()
		}
	}
	j.room.Release(t.held)
	return nil, ErrClosed
}

// Wait returns nil as soon as the commit is durable. ErrClosed means that it
// was not stored. When ctx ends first, the commit is still on its way.
func (t *Ticket) Wait(ctx context.Context) error {
	select {
	case <-t.done:
		return t.err
	case <-ctx.Done():
		return ctx.Err()
	case <-t.finished:
	}
	select {
	case <-t.done:
		return t.err
	default: // it came too late for the writer's last look at the queue
		return ErrClosed
	}
}

// estimate returns the bytes that a commit's events take in the file. SQLite fits
// whole rows into pages of 4 KiB, and long ones into pages of their own, so
// part of each page stays empty.
func estimate(c *outbox.Commit) int64 {
	var n int
	for i := range c.Events {
		e := &c.Events[i]
		row := len(e.Entity) + len(e.RoutingKey) + len(e.MessageID) + len(e.Body) + 32
		n += row + min(row/4, 4096)
	}
	return int64(n)
}

// task is something that the writer does between two groups.
type task struct {
	do   func(*writer) error
	done chan error
}

// perform lets the writer run do.
func (j *Journal) perform(ctx context.Context, do func(*writer) error) error {
	if err := ctx.Err(); err != nil {
		return err // or the choice below would be a matter of chance
	}
	t := &task{do: do, done: make(chan error, 1)}
	select {
	case j.tasks <- t:
		return <-t.done
	case <-ctx.Done():
		return ctx.Err()
	case <-j.finished:
		return ErrClosed
	}
}
