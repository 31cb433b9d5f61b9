package statusdat

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	sourceName  = "status"
	defaultPoll = time.Second
)

// Options are the settings of a Source.
type Options struct {
	// Path of the status file, as status_file in nagios.cfg.
	Path string
	// Poll is the time between two looks at the file; zero means a second.
	// Where the kernel tells of changes, a new file is read at once.
	Poll   time.Duration
	Logger *slog.Logger
}

// Source reads a status file, and each one that replaces it.
type Source struct {
	path string
	poll time.Duration
	log  *slog.Logger
}

var _ supervision.Source = (*Source)(nil)

// New makes a source; it does nothing before Run.
func New(o Options) *Source {
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	return &Source{path: o.Path, poll: o.Poll, log: o.Logger.With("file", o.Path)}
}

// Name is the key of the source's position.
func (s *Source) Name() string { return sourceName }

// Run reads the file, and then each new one, until ctx ends.
func (s *Source) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	changes := s.watch()
	defer changes.close()
	ticker := time.NewTicker(s.poll)
	defer ticker.Stop()
	r := s.newReader(from, emit)
	for {
		again, err := r.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case again:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes.seen:
		case <-ticker.C:
		}
	}
}

// reader is what one Run knows.
type reader struct {
	path   string
	log    *slog.Logger
	memory *memory
	parser *Parser
	out    outbox
	faults map[uint64]struct{} // of the file before

	done    version   // the file that needs no further look
	refused time.Time // created of a file that was older than the one before
	started bool      // a file has been read whole
	said    string    // what was logged last; empty: all is well
}

// version tells one file from the next one of the same name.
type version struct {
	device, inode uint64
	size          int64
	modified      int64 // nanoseconds since 1970
}

func versionOf(info fs.FileInfo) version {
	v := version{size: info.Size(), modified: info.ModTime().UnixNano()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		v.device, v.inode = uint64(stat.Dev), stat.Ino
	}
	return v
}

func (s *Source) newReader(from []byte, emit supervision.Emit) *reader {
	memory, err := restore(from)
	if err != nil {
		s.log.Error("the stored position is of no use; all acknowledgements, comments and downtimes are sent again", "error", err)
		memory = newMemory()
	}
	return &reader{path: s.path, log: s.log, memory: memory, parser: NewParser(), out: outbox{emit: emit}}
}

// look reads the file if it is a new one, and says whether to look again at
// once. An error is one of emit.
func (r *reader) look(ctx context.Context) (again bool, err error) {
	now := time.Now()
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.absent()
		return false, r.out.nothing(ctx, now)
	case err != nil:
		r.trouble(err)
		return false, nil
	case !info.Mode().IsRegular():
		r.trouble(errNotRegular)
		return false, nil
	case versionOf(info) == r.done:
		return false, r.out.nothing(ctx, now)
	}
	file, err := os.Open(r.path)
	if err != nil {
		r.trouble(err)
		return false, nil
	}
	defer file.Close()
	if err := r.read(ctx, file); err != nil {
		if r.out.err != nil {
			return false, r.out.err
		}
		r.trouble(err)
		return false, r.out.flush(ctx, nil)
	}
	r.well()
	return true, nil
}

var (
	errNotRegular = errors.New("it is no regular file")
	// errChanged says that a file is being written in place, as by a copy.
	errChanged = errors.New("the file was written to while it was read")
)

// read reads an open file, which stays what it is when another one takes its
// name. After an error the file is looked at again, unless it is no good for
// ever.
func (r *reader) read(ctx context.Context, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	this := versionOf(info)
	if err := checkEnd(file, info.Size()); err != nil {
		return err
	}
	r.memory.round++
	reading := reading{memory: r.memory, out: &r.out, path: r.path, first: !r.started, accept: r.accept,
		known: r.faults, faults: make(map[uint64]struct{})}
	r.out.rejected = 0
	err = r.parser.Parse(file, func(b *Block) error { return reading.block(ctx, b) })
	r.faults = reading.faults
	if err == nil && reading.created.IsZero() {
		err = errNoHead
	}
	if errors.Is(err, errOlder) || errors.Is(err, errNoHead) {
		r.done = this
	}
	if err != nil {
		return err
	}
	if info, err := file.Stat(); err != nil || versionOf(info) != this {
		return errors.Join(errChanged, err)
	}
	if err := reading.finish(ctx); err != nil {
		return err
	}
	r.done, r.started = this, true
	return nil
}

// checkEnd says whether the last block of a file is closed.
func checkEnd(file *os.File, size int64) error {
	tail := make([]byte, min(size, 16))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	if !bytes.HasSuffix(bytes.TrimRight(tail, "\n"), blockEnd[:len(blockEnd)-1]) || tail[len(tail)-1] != '\n' {
		return ErrTruncated
	}
	return nil
}

// accept says whether a file is newer than the one before. An older one may be
// a copy that somebody put there; a second one, newer than that, shows that the
// supervisor goes on from an earlier time.
func (r *reader) accept(created time.Time) bool {
	switch {
	case !created.Before(r.memory.created):
	case !r.refused.IsZero() && created.After(r.refused):
		r.log.Warn("the supervisor's clock was set back", "from", r.memory.created, "to", created)
	default:
		r.refused = created
		return false
	}
	r.refused = time.Time{}
	return true
}

// absent says once that there is no file.
func (r *reader) absent() {
	const text = "there is no status file: the supervisor has stopped, or has not yet written it"
	if r.said != text {
		r.log.Info(text)
	}
	r.said = text
}

// trouble says once, and when it becomes another one, why the file isn't read.
func (r *reader) trouble(err error) {
	if r.said != err.Error() {
		r.log.Warn("can't read the status file; looking again until it works", "error", err)
	}
	r.said = err.Error()
}

// well says that the file is read again.
func (r *reader) well() {
	if r.said != "" {
		r.log.Info("the status file is read")
	}
	r.said = ""
}
