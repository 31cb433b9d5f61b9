package endtoend

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

const (
	rateWarmUp  = 2  // seconds before anything is measured
	rateSeconds = 10 // of a run in which CPU time and latencies are measured
	syncSeconds = 5  // of a run in which syncs are counted
)

// spoolFile is the segment of a broker module.
var spoolFile = writtenFile{
	name: "module", file: "spool/neb-1700000000000000-1-1.log", config: spoolConfig, line: segmentLine,
}

func segmentLine(w io.Writer, i int) {
	if i == 0 {
		io.WriteString(w, "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::1\tLOST::0\n")
	}
	now := float64(time.Now().UnixMicro()) / 1e6
	fmt.Fprintf(w,
		"DATATYPE::SERVICECHECK\tTIMET::%.6f\tHOSTNAME::server-%03d.example.com\tSERVICEDESC::Disk usage /var/lib/%d\t"+
			"SERVICESTATEID::%d\tSERVICESTATETYPE::HARD\tSERVICEATTEMPT::1\tMAXSERVICEATTEMPTS::3\t"+
			"SERVICECHECKTYPE::ACTIVE\tLASTSERVICECHECK::%.6f\tSERVICEEXECUTIONTIME::0.123\tSERVICELATENCY::0.045\t"+
			"SERVICECHECKCOMMAND::check_disk!80!90\tACKNOWLEDGED::0\tFLAPPING::0\tDOWNTIMEDEPTH::0\t"+
			"HOSTADDRESS::10.0.0.1\tHOSTGROUPNAMES::linux,site-1\t"+
			"SERVICEOUTPUT::DISK - free space: / %d MB (56%% inode=89%%);\t"+
			"SERVICEPERFDATA::/=%dMB;5948;5958;0;5968 /boot=68MB;88;93;0;98\n",
		now, i%200, i/200%50, i%3, now-0.2, i, i)
}

func spoolConfig(dir, url string) string {
	return fmt.Sprintf(`
supervisor: none
connector: nagios
connector_name: bench
readers: {module: {enabled: on, path: %[1]s/spool}}
journal: {path: %[1]s/journal.db}
quarantine: {path: %[1]s/quarantine.ndjson}
publish: {amqp: {urls: [%[2]q]}}
log: {level: warn}
`, dir, url)
}

// BenchmarkRates measures what a connector costs at the rates that sites have,
// and how long a result takes from the file to the queue:
//
//	cpu-%           percent of a core
//	syncs/s         fsync and fdatasync: one for each commit of the journal, and a
//	                few for its checkpoints; counted in a run of its own
//	p50-ms, p99-ms  from the write of the line to the delivery of the message
//
// With all readers together, p50/alone and p99/alone compare the latencies with those
// of the perfdata file by itself, in the same run.
//
// N2C_BASELINE names the binary of another version, such as that of the main
// branch. Its runs alternate with ours: cpu/base is the ratio of the two, and
// its own figures are logged.
func BenchmarkRates(b *testing.B) {
	binaries, rounds := []string{builtBinary(b)}, 1
	if baseline := os.Getenv("N2C_BASELINE"); baseline != "" {
		binaries, rounds = append(binaries, baseline), 2
	}
	broker := testbroker.Start(b, testbroker.Options{})
	queue := exchange(b, broker)
	for _, file := range []writtenFile{perfdataFile, spoolFile, logFile, allFiles} {
		for _, rate := range []int{30, 300, 3000} {
			b.Run(fmt.Sprintf("%s/%d", file.name, rate), func(b *testing.B) {
				source := ratedSource{broker, queue, file, rate}
				for b.Loop() {
					costs := make([]rateCost, len(binaries))
					for range rounds {
						for i, binary := range binaries {
							source.measure(b, binary, &costs[i])
						}
					}
					for i, binary := range binaries {
						costs[i].syncs = source.syncs(b, binary)
					}
					costs[0].report(b)
					if file.beside != nil {
						var alone rateCost
						ratedSource{broker, queue, perfdataFile, rate}.measure(b, binaries[0], &alone)
						b.ReportMetric(costs[0].latency(50)/alone.latency(50), "p50/alone")
						b.ReportMetric(costs[0].latency(99)/alone.latency(99), "p99/alone")
					}
					if len(costs) > 1 {
						b.Logf("baseline: %s", costs[1])
						b.ReportMetric(costs[0].mean()/costs[1].mean(), "cpu/base")
					}
				}
			})
		}
	}
}

