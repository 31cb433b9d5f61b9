package statusdat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat/statustest"
)

// bigFile writes the status file of 10,000 hosts and 100,000 services.
func bigFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "status.dat")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if err := statustest.Write(file, 10_000, 100_000, 1, 1795424500); err != nil {
		b.Fatal(err)
	}
	return path
}

// cpu is the time of user and system that do takes.
func cpu(b *testing.B, do func()) time.Duration {
	b.Helper()
	runtime.GC()
	before := cpuSoFar(b)
	do()
	return cpuSoFar(b) - before
}

func cpuSoFar(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// againstScan reports the CPU time of do, and how many times that of a bare scan
// of the same file it is, measured in turn in this run. The scan reads blocks of
// 1 MiB and counts the newlines with bytes.Count. Nearly all of its time is the
// copy out of the kernel's cache, so memory bounds it: the ratio is that of one
// machine to the same machine. (A loop of bytes.IndexByte for each line is bound
// by its calls instead; "wc -l" differs by a factor of two with the
// instructions that its build uses, and its process has to start.)
func againstScan(b *testing.B, path string, do func()) {
	b.Helper()
	do()
	scan := newScan()
	scan.lines(b, path)
	var reference, own time.Duration
	for b.Loop() {
		reference += cpu(b, func() { scan.lines(b, path) })
		own += cpu(b, do)
	}
	b.ReportMetric(own.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(own.Seconds()/reference.Seconds(), "x-scan")
}

type scan struct{ block []byte }

func newScan() scan { return scan{block: make([]byte, 1<<20)} }

func (s scan) lines(b *testing.B, path string) (lines int) {
	b.Helper()
	file := open(b, path)
	defer file.Close()
	for {
		n, err := file.Read(s.block)
		lines += bytes.Count(s.block[:n], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func open(b *testing.B, path string) *os.File {
	b.Helper()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	return file
}

// BenchmarkParse is the parse alone.
func BenchmarkParse(b *testing.B) {
	path := bigFile(b)
	parser := NewParser()
	againstScan(b, path, func() {
		file := open(b, path)
		defer file.Close()
		blocks := 0
		if err := parser.Parse(file, func(*Block) error { blocks++; return nil }); err != nil {
			b.Fatal(err)
		}
		if blocks != 110_002 {
			b.Fatalf("%d blocks", blocks)
		}
	})
}

// BenchmarkUnchanged is the parse of a file that is as the one before, and its
// comparison.
func BenchmarkUnchanged(b *testing.B) {
	path := bigFile(b)
	r := New(Options{Path: path, Logger: quiet()}).newRun(nil, (&bench{skipped: map[string]int{}}).emit)
	againstScan(b, path, func() {
		r.done = version{}
		if again, err := r.look(b.Context()); err != nil || !again {
			b.Fatal(fmt.Errorf("not read: %w", err))
		}
	})
}
