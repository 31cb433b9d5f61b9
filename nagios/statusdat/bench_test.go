package statusdat

import (
	"fmt"
	"os"
	"os/exec"
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

// cpu is the time of user and system that this process or its children took.
func cpu(b *testing.B, who int) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(who, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// againstWc runs wc -l and do in turn, and reports the CPU time of do, and how
// many times that of wc -l it is.
func againstWc(b *testing.B, path string, do func()) {
	b.Helper()
	do()
	var wc, own time.Duration
	for b.Loop() {
		before := cpu(b, syscall.RUSAGE_CHILDREN)
		if err := exec.Command("wc", "-l", path).Run(); err != nil {
			b.Fatal(err)
		}
		wc += cpu(b, syscall.RUSAGE_CHILDREN) - before
		runtime.GC()
		before = cpu(b, syscall.RUSAGE_SELF)
		do()
		own += cpu(b, syscall.RUSAGE_SELF) - before
	}
	b.ReportMetric(own.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(own.Seconds()/wc.Seconds(), "x-wc-l")
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
	againstWc(b, path, func() {
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

// BenchmarkUnchanged is the parse and the comparison of a file that says what
// the one before said.
func BenchmarkUnchanged(b *testing.B) {
	path := bigFile(b)
	r := New(Options{Path: path, Logger: quiet()}).newRun(nil, (&bench{skipped: map[string]int{}}).emit)
	againstWc(b, path, func() {
		r.done = version{}
		if again, err := r.look(b.Context()); err != nil || !again {
			b.Fatal(fmt.Errorf("not read: %w", err))
		}
	})
}