// rateCost is what the runs of one binary cost.
type rateCost struct {
	cpu       []float64 // percent of a core, in each run
	latencies []float64 // milliseconds, of all runs
	syncs     float64   // a second; negative when they can't be counted
}

func (c rateCost) mean() float64 {
	sum := 0.0
	for _, cpu := range c.cpu {
		sum += cpu
	}
	return sum / float64(len(c.cpu))
}

func (c rateCost) latency(percent int) float64 {
	slices.Sort(c.latencies)
	return c.latencies[len(c.latencies)*percent/100]
}

func (c rateCost) report(b *testing.B) {
	b.ReportMetric(c.mean(), "cpu-%")
	b.ReportMetric(c.latency(50), "p50-ms")
	b.ReportMetric(c.latency(99), "p99-ms")
	if c.syncs >= 0 {
		b.ReportMetric(c.syncs, "syncs/s")
	}
}

func (c rateCost) String() string {
	return fmt.Sprintf("%.1f cpu-%%, %.1f p50-ms, %.1f p99-ms, %.0f syncs/s",
		c.mean(), c.latency(50), c.latency(99), c.syncs)
}

// ratedSource is a file that is written at a steady rate.
type ratedSource struct {
	broker *testbroker.Broker
	queue  string
	file   writtenFile
	rate   int // lines a second
}

// measure adds the cost of one run.
func (s ratedSource) measure(b *testing.B, binary string, cost *rateCost) {
	b.Helper()
	var before float64
	var began time.Time
	s.run(b, binary, rateSeconds, func(pid int) { before, began = procCPU(b, pid), time.Now() },
		func(pid int, latencies []float64) {
			cost.cpu = append(cost.cpu, 100*(procCPU(b, pid)-before)/time.Since(began).Seconds())
			cost.latencies = append(cost.latencies, latencies...)
		})
}

// syncs counts the calls of fsync and fdatasync a second, by strace: nothing in
// /proc counts them. A filter in the kernel lets all other calls pass untraced.
func (s ratedSource) syncs(b *testing.B, binary string) float64 {
	b.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		b.Log("strace is not installed: syncs are not counted")
		return -1
	}
	dir := b.TempDir()
	calls, traced := filepath.Join(dir, "calls"), filepath.Join(dir, "traced")
	// With -D the connector is our own child, as without strace.
	script := fmt.Sprintf("#!/bin/sh\nexec %s -D -f -qq --seccomp-bpf -e trace=fsync,fdatasync -e signal=none -ttt "+
		"-o %s %s \"$@\"\n",
		strace, calls, binary)
	if err := os.WriteFile(traced, []byte(script), 0o700); err != nil {
		b.Fatal(err)
	}
	var began, ended time.Time
	s.run(b, traced, syncSeconds, func(int) { began = time.Now() }, func(int, []float64) { ended = time.Now() })
	f, err := os.Open(calls)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text()) // process, time, call
		if len(words) < 3 || !strings.Contains(words[2], "sync(") {
			continue // the second half of a call
		}
		seconds, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			b.Fatalf("strace wrote %q", lines.Text())
		}
		if at := time.UnixMicro(int64(seconds * 1e6)); at.After(began) && at.Before(ended) {
			n++
		}
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return float64(n) / ended.Sub(began).Seconds()
}

// run runs a connector while the file is written. It calls warm after the
// warm-up, and done with the latencies when all messages have been delivered.
func (s ratedSource) run(b *testing.B, binary string, seconds int, warm func(pid int),
	done func(pid int, latencies []float64)) {
	b.Helper()
	dir := b.TempDir()
	path := filepath.Join(dir, s.file.file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := s.file.line
	if s.file.beside != nil {
		before, end := s.file.beside(b, dir)
		defer end()
		line = func(w io.Writer, i int) {
			before(i)
			s.file.line(w, i)
		}
	}
	c := NewConnector(b, binary, s.file.config(dir, s.broker.URL()))
	c.Start()
	latencies := paced(b, s.broker, s.queue, f, line, pace{
		rate: s.rate, warmUp: rateWarmUp * s.rate, n: seconds * s.rate, warm: func() { warm(c.PID()) },
	})
	done(c.PID(), latencies)
	c.Stop()
}
