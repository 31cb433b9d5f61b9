package endtoend

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// Every figure is a ratio to a reference that is measured in the same run, in
// turns with ours; the medians of the rounds are reported.
const (
	benchEvents = 100_000
	benchRounds = 5
)

// perfdataLines writes n service check results, as a template with the state
// makes them.
func perfdataLines(b *testing.B, path string, n int) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range n {
		perfdataLine(w, i, time.Now())
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func perfdataLine(w io.Writer, i int, now time.Time) {
	fmt.Fprintf(w,
		"DATATYPE::SERVICEPERFDATA\tTIMET::%d\tHOSTNAME::server-%03d.example.com\t"+
			"SERVICEDESC::Disk usage /var/lib/%d\tSERVICESTATE::%s\tSERVICESTATETYPE::HARD\tSERVICEATTEMPT::1\t"+
			"SERVICEEXECUTIONTIME::0.123\tSERVICELATENCY::0.045\tSERVICECHECKCOMMAND::check_disk!80!90\t"+
			"SERVICEOUTPUT::DISK %s - free space: / %d MB (56%% inode=89%%);\t"+
			"SERVICEPERFDATA::/=%dMB;5948;5958;0;5968 /boot=68MB;88;93;0;98\n",
		now.Unix(), i%200, i/200%50, []string{"OK", "WARNING", "CRITICAL"}[i%3],
		[]string{"OK", "WARNING", "CRITICAL"}[i%3], i, i)
}

const serviceTemplate = `DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
	`\tSERVICEDESC::$SERVICEDESC$\tSERVICESTATE::$SERVICESTATE$\tSERVICEOUTPUT::$SERVICEOUTPUT$`

func perfdataConfig(dir, url string) string {
	return fmt.Sprintf(`
supervisor: none
connector: nagios
connector_name: bench
readers: {perfdata: {service: {path: %[1]s/service-perfdata, template: '%[2]s', mode: a}, begin: beginning}}
journal: {path: %[1]s/journal.db, max_size: 8GiB}
quarantine: {path: %[1]s/quarantine.ndjson}
publish: {amqp: {urls: [%[3]q]}}
log: {level: warn}
`, dir, serviceTemplate, url)
}

// exchange is the exchange with one queue that takes everything.
func exchange(b *testing.B, broker *testbroker.Broker) (queue string) {
	b.Helper()
	broker.DeclareExchange(b, "canopsis.events")
	broker.DeclareQueue(b, "Engine_fifo", nil)
	broker.Bind(b, "Engine_fifo", "#", "canopsis.events")
	return "Engine_fifo"
}

// channel opens a channel for the benchmark's own work.
func channel(b *testing.B, broker *testbroker.Broker) *amqp091.Channel {
	b.Helper()
	conn, err := broker.Dial()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		b.Fatal(err)
	}
	return ch
}

func depth(b *testing.B, ch *amqp091.Channel, queue string) int {
	b.Helper()
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	return q.Messages
}

func purge(b *testing.B, ch *amqp091.Channel, queue string) {
	b.Helper()
	if _, err := ch.QueuePurge(queue, false); err != nil {
		b.Fatal(err)
	}
}

// cost is what a run took.
type cost struct {
	wall, cpu, broker float64 // seconds
}

// bare publishes the same messages as often as asked, with amqp091-go as it
// is: persistent, confirmed, a window of 500.
func bare(b *testing.B, broker *testbroker.Broker, sample []amqp091.Delivery, n int) cost {
	b.Helper()
	conn, err := broker.Dial()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		b.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		b.Fatal(err)
	}
	before, start, cpu := broker.CPU(), time.Now(), ownCPU()
	var window []*amqp091.DeferredConfirmation
	wait := func() {
		if !window[0].Wait() {
			b.Fatal("a message was not confirmed")
		}
		window = window[1:]
	}
	for i := range n {
		m := sample[i%len(sample)]
		c, err := ch.PublishWithDeferredConfirm("canopsis.events", m.RoutingKey, false, false, amqp091.Publishing{
			ContentType: "application/json", DeliveryMode: amqp091.Persistent, MessageId: m.MessageId,
			Timestamp: m.Timestamp, AppId: m.AppId, Body: m.Body,
		})
		if err != nil {
			b.Fatal(err)
		}
		if window = append(window, c); len(window) == 500 {
			wait()
		}
	}
	for len(window) > 0 {
		wait()
	}
	return cost{time.Since(start).Seconds(), ownCPU() - cpu, broker.CPU() - before}
}

func ownCPU() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// procCPU returns the CPU seconds of a process, from /proc/PID/stat.
func procCPU(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks float64
	for _, f := range fields[11:13] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += v
	}
	return ticks / 100
}

// peakRSS returns the greatest memory of a process so far, in MB.
func peakRSS(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// sendFile runs the connector over a perfdata file until n events are in the
// queue.
func sendFile(b *testing.B, binary string, broker *testbroker.Broker, ch *amqp091.Channel, queue, file string,
	n int) (cost, float64) {
	b.Helper()
	dir := b.TempDir()
	if err := os.Link(file, filepath.Join(dir, "service-perfdata")); err != nil {
		b.Fatal(err)
	}
	c := NewConnector(b, binary, perfdataConfig(dir, broker.URL()))
	before, start := broker.CPU(), time.Now()
	c.Start()
	for depth(b, ch, queue) < n {
		time.Sleep(5 * time.Millisecond)
	}
	out := cost{time.Since(start).Seconds(), procCPU(b, c.PID()), broker.CPU() - before}
	rss := peakRSS(b, c.PID())
	c.Stop()
	return out, rss
}

func builtBinary(b *testing.B) string {
	b.Helper()
	binary, err := Build(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return binary
}

// BenchmarkThroughput compares the whole way, from a perfdata file on disk to
// confirmed in the queue, with a bare loop of the same messages.
func BenchmarkThroughput(b *testing.B) {
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue, ch := exchange(b, broker), channel(b, broker)
	file := filepath.Join(b.TempDir(), "service-perfdata")
	perfdataLines(b, file, benchEvents)
	sendFile(b, binary, broker, ch, queue, file, benchEvents)
	sample := broker.Drain(b, queue)
	for b.Loop() {
		var rate, cpu, share, us []float64
		for range benchRounds {
			reference := bare(b, broker, sample, benchEvents)
			purge(b, ch, queue)
			ours, rss := sendFile(b, binary, broker, ch, queue, file, benchEvents)
			purge(b, ch, queue)
			rate = append(rate, reference.wall/ours.wall)
			cpu = append(cpu, ours.cpu/reference.cpu)
			share = append(share, ours.cpu/ours.broker)
			us = append(us, ours.cpu/benchEvents*1e6)
			b.Logf("bare %.1fs cpu %.2fs broker %.2fs; "+
				"ours %.1fs cpu %.2fs broker %.2fs rss %.0fMB",
				reference.wall, reference.cpu, reference.broker,
				ours.wall, ours.cpu, ours.broker, rss)
		}
		b.ReportMetric(median(rate), "rate/bare")
		b.ReportMetric(median(cpu), "cpu/bare")
		b.ReportMetric(median(share), "cpu/broker")
		b.ReportMetric(median(us), "cpu-µs/event")
	}
}

// BenchmarkIntake compares reading, mapping and journaling alone, with the
// broker away, with the bare loop.
func BenchmarkIntake(b *testing.B) {
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue, ch := exchange(b, broker), channel(b, broker)
	file := filepath.Join(b.TempDir(), "service-perfdata")
	perfdataLines(b, file, benchEvents)
	sendFile(b, binary, broker, ch, queue, file, benchEvents)
	sample := broker.Drain(b, queue)
	for b.Loop() {
		var rate []float64
		for range benchRounds {
			reference := bare(b, broker, sample, benchEvents)
			purge(b, ch, queue)
			dir := b.TempDir()
			if err := os.Link(file, filepath.Join(dir, "service-perfdata")); err != nil {
				b.Fatal(err)
			}
			c := NewConnector(b, binary, perfdataConfig(dir, "amqp://127.0.0.1:1/canopsis"))
			start := time.Now()
			c.Start()
			ours := lastWrite(b, filepath.Join(dir, "journal.db")).Sub(start).Seconds()
			c.Stop()
			mustHold(b, filepath.Join(dir, "journal.db"), benchEvents)
			rate = append(rate, reference.wall/ours)
			b.Logf("bare %.1fs; intake %.2fs", reference.wall, ours)
		}
		b.ReportMetric(median(rate), "rate/bare")
	}
}

// BenchmarkBacklog lets a million events pile up while the broker is away, and
// measures how they drain.
func BenchmarkBacklog(b *testing.B) {
	const n = 1_000_000
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue, ch := exchange(b, broker), channel(b, broker)
	file := filepath.Join(b.TempDir(), "service-perfdata")
	perfdataLines(b, file, benchEvents)
	sendFile(b, binary, broker, ch, queue, file, benchEvents)
	sample := broker.Drain(b, queue)
	for b.Loop() {
		dir := b.TempDir()
		perfdataLines(b, filepath.Join(dir, "service-perfdata"), n)
		c := NewConnector(b, binary, perfdataConfig(dir, "amqp://127.0.0.1:1/canopsis"))
		c.Start()
		lastWrite(b, filepath.Join(dir, "journal.db"))
		filled := peakRSS(b, c.PID())
		c.Stop()
		mustHold(b, filepath.Join(dir, "journal.db"), n)
		reference := bare(b, broker, sample, n)
		purge(b, ch, queue)
		c = NewConnector(b, binary, perfdataConfig(dir, broker.URL()))
		start := time.Now()
		c.Start()
		for {
			q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
			if err != nil {
				b.Fatal(err)
			}
			if q.Messages >= n {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		ours, rss := time.Since(start).Seconds(), peakRSS(b, c.PID())
		c.Stop()
		mustHold(b, filepath.Join(dir, "journal.db"), 0)
		purge(b, ch, queue)
		b.Logf("bare %.0f/s; drained %.0f/s; peak rss %.0f MB filling, %.0f MB draining",
			n/reference.wall, n/ours, filled, rss)
		b.ReportMetric(reference.wall/ours, "rate/bare")
		b.ReportMetric(max(filled, rss), "peak-MB")
	}
}

// discard consumes a queue until stop is called, and counts.
func discard(b *testing.B, broker *testbroker.Broker, queue string) (seen *atomic.Int64, stop func()) {
	b.Helper()
	seen = &atomic.Int64{}
	ch := channel(b, broker)
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range deliveries {
			seen.Add(1)
		}
	}()
	return seen, func() { ch.Close(); <-done }
}

// writtenFile is a file that a supervisor appends to, and how it is read.
type writtenFile struct {
	name, file string
	config     func(dir, url string) string
	line       func(w io.Writer, i int)
	// beside writes what stands in other files, if that is not nil.
	beside func(b *testing.B, dir string) (before func(i int), end func())
}

var (
	perfdataFile = writtenFile{
		name: "perfdata", file: "service-perfdata", config: perfdataConfig,
		line: func(w io.Writer, i int) { perfdataLine(w, i, time.Now()) },
	}
	logFile = writtenFile{name: "log", file: "nagios.log", config: logConfig, line: func(w io.Writer, i int) {
		fmt.Fprintf(w, "[%d] SERVICE ALERT: server-%03d;Disk %d;CRITICAL;SOFT;%d;(%d MB (56%% inode=89%%);\n",
			time.Now().Unix(), i%200, i/200%50, i%5+1, i)
	}}
)

// BenchmarkLatency measures the time from a line that is appended to the
// message in the queue, at 500 events a second.
func BenchmarkLatency(b *testing.B) {
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue := exchange(b, broker)
	for _, c := range []writtenFile{perfdataFile, logFile} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				dir := b.TempDir()
				f, err := os.Create(filepath.Join(dir, c.file))
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				connector := NewConnector(b, binary, c.config(dir, broker.URL()))
				connector.Start()
				latencies := paced(b, broker, queue, f, c.line, pace{rate: 500, warmUp: 500, n: 10_000})
				connector.Stop()
				slices.Sort(latencies)
				b.ReportMetric(latencies[len(latencies)/2], "p50-ms")
				b.ReportMetric(latencies[len(latencies)*99/100], "p99-ms")
			}
		})
	}
}

func logConfig(dir, url string) string {
	return fmt.Sprintf(`
supervisor: none
connector: nagios
connector_name: bench
readers: {log: {path: %[1]s/nagios.log, begin: beginning}}
journal: {path: %[1]s/journal.db}
quarantine: {path: %[1]s/quarantine.ndjson}
publish: {amqp: {urls: [%[2]q]}}
log: {level: warn}
`, dir, url)
}

// pace is how lines are written: evenly, each by one write(2).
type pace struct {
	rate      int    // lines a second
	warmUp, n int    // lines that are written first, and those that are measured
	warm      func() // called before the first line that is measured; may be nil
}

// paced appends lines at a pace, and returns the milliseconds after which each
// was delivered first. The number in a line's output, before " MB (", is its own.
func paced(b *testing.B, broker *testbroker.Broker, queue string, f *os.File, line func(io.Writer, int),
	p pace) []float64 {
	b.Helper()
	ch := channel(b, broker)
	defer ch.Close()
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	written := make([]time.Time, p.warmUp+p.n)
	go func() {
		var text strings.Builder
		began := time.Now()
		for i := range written {
			time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(p.rate))))
			if i == p.warmUp && p.warm != nil {
				p.warm()
			}
			text.Reset()
			line(&text, i)
			written[i] = time.Now()
			if _, err := f.WriteString(text.String()); err != nil {
				b.Error(err)
			}
		}
	}()
	var out []float64
	limit := time.Minute + time.Duration(len(written))*time.Second/time.Duration(p.rate)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	known := make([]bool, len(written))
	for seen := 0; seen < len(written); {
		select {
		case <-ctx.Done():
			b.Fatalf("%d of %d events came", seen, len(written))
		case m := <-deliveries:
			i := number(b, m.Body)
			if known[i] {
				continue // it is completed
			}
			known[i] = true
			seen++
			if i >= p.warmUp {
				out = append(out, float64(time.Since(written[i]).Microseconds())/1000)
			}
		}
	}
	return out
}

func number(b *testing.B, body []byte) int {
	b.Helper()
	before, _, found := strings.Cut(string(body), " MB (")
	digits := before[strings.LastIndexAny(before, " (")+1:]
	i, err := strconv.Atoi(digits)
	if !found || err != nil {
		b.Fatalf("no number in %s", body)
	}
	return i
}
