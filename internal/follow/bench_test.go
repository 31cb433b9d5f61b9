package follow

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nxadm/tail"
)

// BenchmarkBacklog reads a file that is there already, and reports the CPU time
// of our readers and of nxadm/tail as multiples of a bufio.Reader.ReadSlice
// loop that does nothing else, in the same run.
func BenchmarkBacklog(b *testing.B) {
	const total = 200_000
	d := newDir(b, Direct)
	d.append("", text(numbered(0, total)))
	ours := func(engine Engine) func() error {
		return func() error {
			d.options.Engine = engine
			return d.drain(total)
		}
	}
	readers := []struct {
		name string
		read func() error
		cpu  time.Duration
	}{
		{name: "direct", read: ours(Direct)},
		{name: "tail", read: ours(Tail)},
		{name: "nxadm", read: func() error { return nxadmAlone(d.path) }},
	}
	var plain time.Duration
	for b.Loop() {
		plain += cpuOf(b, func() error { return readSlice(d.path) })
		for i := range readers {
			readers[i].cpu += cpuOf(b, readers[i].read)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(plain.Nanoseconds())/float64(total*b.N), "ReadSlice-ns/line")
	for _, r := range readers {
		b.ReportMetric(float64(r.cpu)/float64(plain), r.name+"/ReadSlice")
	}
}

// drain follows until so many lines were delivered.
func (d *dir) drain(total int) error {
	enough := errors.New("enough")
	err := New(d.options).Run(context.Background(), nil, func(_ context.Context, c Chunk) error {
		if total -= len(c.Lines); total <= 0 {
			return enough
		}
		return nil
	})
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

func readSlice(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, firstBuffer)
	for {
		if _, err := r.ReadSlice('\n'); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func nxadmAlone(path string) error {
	t, err := tail.TailFile(path, tail.Config{MustExist: true, CompleteLines: true, Logger: tail.DiscardingLogger})
	if err != nil {
		return err
	}
	for range t.Lines {
	}
	return t.Wait()
}

func cpuOf(b *testing.B, work func() error) time.Duration {
	before := cpuTime(b)
	if err := work(); err != nil {
		b.Fatal(err)
	}
	return cpuTime(b) - before
}

func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkLatency is the time from a write to its delivery, one line at a
// time, at all phases of the default poll.
func BenchmarkLatency(b *testing.B) {
	for name, engine := range map[string]Engine{"direct": Direct, "tail": Tail} {
		b.Run(name, func(b *testing.B) {
			d := newDir(b, engine)
			d.options.Poll = 0
			d.append("", "")
			delivered := make(chan time.Time, 1)
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			ready := make(chan struct{}, 1)
			go func() {
				done <- New(d.options).Run(ctx, nil, func(_ context.Context, c Chunk) error {
					if len(c.Lines) > 0 {
						delivered <- time.Now()
						return nil
					}
					select {
					case ready <- struct{}{}:
					default:
					}
					return nil
				})
			}()
			<-ready
			line := strings.Repeat("x", 150) + "\n"
			var latencies []time.Duration
			for b.Loop() {
				<-time.After(time.Duration(len(latencies)*37%250) * time.Millisecond)
				began := time.Now()
				d.append("", line)
				latencies = append(latencies, (<-delivered).Sub(began))
			}
			cancel()
			d.check(<-done)
			slices.Sort(latencies)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds()), "p99-us")
		})
	}
}

// BenchmarkSteady is the cost of lines that come evenly, one in each write, with
// the latency from the write to the delivery. The CPU time includes the
// writer's.
func BenchmarkSteady(b *testing.B) {
	for name, engine := range map[string]Engine{"direct": Direct, "tail": Tail} {
		for _, rate := range []int{30, 300, 3000} {
			b.Run(fmt.Sprintf("%s/%d", name, rate), func(b *testing.B) { steady(b, engine, rate) })
		}
	}
}

func steady(b *testing.B, engine Engine, rate int) {
	d := newDir(b, engine)
	d.options.Poll = 0
	d.append("", "")
	written := make(chan time.Time, 1<<16)
	var latencies []time.Duration
	chunks := 0
	ready := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() {
		done <- New(d.options).Run(ctx, nil, func(_ context.Context, c Chunk) error {
			if len(c.Lines) > 0 {
				chunks++
			}
			for range c.Lines {
				latencies = append(latencies, time.Since(<-written))
			}
			select {
			case ready <- struct{}{}:
			default:
			}
			return nil
		})
	}()
	<-ready
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND, 0)
	d.check(err)
	defer f.Close()
	line := strings.Repeat("x", 150) + "\n"
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	began, used := time.Now(), cpuTime(b)
	for b.Loop() {
		<-tick.C
		written <- time.Now()
		_, err := f.WriteString(line)
		d.check(err)
	}
	elapsed, used := time.Since(began), cpuTime(b)-used
	cancel()
	d.check(<-done)
	if len(latencies) == 0 {
		return
	}
	slices.Sort(latencies)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(100*float64(used)/float64(elapsed), "%CPU")
	b.ReportMetric(float64(chunks)/elapsed.Seconds(), "chunks/s")
	b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds()), "p99-us")
}

// BenchmarkIdle is the CPU time of following ten quiet files.
func BenchmarkIdle(b *testing.B) {
	for name, engine := range map[string]Engine{"direct": Direct, "tail": Tail} {
		b.Run(name, func(b *testing.B) {
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 10)
			for range 10 {
				d := newDir(b, engine)
				d.options.Poll = 0
				d.append("", text(numbered(0, 100)))
				go func() {
					done <- New(d.options).Run(ctx, nil, func(context.Context, Chunk) error { return nil })
				}()
			}
			<-time.After(time.Second)
			began := time.Now()
			used := cpuTime(b)
			<-time.After(3 * time.Second)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(100*float64(cpuTime(b)-used)/float64(time.Since(began)), "%CPU")
			cancel()
			for range 10 {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
