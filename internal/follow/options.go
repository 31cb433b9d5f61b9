package follow

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Begin is where to begin when there is no stored position.
type Begin uint8

// The places to begin. A file that appears only later is read from its first
// byte in both cases; archives are not read on a first start.
const (
	FromEnd       Begin = iota // what is appended from now on, and the rest of a line that is half-written now
	FromBeginning              // the whole of the file that is there
)

// Engine chooses who reads the lines at the end of the live file. Either is
// woken by inotify, or every Options.Poll where that does not work. A backlog is
// always read in large blocks.
type Engine uint8

// The engines.
const (
	Direct Engine = iota // our own code
	Tail                 // github.com/nxadm/tail
)

// Options describe what to follow. Zero values mean the defaults.
type Options struct {
	// Path is the file to follow; it may be a symbolic link, and need not exist.
	Path string
	// Archives lists the paths to which the file may have been rotated, in any
	// order; other files among them do no harm unless they are newer than the
	// position. Nil means that there are none.
	Archives func() ([]string, error)
	// Stamp returns the time of a line, if it has one. With it the order of
	// archives is that of their lines, and else that of their modification times.
	Stamp  func(line []byte) (time.Time, bool)
	Begin  Begin
	Engine Engine
	// Poll is the time between two looks for rotation, truncation and, where
	// nothing wakes the reader, new lines. Default 250 ms.
	Poll time.Duration
	// Company is how long lines that come steadily are collected. Default
	// bell.Company.
	Company time.Duration
	// Grace is how long a rotated file must be quiet before it is given up for
	// a newer one. Default 2 s.
	Grace time.Duration
	// LetGo is how long a file that was deleted, and has no successor, is kept open
	// after it was last written to. 0: until it has one.
	LetGo time.Duration
	// MaxLine is the length in bytes of the longest line delivered; a longer
	// one is skipped and reported. Default supervision.LongestLine.
	MaxLine int
	// BatchLines and BatchBytes bound a chunk; it may exceed BatchBytes by one
	// line. Defaults supervision.BatchLines and supervision.BatchBytes.
	BatchLines int
	BatchBytes int
	// Logger gets one line per rotation, truncation or gap. Default: silence.
	Logger *slog.Logger
}

const (
	defaultPoll  = 250 * time.Millisecond
	defaultGrace = 2 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Archives == nil {
		o.Archives = func() ([]string, error) { return nil, nil }
	}
	if o.Company <= 0 {
		o.Company = bell.Company
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	if o.MaxLine <= 0 {
		o.MaxLine = supervision.LongestLine
	}
	if o.BatchLines <= 0 {
		o.BatchLines = supervision.BatchLines
	}
	if o.BatchBytes <= 0 {
		o.BatchBytes = supervision.BatchBytes
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Line is one whole line.
type Line struct {
	Text   []byte // raw, without the newline; a carriage return is kept
	Offset int64  // where the line starts in its file, in bytes
}

// Chunk is what is delivered in one step: lines of one file, and the position
// from which to go on once they are durable.
type Chunk struct {
	// File is the path under which the lines' file was opened.
	File string
	// FileID is the same whenever lines of the same file are delivered, under
	// whatever name, in whatever run, and differs between files whose first
	// lines differ. FileID and Line.Offset name a line.
	FileID   string
	Lines    []Line
	Notices  []Notice
	Position Position
	// Late: File is an archive that could not be read in its turn. What follows it
	// was delivered before.
	Late bool
	// Offset is how far File has been read, Size how long it was when it was
	// last looked at, both in bytes.
	Offset, Size int64
	// EndSeen is a moment from before which there is nothing more to read behind
	// this chunk, in this or any other file; zero when there may be.
	EndSeen time.Time
}

// Notice is something that an administrator should know about the stream.
type Notice struct {
	Kind   NoticeKind
	File   string
	Offset int64  // where it happened, in bytes
	Length int64  // of Oversized and Unfinished, in bytes, without the newline
	Text   []byte // of Unfinished, at most Options.MaxLine bytes
	Detail string // of Skipped and Gap: the reason
}

// NoticeKind is what a Notice is about.
type NoticeKind uint8

// The kinds of notice.
const (
	Oversized  NoticeKind = iota + 1 // a line longer than Options.MaxLine was skipped
	Unfinished                       // a file was given up whose last line has no newline
	Truncated                        // the file was cut or rewritten in place
	Skipped                          // an archive can't be read
	Gap                              // the stored position was not found; lines may be missing
)

// String names the kind.
func (k NoticeKind) String() string {
	switch k {
	case Oversized:
		return "line too long"
	case Unfinished:
		return "last line has no newline"
	case Truncated:
		return "file truncated"
	case Skipped:
		return "archive skipped"
	case Gap:
		return "position not found"
	}
	return "unknown notice"
}

// String is a sentence for a log or a quarantine entry.
func (n Notice) String() string {
	s := fmt.Sprintf("%s: %s at byte %d", n.File, n.Kind, n.Offset)
	if n.Length > 0 {
		s += fmt.Sprintf(", %d bytes", n.Length)
	}
	if n.Detail != "" {
		s += ": " + n.Detail
	}
	return s
}
