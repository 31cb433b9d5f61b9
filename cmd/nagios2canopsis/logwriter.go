package main

import (
	"io"
	"slices"
	"sync/atomic"
)

// unwritten is how many lines may wait for standard error.
const unwritten = 4096

// logWriter writes lines to standard error and keeps nobody waiting: a pipe that
// nobody reads stops neither the events nor a stop. Lines for which there is no
// room, or that can't be written, are counted.
type logWriter struct {
	lines chan line
	lost  atomic.Int64
	// report is called with the number of lost lines when one is written again; nil:
	// nobody is.
	report atomic.Pointer[func(lost int64)]
}

// line is a line, or who waits until those before it are written.
type line struct {
	text    []byte
	written chan struct{}
}

// newLogWriter returns a writer that works until the process ends.
func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{lines: make(chan line, unwritten)}
	go l.run(w)
	return l
}

func (l *logWriter) run(w io.Writer) {
	for next := range l.lines {
		if next.written != nil {
			close(next.written)
			continue
		}
		if _, err := w.Write(next.text); err != nil {
			l.lost.Add(1)
			continue
		}
		if report := l.report.Load(); report != nil {
			if lost := l.lost.Swap(0); lost > 0 {
				(*report)(lost)
			}
		}
	}
}

// Write takes a line.
func (l *logWriter) Write(text []byte) (int, error) {
	select {
	case l.lines <- line{text: slices.Clone(text)}:
	default:
		l.lost.Add(1)
	}
	return len(text), nil
}

// flush waits until what was taken is written, or the time is over.
func (l *logWriter) flush(over <-chan struct{}) {
	written := make(chan struct{})
	select {
	case l.lines <- line{written: written}:
	case <-over:
		return
	}
	select {
	case <-written:
	case <-over:
	}
}
