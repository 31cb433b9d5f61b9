package journal

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// cpuTime is what the process has used of the processor, in user and kernel.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// benchCommits makes commits of n events with a state each, over 10,000
// entities.
func benchCommits(n int) func() outbox.Commit {
	body := []byte(strings.Repeat("x", 760))
	states := make([][]byte, 16)
	for i := range states {
		states[i] = fmt.Appendf(nil, `{"state":%d,"type":1,"attempt":3,"output":"CRITICAL - 91%%"}`, i)
	}
	next := 0
	return func() outbox.Commit {
		c := outbox.Commit{Source: "bench", Position: strconv.AppendInt(nil, int64(next), 10)}
		c.Events = make([]outbox.Event, n)
		c.States = make([]outbox.State, n)
		for i := range n {
			next++
			entity := "host-" + strconv.Itoa(next%1000) + "/service-" + strconv.Itoa(next/1000%10)
			c.Events[i] = outbox.Event{
				Route:  outbox.Bus,
				Entity: entity, RoutingKey: "nagios.central.check.resource." + entity, Body: body,
				MessageID: "0123456789abcdef-" + strconv.Itoa(next), Time: time.UnixMicro(int64(next)),
				Supersedable: true,
			}
			c.States[i] = outbox.State{Key: entity, Value: states[next%len(states)]}
		}
		return c
	}
}

// BenchmarkAppend appends commits one after the other, each waited for. cpu-us/event is what counts:
// the rate is that of the disk's fsync.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			j := openTest(b, Options{Path: tempPath(b), MaxBytes: 16 << 30})
			next := benchCommits(size)
			cpu := cpuTime()
			b.ResetTimer()
			for range b.N {
				mustAppend(b, j, next())
			}
			b.StopTimer()
			perEvent(b, "cpu-us/event", cpuTime()-cpu, b.N*size)
		})
	}
}

// BenchmarkAppendAhead appends single events without waiting for each, as
// several sources together do.
func BenchmarkAppendAhead(b *testing.B) {
	j := openTest(b, Options{Path: tempPath(b), MaxBytes: 16 << 30})
	next := benchCommits(1)
	ctx := context.Background()
	cpu := cpuTime()
	var last *Ticket
	for b.Loop() {
		var err error
		if last, err = j.Append(ctx, next()); err != nil {
			b.Fatal(err)
		}
	}
	if err := last.Wait(ctx); err != nil {
		b.Fatal(err)
	}
	perEvent(b, "cpu-us/event", cpuTime()-cpu, b.N)
}

// BenchmarkDrain reads and releases, 1000 events at a time.
func BenchmarkDrain(b *testing.B) {
	ctx := context.Background()
	j := openTest(b, Options{Path: tempPath(b), MaxBytes: 16 << 30})
	if err := j.SetTargets(ctx, bus("p")); err != nil {
		b.Fatal(err)
	}
	next := benchCommits(1000)
	for range b.N {
		mustAppend(b, j, next())
	}
	cpu := cpuTime()
	b.ResetTimer()
	for after := int64(0); after < int64(b.N)*1000; {
		entries, err := j.Read(ctx, "p", after, 1000, 4<<20)
		if err != nil {
			b.Fatal(err)
		}
		after = entries[len(entries)-1].ID
		if err := j.Release(ctx, "p", after); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	perEvent(b, "cpu-us/event", cpuTime()-cpu, b.N*1000)
}

// BenchmarkBacklog fills the journal with a million events and drains it, once
// per iteration (run with -benchtime 1x).
func BenchmarkBacklog(b *testing.B) {
	const events = 1_000_000
	ctx := context.Background()
	for range b.N {
		path := tempPath(b)
		j := openTest(b, Options{Path: path, MaxBytes: 16 << 30})
		if err := j.SetTargets(ctx, bus("p")); err != nil {
			b.Fatal(err)
		}
		next := benchCommits(1000)
		cpu := cpuTime()
		for range events / 1000 {
			mustAppend(b, j, next())
		}
		perEvent(b, "fill-cpu-us/event", cpuTime()-cpu, events)
		b.ReportMetric(float64(fileSize(path))/1e6, "full-MB")
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}

		start := time.Now()
		j = openTest(b, Options{Path: path, MaxBytes: 16 << 30})
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "open-ms")
		cpu = cpuTime()
		for after := int64(0); after < events; {
			entries, err := j.Read(ctx, "p", after, 1000, 4<<20)
			if err != nil {
				b.Fatal(err)
			}
			after = entries[len(entries)-1].ID
			if err := j.Release(ctx, "p", after); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b, "drain-cpu-us/event", cpuTime()-cpu, events)
		cpu = cpuTime()
		for deadline := time.Now().Add(time.Minute); fileSize(path) > 8<<20; {
			if time.Now().After(deadline) {
				b.Fatalf("%d bytes are left of the drained file", fileSize(path))
			}
			time.Sleep(10 * time.Millisecond)
		}
		perEvent(b, "shrink-cpu-us/event", cpuTime()-cpu, events)
		b.ReportMetric(peakMemory(b), "peak-RSS-MB")
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(fileSize(path))/1e6, "drained-MB")
	}
}

func perEvent(b *testing.B, unit string, spent time.Duration, events int) {
	b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(events), unit)
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// peakMemory returns the greatest resident size of the process so far, in MB.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1000
}
