package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkPaced appends commits of one event each, evenly spaced, from eight
// sources that don't wait for each other, and drains the journal as a publisher
// does. It reports the CPU share of the whole process, and the time from Append
// until the commit is durable. It is run with
// -benchtime 1x.
func BenchmarkPaced(b *testing.B) {
	const duration = 5 * time.Second
	for _, rate := range []int{30, 300, 3000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			for range b.N {
				runPaced(b, rate, duration)
			}
		})
	}
}

func runPaced(b *testing.B, rate int, duration time.Duration) {
	const sources, releaseDelay = 8, 200 * time.Millisecond // the latter as in internal/publish/amqp
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	j := openTest(b, Options{Path: tempPath(b)})
	mustRegister(b, j, "p")
	var publisher sync.WaitGroup
	publisher.Go(func() {
		after, released := int64(0), int64(0)
		due := time.NewTicker(releaseDelay)
		defer due.Stop()
		for {
			waiting, stop := context.WithTimeout(ctx, releaseDelay)
			err := j.Wait(waiting, "p", after)
			stop()
			if err == nil {
				entries, _ := j.Read(ctx, "p", after, 500, 1<<20)
				if len(entries) > 0 {
					after = entries[len(entries)-1].ID
				}
			}
			select {
			case <-due.C:
				if after > released {
					_ = j.Release(ctx, "p", after)
					released = after
				}
			default:
			}
			if ctx.Err() != nil {
				return
			}
		}
	})
	next := benchCommits(1)
	n := int(duration.Seconds() * float64(rate))
	latencies := make([]time.Duration, n)
	var tickets sync.WaitGroup
	before, cpu := j.Stats().Transactions, cpuTime()
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		c := next()
		c.Source = fmt.Sprint("source-", i%sources)
		appended := time.Now()
		ticket, err := j.Append(ctx, c)
		if err != nil {
			b.Fatal(err)
		}
		tickets.Go(func() {
			if err := ticket.Wait(ctx); err != nil {
				b.Error(err)
			}
			latencies[i] = time.Since(appended)
		})
	}
	tickets.Wait()
	elapsed, spent := time.Since(start), cpuTime()-cpu
	b.ReportMetric(100*spent.Seconds()/elapsed.Seconds(), "cpu-%")
	b.ReportMetric(float64(j.Stats().Transactions-before)/elapsed.Seconds(), "transactions/s")
	slices.Sort(latencies)
	b.ReportMetric(float64(latencies[n/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(latencies[n*99/100].Microseconds())/1000, "p99-ms")
	cancel()
	publisher.Wait()
}
