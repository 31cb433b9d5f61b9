package endtoend

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat/statustest"
)

// BenchmarkLargeSite measures the whole process on the status file and object
// cache of 100,000 services and 10,000 hosts: how long it takes until all of the
// first reading has been delivered (first-s), its memory, and its CPU when nothing
// happens.
func BenchmarkLargeSite(b *testing.B) {
	binary, broker := builtBinary(b), testbroker.Start(b, testbroker.Options{})
	queue := exchange(b, broker)
	for b.Loop() {
		dir := b.TempDir()
		for _, name := range []string{"nagios.log", "host-perfdata", "service-perfdata"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
		largeSite(b, dir)
		seen, stop := discard(b, broker, queue)
		c := NewConnector(b, binary, siteConfig(dir, broker.URL()))
		began := time.Now()
		c.Start()
		for seen.Load() < largeHosts+largeServices {
			time.Sleep(100 * time.Millisecond)
		}
		first := time.Since(began).Seconds()
		// Another version of the status file, in which nothing has changed.
		touched := filepath.Join(dir, "status.new")
		writeStatus(b, touched, time.Now())
		before := procCPU(b, c.PID())
		if err := os.Rename(touched, filepath.Join(dir, "status.dat")); err != nil {
			b.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		reread := procCPU(b, c.PID()) - before
		b.Logf("%d events", seen.Load())
		before = procCPU(b, c.PID())
		const quiet = 30
		time.Sleep(quiet * time.Second)
		idle := (procCPU(b, c.PID()) - before) / quiet
		b.ReportMetric(first, "first-s")
		b.ReportMetric(peakRSS(b, c.PID()), "peak-MB")
		b.ReportMetric(reread, "reread-cpu-s")
		b.ReportMetric(100*idle, "idle-%")
		c.Stop()
		stop()
	}
}

const hostTemplate = `DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$` +
	`\tHOSTSTATE::$HOSTSTATE$\tHOSTOUTPUT::$HOSTOUTPUT$`

func siteConfig(dir, url string) string {
	return fmt.Sprintf(`
supervisor: none
connector: nagios
connector_name: bench
readers:
  log: {path: %[1]s/nagios.log}
  status: {path: %[1]s/status.dat}
  objects: {path: %[1]s/objects.cache}
  perfdata:
    host: {path: %[1]s/host-perfdata, mode: a, template: '%[4]s'}
    service: {path: %[1]s/service-perfdata, mode: a, template: '%[2]s'}
journal: {path: %[1]s/journal.db, max_size: 8GiB}
quarantine: {path: %[1]s/quarantine.ndjson}
publish: {amqp: {urls: [%[3]q]}}
`, dir, serviceTemplate, url, hostTemplate)
}

const largeHosts, largeServices = 10_000, 100_000

func writeStatus(b *testing.B, path string, created time.Time) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := statustest.Write(f, largeHosts, largeServices, 1, created.Unix()); err != nil {
		b.Fatal(err)
	}
}

// largeSite writes the status file and object cache of a large site.
func largeSite(b *testing.B, dir string) {
	b.Helper()
	writeStatus(b, filepath.Join(dir, "status.dat"), time.Now())
	f, err := os.Create(filepath.Join(dir, "objects.cache"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range largeHosts {
		fmt.Fprintf(w, "define host {\n\thost_name\t%s\n\talias\tServer %d\n\taddress\t10.%d.%d.%d\n"+
			"\tcheck_command\tcheck-host-alive\n\tmax_check_attempts\t3\n\t_SITE\tsite-%d\n\t}\n\n",
			statustest.HostName(i), i, i>>16, i>>8&255, i&255, i%20)
	}
	for i := range largeServices {
		fmt.Fprintf(w, "define service {\n\thost_name\t%s\n\tservice_description\t%s\n"+
			"\tcheck_command\tcheck_nrpe!check_%d\n\tmax_check_attempts\t4\n\t_APP\tapp-%d\n\t}\n\n",
			statustest.HostName(i%largeHosts), statustest.ServiceName(i/largeHosts), i/largeHosts, i%50)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}

// lastWrite waits until nothing has been written to a journal for a second, and
// returns when that was. Nobody can look into a journal while a connector has it
// open.
func lastWrite(b *testing.B, path string) time.Time {
	b.Helper()
	for {
		info, err := os.Stat(path + "-wal")
		if err == nil && info.Size() > 0 && time.Since(info.ModTime()) > time.Second {
			return info.ModTime()
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// mustHold checks the number of events in a journal that no connector has open.
func mustHold(b *testing.B, path string, want int) {
	b.Helper()
	if got, err := countEvents(path); err != nil || got != want {
		b.Fatalf("%d events are in the journal, %v, want %d", got, err, want)
	}
}
