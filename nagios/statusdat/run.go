package statusdat

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// run is what one Run of a Source knows.
type run struct {
	path    string
	log     *slog.Logger
	memory  *snapshot.Memory
	parser  *Parser
	out     snapshot.Batcher
	asks    func() []supervision.Entity // nil: nobody asks
	started string                      // the supervisor, as the file has it; empty before the first
	size    int64                       // of the file that was read last; -1 before the first
	seed    maphash.Seed                // of faults
	faults  map[uint64]struct{}         // of the file before

	now      func() time.Time
	done     version   // the file that needs no further look
	halfway  time.Time // since when there is a file that is being written; zero: there is none
	refused  time.Time // creation of a file that was older than the one before
	reported string    // what was logged last; empty: the file is read
}

// version distinguishes a file from the next one of the same name.
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

// look reads the file if it is a new one, and reports whether to look again at
// once. An error is one of emit.
func (r *run) look(ctx context.Context) (again bool, err error) {
	now := r.now()
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.absent()
		return false, r.nothing(ctx, now)
	case err != nil:
		r.trouble(err)
		return false, nil
	case !info.Mode().IsRegular():
		r.trouble(errNotRegular)
		return false, nil
	case versionOf(info) == r.done:
		return false, r.nothing(ctx, now)
	case !r.isSettled(info, now):
		return false, nil
	}
	file, err := regular.Open(r.path)
	if err != nil {
		r.trouble(err)
		return false, nil
	}
	defer file.Close()
	if err := r.read(ctx, file); err != nil {
		if err := r.out.Err(); err != nil {
			return false, err
		}
		if !r.isHalfway(err, now) {
			r.trouble(err)
		}
		return false, r.out.Flush(ctx)
	}
	r.halfway = time.Time{}
	r.recovered()
	return true, nil
}

// nothing reports that there was nothing to read at that moment.
func (r *run) nothing(ctx context.Context, at time.Time) error {
	r.out.Read = nil
	return r.out.Finish(ctx, nil, nil, at)
}

const (
	// settling is how long a file that is written in place must not have been written
	// to: one that ends behind a block may still lack the others.
	settling = 500 * time.Millisecond
	// halfwayPatience is how long a file may be half written before that is a trouble.
	halfwayPatience = 30 * time.Second
)

// isSettled reports whether a file can be whole. Another file than the one before was
// moved into its place, and is. One that is written in place, as Centreon Engine does,
// is when it has not been written to for a while.
func (r *run) isSettled(info fs.FileInfo, now time.Time) bool {
	this := versionOf(info)
	inPlace := r.done.device == this.device && r.done.inode == this.inode
	return !inPlace || now.Sub(info.ModTime()).Abs() >= settling
}

// isHalfway reports whether a file can't be read because it is being written.
func (r *run) isHalfway(err error, now time.Time) bool {
	if !errors.Is(err, errChanged) && !errors.Is(err, ErrTruncated) {
		r.halfway = time.Time{}
		return false
	}
	if r.halfway.IsZero() {
		r.halfway = now
	}
	return now.Sub(r.halfway) < halfwayPatience
}

var (
	errNotRegular = errors.New("it is no regular file")
	// errChanged: a file is being written in place, as by a copy.
	errChanged = errors.New("the file was written to while it was read")
)

// read reads an open file, which stays what it is when another one takes its
// name. After an error the file is looked at again, unless it will never be of
// use.
func (r *run) read(ctx context.Context, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	this, opened := versionOf(info), time.Now()
	if err := checkEnd(file, info.Size()); err != nil {
		return err
	}
	if r.asks != nil {
		for _, e := range r.asks() {
			r.memory.Forget(e)
		}
	}
	pass := pass{run: r, faults: make(map[uint64]struct{})}
	isAsOpened := func() bool {
		info, err := file.Stat()
		return err == nil && versionOf(info) == this
	}
	r.size = this.size
	r.out.Read = func() time.Time {
		if isAsOpened() {
			return opened
		}
		return time.Time{} // what is in the batch may have been written later
	}
	err = r.parser.Parse(file, func(b *Block) error { return pass.block(ctx, b) })
	r.faults = pass.faults
	if err == nil && pass.shown == nil {
		err = errNoHead
	}
	if errors.Is(err, errOlder) || errors.Is(err, errNoHead) {
		r.done = this
	}
	if err != nil {
		return err
	}
	if !isAsOpened() {
		return errChanged
	}
	if err := pass.finish(ctx); err != nil {
		return err
	}
	r.done = this
	return nil
}

// checkEnd returns an error unless the last block of a file is closed.
func checkEnd(file *os.File, size int64) error {
	tail := make([]byte, min(size, 256))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	text := bytes.TrimRight(tail, blanks+"\n")
	if !isEnd(text[bytes.LastIndexByte(text, '\n')+1:]) || tail[len(tail)-1] != '\n' {
		return ErrTruncated
	}
	return nil
}

// accept reports whether a file is newer than the one before. An older one may
// be a copy that somebody put there; a second one, newer than that, shows that
// the supervisor goes on from an earlier time.
func (r *run) accept(created time.Time) bool {
	before := r.memory.LastReading()
	switch {
	case !created.Before(before):
	case !r.refused.IsZero() && created.After(r.refused):
		r.log.Warn("the supervisor's clock was set back", "from", before, "to", created)
	default:
		r.refused = created
		return false
	}
	r.refused = time.Time{}
	return true
}

// absent logs once that there is no file.
func (r *run) absent() {
	const text = "there is no status file: the supervisor has stopped, or has not yet written it"
	if r.reported != text {
		r.log.Info(text)
	}
	r.reported = text
}

// trouble logs why the file isn't read, once, and again when the reason changes.
func (r *run) trouble(err error) {
	if r.reported != err.Error() {
		r.log.Warn("can't read the status file; looking again until it works", "err", err)
	}
	r.reported = err.Error()
}

// recovered logs that the file is read again.
func (r *run) recovered() {
	if r.reported != "" {
		r.log.Info("the status file is read")
	}
	r.reported = ""
}
