package endtoend

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

const (
	benchHosts    = 50
	benchServices = 20 // of each host, with passive results only
)

// benchSite is a Nagios that only takes passive results, with the module in it,
// which writes one segment for all of the benchmark.
func benchSite(b *testing.B) *testnagios.Site {
	b.Helper()
	o := testnagios.Options{Settings: map[string]string{
		"event_broker_options": "-1",
		"broker_module": "{DIR}/libexec/" + moduleFile("bench") +
			" spool={DIR}/spool/bench segment_size=1G segment_age=86400",
		"process_performance_data": "0", "log_passive_checks": "0", "log_external_commands": "0",
		"log_service_retries": "0", "enable_notifications": "0", "enable_flap_detection": "0",
		"status_update_interval": "60",
	}}
	for h := range benchHosts {
		o.Hosts = append(o.Hosts, testnagios.Host{Name: fmt.Sprintf("host-%02d", h)})
		for s := range benchServices {
			o.Services = append(o.Services, testnagios.Service{
				Host: fmt.Sprintf("host-%02d", h), Name: fmt.Sprintf("service %02d", s), Attempts: 1,
			})
		}
	}
	site := testnagios.New(b, o)
	installModule(b, site, "bench")
	return site
}

// hand hands n passive results to Nagios at a rate, each with its number in its
// output.
func hand(b *testing.B, site *testnagios.Site, first, n, perSecond int) {
	b.Helper()
	var pipe *os.File
	Eventually(b, "Nagios' command pipe", 10*time.Second, func() (ok bool) {
		var err error
		pipe, err = os.OpenFile(filepath.Join(site.Dir, "rw/nagios.cmd"), os.O_WRONLY, 0)
		return err == nil
	})
	defer pipe.Close()
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		if wait := time.Until(due); wait > time.Millisecond {
			time.Sleep(wait)
		}
		at := (first + i) % (benchHosts * benchServices)
		if _, err := fmt.Fprintf(pipe,
			"[%d] PROCESS_SERVICE_CHECK_RESULT;host-%02d;service %02d;%d;"+
				"DISK - free space: / (number %d MB (56%% inode=89%%)|/=%dMB;5948;5958;0;5968 /boot=68MB;88;93;0;98\n",
			time.Now().Unix(), at%benchHosts, at/benchHosts, i%3, first+i, i); err != nil {
			b.Fatal(err)
		}
	}
}

var numbered = regexp.MustCompile(`\(number (\d+) MB`)

// processed reads from the segment when Nagios processed each result.
func processed(b *testing.B, site *testnagios.Site) map[int]time.Time {
	b.Helper()
	paths, err := filepath.Glob(filepath.Join(site.Dir, "spool/bench/*.log"))
	if err != nil {
		b.Fatal(err)
	}
	at := map[int]time.Time{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			m := numbered.FindStringSubmatch(lines.Text())
			_, rest, _ := strings.Cut(lines.Text(), "\tTIMET::")
			seconds, _, _ := strings.Cut(rest, "\t")
			if m == nil || !strings.HasPrefix(lines.Text(), "DATATYPE::SERVICECHECK\t") {
				continue
			}
			n, _ := strconv.Atoi(m[1])
			whole, fraction, _ := strings.Cut(seconds, ".")
			sec, _ := strconv.ParseInt(whole, 10, 64)
			micros, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			at[n] = time.Unix(sec, micros*1000)
		}
		if err := lines.Err(); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	return at
}

// arrivals notes when each numbered result is delivered.
func arrivals(b *testing.B, broker *testbroker.Broker, queue string) func() map[int]time.Time {
	b.Helper()
	ch := channel(b, broker)
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	at := map[int]time.Time{}
	go func() {
		for m := range deliveries {
			if n := numbered.FindSubmatch(m.Body); n != nil {
				now := time.Now()
				i, _ := strconv.Atoi(string(n[1]))
				mu.Lock()
				if _, again := at[i]; !again {
					at[i] = now
				}
				mu.Unlock()
			}
		}
	}()
	return func() map[int]time.Time {
		mu.Lock()
		defer mu.Unlock()
		copied := map[int]time.Time{}
		for n, t := range at {
			copied[n] = t
		}
		return copied
	}
}

// BenchmarkModule measures, in a real Nagios with the module, the time from a
// result that is processed to its message in the queue at 300 results a second,
// and whether 5,000 a second arrive for a minute.
func BenchmarkModule(b *testing.B) {
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue := exchange(b, broker)
	for _, c := range []struct{ rate, seconds int }{{300, 30}, {5000, 60}} {
		b.Run(fmt.Sprintf("%d per second", c.rate), func(b *testing.B) {
			for b.Loop() {
				site := benchSite(b)
				site.Start()
				dir := b.TempDir()
				connector := NewConnector(b, binary, only("module", Settings{
					"supervisor":          site.MainConfig(),
					"connector_name":      "bench",
					"readers.module.path": filepath.Join(site.Dir, "spool/bench"),
					"journal.path":        filepath.Join(dir, "journal.db"),
					"quarantine.path":     filepath.Join(dir, "quarantine.ndjson"),
					"publish.amqp.urls":   []string{broker.URL()},
					"journal.max_size":    "4GiB",
				}).YAML(b))
				connector.Start()
				arrived := arrivals(b, broker, queue)
				const warmUp = 1000
				hand(b, site, 0, warmUp, c.rate)
				n := c.rate * c.seconds
				begin := time.Now()
				hand(b, site, warmUp, n, c.rate)
				handed := time.Since(begin)
				Eventually(b, "all results in the queue", 2*time.Minute, func() bool {
					return len(arrived()) >= warmUp+n
				})
				took := time.Since(begin)
				connector.Stop()
				site.Stop()
				var latencies []float64
				when := processed(b, site)
				for i, at := range arrived() {
					if i >= warmUp {
						latencies = append(latencies, float64(at.Sub(when[i]).Microseconds())/1000)
					}
				}
				slices.Sort(latencies)
				b.Logf("%d results handed to Nagios in %.1f s, all delivered after %.1f s",
					n, handed.Seconds(), took.Seconds())
				b.ReportMetric(float64(n)/took.Seconds(), "results/s")
				b.ReportMetric(float64(warmUp+n-len(arrived())), "lost")
				b.ReportMetric(latencies[len(latencies)/2], "p50-ms")
				b.ReportMetric(latencies[len(latencies)*99/100], "p99-ms")
			}
		})
	}
}
