package logfile

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Options describe the log.
type Options struct {
	// Path is the log: log_file of nagios.cfg.
	Path string
	// ArchiveDir is where rotated logs go: log_archive_path. Empty: there are
	// only the ones beside the log.
	ArchiveDir string
	// Begin is where to begin on the first start.
	Begin follow.Begin
	// Poll is the time between two looks for rotation. Default 250 ms.
	Poll time.Duration
	// Program is what the supervisor calls itself, such as "Nagios 4.4.6" (in any
	// case), if that is known from elsewhere (version in the status file's info
	// section). It decides how passive results are read until the log names it.
	Program string
	// LongOutput: the log is Icinga 1's, with log_long_plugin_output=1.
	LongOutput bool
	// Logger gets what an administrator should know of rotations and gaps.
	// Default: silence.
	Logger *slog.Logger
}

// Source reads a supervisor's log.
type Source struct {
	supervision.Meter
	options  Options
	follower *follow.Follower
}

var _ supervision.Source = (*Source)(nil)

// New prepares a source; it opens nothing.
func New(o Options) *Source {
	return &Source{options: o, follower: follow.New(follow.Options{
		Path:     o.Path,
		Archives: func() ([]string, error) { return archives(o.Path, o.ArchiveDir) },
		Stamp:    stamp,
		Begin:    o.Begin,
		Engine:   follow.Tail,
		Poll:     o.Poll,
		Company:  company,
		Grace:    rotatedGrace,
		Logger:   o.Logger,
	})}
}

// stamp returns the time of a line of the log.
func stamp(line []byte) (time.Time, bool) {
	m, ok, err := splitLine(bytes.TrimSuffix(line, []byte("\n")))
	return m.time, ok && err == nil
}

// Look makes the source look at the log now: a reader that lacks what the log
// shows waits for that.
func (s *Source) Look() { s.follower.Look() }

// company is how long lines that come steadily are collected. A log that has
// many is that of a storm, or of passive results: then fewer commits matter more
// than a few milliseconds.
const company = 44 * time.Millisecond

// rotatedGrace is how long a rotated log has to be quiet before the new one is
// read. One process writes both, and has begun the new one by then. Only a line
// that another thread of Icinga or Shinken was writing may come late. Readers that
// wait for the log wait as long.
const rotatedGrace = 500 * time.Millisecond

// Name is "log".
func (s *Source) Name() string { return sourceName }

// settleTime is how long the log must be quiet before a passive result is taken
// to have caused no ALERT, and an order to be carried out. Nagios writes the lines
// microseconds apart.
const settleTime = 500 * time.Millisecond

// Run reads from the stored position until the context ends.
func (s *Source) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	program := s.options.Program
	run := &run{emit: emit, meter: &s.Meter}
	var start *follow.Position
	var held []Line
	if from != nil {
		p, err := decodePosition(from)
		if err != nil {
			return fmt.Errorf("reading the stored position of %s: %w", s.options.Path, err)
		}
		if p.Program != "" {
			program = p.Program
		}
		held = p.Held
		start, run.stored = &p.Log, string(from)
	}
	run.parser = NewParser(program)
	run.parser.longOutput, run.parser.formed = s.options.LongOutput, from != nil
	for _, line := range held {
		run.parser.Add(line)
	}
	if err := s.follower.Run(ctx, start, run.deliver); err != nil {
		return fmt.Errorf("reading the supervisor's log %s: %w", s.options.Path, err)
	}
	return nil
}

// run is one Run of a Source.
type run struct {
	parser *Parser
	emit   supervision.Emit
	meter  *supervision.Meter
	stored string    // the last position emitted
	late   bool      // the last lines were
	quiet  time.Time // since when the log's end has been seen with a record waiting

	ended    time.Time // the last moment at which the log's end was seen
	waiting  string    // the Ref of the record that is held back, empty if none is
	complete time.Time // everything from before this moment was emitted
}

// deliver turns a chunk into a batch.
func (r *run) deliver(ctx context.Context, c follow.Chunk) error {
	if len(c.Notices) > 0 || c.Late != r.late {
		r.parser.Interrupt()
	}
	r.late = c.Late
	for _, line := range c.Lines {
		r.parser.Add(Line{Text: line.Text, File: c.File, FileID: c.FileID, Offset: line.Offset, Late: c.Late})
	}
	r.settle(c)
	b := r.parser.Take()
	if len(c.Lines) > 0 && !r.parser.formed {
		b.Odd = append(b.Odd, noForm(c))
	}
	for _, n := range c.Notices {
		b.Rejected = append(b.Rejected, rejection(n))
	}
	b.EndSeen = r.endSeen(c)
	encoded, err := position{Log: c.Position, Held: r.parser.Held(), Program: r.parser.Program()}.encode()
	if err != nil {
		return fmt.Errorf("encoding the position in %s: %w", c.File, err)
	}
	if moved := string(encoded) != r.stored; moved {
		b.Position = encoded
	}
	if err := r.emit(ctx, b); err != nil {
		return err
	}
	r.stored = string(encoded)
	r.meter.Handed(b, c.File, c.Offset, c.Size)
	return nil
}

// endSeen returns the moment from before which everything was emitted. An order or
// result that is held back came after the end was last seen before it. So other
// readers wait no longer than for that, although where passive results never cease
// there is always one held back.
func (r *run) endSeen(c follow.Chunk) time.Time {
	waiting := r.parser.Waiting()
	switch {
	case waiting == "":
		r.complete = c.EndSeen
	case waiting != r.waiting:
		r.complete = r.ended
	}
	r.waiting = waiting
	if !c.EndSeen.IsZero() {
		r.ended = c.EndSeen
	}
	return r.complete
}

// settle ends the wait for an ALERT or a refusal when the log has been quiet for long enough.
func (r *run) settle(c follow.Chunk) {
	switch {
	case len(c.Lines) > 0 || r.parser.Waiting() == "":
		r.quiet = time.Time{}
	case c.EndSeen.IsZero():
	case r.quiet.IsZero():
		r.quiet = c.EndSeen
	case c.EndSeen.Sub(r.quiet) >= settleTime:
		r.quiet = time.Time{}
		r.parser.Settle()
	}
}

// noForm reports that no line so far was one of a supervisor's log.
func noForm(c follow.Chunk) supervision.Oddity {
	first := c.Lines[0]
	return supervision.Strange{Field: "log", Value: string(first.Text), Reason: reasonNoForm}.Oddity(
		Line{File: c.File, Offset: first.Offset}.where())
}

func rejection(n follow.Notice) supervision.Rejected {
	return supervision.Rejected{
		Source: sourceName, Where: fmt.Sprintf("%s:%d", n.File, n.Offset), Reason: n.String(), Raw: n.Text,
	}
}
