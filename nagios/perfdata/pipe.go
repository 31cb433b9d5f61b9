package perfdata

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// PipeOptions describe the named pipe of perfdata mode "p".
type PipeOptions struct {
	// Name is the key of the source, such as "perfdata-service".
	Name string
	// Path is the FIFO; it has to exist, and we need to read and write it.
	Path string
	// Formats are those that may come through the pipe.
	Formats []*Format
	// Poll is the time between two reports of an idle pipe. Default 250 ms.
	Poll time.Duration
	// Logger gets a line when the pipe is opened. Default: silence.
	Logger *slog.Logger
}

const (
	defaultPoll = 250 * time.Millisecond
	// pipeSize is what we ask the kernel to hold for us, the most that it
	// grants everybody (/proc/sys/fs/pipe-max-size). Its default is 64 KiB.
	pipeSize = 1 << 20
)

// PipeSource reads a FIFO. It has no position: what was read and is not durable
// when the process is killed is lost, and so is what Nagios writes while the
// pipe is full.
type PipeSource struct {
	supervision.Meter
	options PipeOptions
}

// NewPipe makes a source of a FIFO. It opens nothing. The error is an
// *option.Fault.
func NewPipe(options PipeOptions) (*PipeSource, error) {
	if err := checkFormats(options.Name, options.Formats); err != nil {
		return nil, err
	}
	if options.Poll <= 0 {
		options.Poll = defaultPoll
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &PipeSource{options: options}, nil
}

// Name is the key of the source.
func (s *PipeSource) Name() string { return s.options.Name }

// Run reads until the context ends. It fails when the FIFO is missing, is
// something else, or is replaced by another one.
func (s *PipeSource) Run(ctx context.Context, _ []byte, emit supervision.Emit) error {
	fifo, err := openFIFO(s.options.Path)
	if err != nil {
		return fmt.Errorf("perfdata pipe: %w", err)
	}
	defer fifo.Close()
	s.options.Logger.Info("reading perfdata pipe", "path", s.options.Path)
	if err := s.read(ctx, fifo, emit); err != nil && ctx.Err() == nil {
		return fmt.Errorf("perfdata pipe %s: %w", s.options.Path, err)
	}
	return nil
}

// openFIFO opens for reading and writing, as Nagios does: neither side ever
// waits for the other, and a restart of Nagios does not end the file.
func openFIFO(path string) (*os.File, error) {
	fifo, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := fifo.Stat()
	if err == nil && info.Mode().Type() != fs.ModeNamedPipe {
		err = fmt.Errorf("%s is no named pipe: set the perfdata file mode to what it is", path)
	}
	if err != nil {
		fifo.Close()
		return nil, err
	}
	return fifo, nil
}

var errReplaced = errors.New("was replaced by another file")

func (s *PipeSource) read(ctx context.Context, fifo *os.File, emit supervision.Emit) error {
	raw, err := fifo.SyscallConn()
	if err != nil {
		return err
	}
	// A larger pipe loses less while emit is held up; it works without. Only then
	// may what was written wait for more.
	large := false
	_ = raw.Control(func(fd uintptr) {
		size, err := unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize)
		large = err == nil && size >= pipeSize
	})

	lines := newCollector(s.options.Name, s.options.Formats)
	// Bytes of a pipe are never read again, so a run's start makes refs unique.
	from := place{ref: strconv.FormatInt(time.Now().UnixNano(), 36), file: s.options.Path}
	var buffer lineBuffer
	var pace bell.Pace
	checked, came := time.Now(), time.Now()
	for ctx.Err() == nil {
		looked := time.Now()
		n, err := buffer.fill(func(b []byte) (int, error) { return readNow(raw, b) })
		if err != nil {
			return err
		}
		buffer.cut(func(line []byte, offset int64) {
			lines.add(line, from, offset)
		}, func(line []byte, offset int64) {
			lines.reject(line, from, offset, reasonTooLong)
		})
		empty := n < readSize
		if n > 0 {
			came = looked
		}
		if empty && (!lines.mayGoOn() || looked.Sub(came) >= settleTime) {
			lines.settle()
			lines.batch.EndSeen = looked
		}
		if err := emit(ctx, lines.batch); err != nil {
			return err
		}
		s.Handed(lines.batch, s.options.Path, -1, -1)
		lines.reset()
		if !empty {
			continue
		}
		if looked.Sub(checked) >= s.options.Poll {
			if replaced(fifo, s.options.Path) {
				return errReplaced // whatever its last record lacks will never come
			}
			checked = looked
		}
		if err := s.wait(fifo, raw); err != nil {
			return err
		}
		if large {
			pace.Wait(ctx)
		}
	}
	return nil
}

// readNow reads what is there, nothing if the pipe is empty.
func readNow(raw syscall.RawConn, b []byte) (n int, err error) {
	outer := raw.Read(func(fd uintptr) bool {
		n, err = ignoringEINTR(func() (int, error) { return unix.Read(int(fd), b) })
		return true
	})
	if errors.Is(err, unix.EAGAIN) {
		n, err = 0, nil
	}
	return max(n, 0), errors.Join(outer, err)
}

// wait returns when there is something to read, at the latest after
// Options.Poll.
func (s *PipeSource) wait(fifo *os.File, raw syscall.RawConn) error {
	if err := fifo.SetReadDeadline(time.Now().Add(s.options.Poll)); err != nil {
		return err
	}
	defer fifo.SetReadDeadline(time.Time{})
	err := raw.Read(func(fd uintptr) bool {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := ignoringEINTR(func() (int, error) { return unix.Poll(ready, 0) })
		return n > 0 || err != nil
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// replaced reports whether another file took the pipe's name. While there is no
// such name, the old pipe is kept.
func replaced(fifo *os.File, path string) bool {
	now, err := os.Stat(path)
	if err != nil {
		return false
	}
	mine, err := fifo.Stat()
	return err == nil && !os.SameFile(mine, now)
}
