package main

import (
	"bytes"
	"io"
	"testing"
)

func TestLinesThatFindNoRoomAreCounted(t *testing.T) {
	r, w := io.Pipe()
	l := newLogWriter(w)
	reported := make(chan int64, 1)
	report := func(lost int64) { reported <- lost }
	l.report.Store(&report)
	const more = 10
	first := make([]byte, len("line\n"))
	// The first is being written, the next ones wait.
	l.Write([]byte("line\n"))
	if _, err := io.ReadFull(r, first[:1]); err != nil {
		t.Fatal(err)
	}
	for range unwritten + more {
		if n, err := l.Write([]byte("line\n")); n != 5 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	over := make(chan struct{})
	close(over)
	l.flush(over) // nobody reads: it ends nevertheless
	var rest bytes.Buffer
	read := make(chan error, 1)
	go func() { _, err := io.Copy(&rest, r); read <- err }()
	l.flush(nil)
	w.Close()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if got, want := 1+rest.Len(), 5*(1+unwritten); got != want {
		t.Errorf("%d bytes were written, want %d", got, want)
	}
	if lost := <-reported; lost != more {
		t.Errorf("%d lines are reported as lost, want %d", lost, more)
	}
}
