package endtoend

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// allFiles is a perfdata file whose results are also in a log, if they change
// something, and in a status file that is replaced every five seconds.
var allFiles = writtenFile{
	name: "all", file: perfdataFile.file, config: allConfig, line: perfdataFile.line, beside: writeLogAndStatus,
}

func allConfig(dir, url string) string {
	return fmt.Sprintf(`
supervisor: none
connector: nagios
connector_name: bench
readers:
  log: {path: %[1]s/nagios.log, begin: beginning}
  status: {path: %[1]s/status.dat}
  perfdata: {service: {path: %[1]s/service-perfdata, template: '%[2]s', mode: a}, begin: beginning}
journal: {path: %[1]s/journal.db}
quarantine: {path: %[1]s/quarantine.ndjson}
publish: {amqp: {urls: [%[3]q]}}
log: {level: warn}
`, dir, serviceTemplate, url)
}

// benchObjects is how many services perfdataLine writes about, in turn. Each result
// of one has another state than the one before.
const benchObjects = 200 * 50

// writeLogAndStatus returns what writes the log line of a result, in front of its
// perfdata line, and what ends the writing of status files.
func writeLogAndStatus(b *testing.B, dir string) (before func(i int), end func()) {
	b.Helper()
	log, err := os.Create(filepath.Join(dir, "nagios.log"))
	if err != nil {
		b.Fatal(err)
	}
	var results writtenResults
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if err := replaceStatus(dir, results.last()); err != nil {
					b.Error(err)
				}
			}
		}
	}()
	before = func(i int) {
		now := time.Now().Unix()
		if state := i % 3; state != 0 || i >= benchObjects {
			name := []string{"OK", "WARNING", "CRITICAL"}[state]
			_, err := fmt.Fprintf(log, "[%d] SERVICE ALERT: server-%03d.example.com;Disk usage /var/lib/%d;%s;HARD;1;"+
				"DISK %s - free space: / %d MB (56%% inode=89%%):\n", now, i%200, i/200%50, name, name, i)
			if err != nil {
				b.Error(err)
			}
		}
		results.add(i, now)
	}
	return before, func() {
		close(stop)
		<-stopped
		log.Close()
	}
}

// writtenResults are the last results of the services, by their objects' numbers.
type writtenResults struct {
	mu  sync.Mutex
	all [benchObjects]writtenResult
}

type writtenResult struct {
	number int
	at     int64 // unix seconds; 0: none was written yet
}

func (w *writtenResults) add(number int, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[number%benchObjects] = writtenResult{number, at}
}

func (w *writtenResults) last() [benchObjects]writtenResult {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all
}

// replaceStatus writes a status file with the last result of each service. One with
// other times than log and perfdata have would show results of its own.
func replaceStatus(dir string, results [benchObjects]writtenResult) error {
	next := filepath.Join(dir, "status.new")
	f, err := os.Create(next)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "info {\n\tcreated=%d\n\tversion=4.4.6\n\t}\n\n", time.Now().Unix())
	for _, last := range results {
		if last.at == 0 {
			continue
		}
		i := last.number
		state := i % 3
		fmt.Fprintf(w, "servicestatus {\n\thost_name=server-%03d.example.com\n"+
			"\tservice_description=Disk usage /var/lib/%d\n\thas_been_checked=1\n"+
			"\tcurrent_state=%d\n\tstate_type=1\n\tcurrent_attempt=1\n\tmax_attempts=1\n"+
			"\tcheck_execution_time=0.123\n\tlast_check=%d\n"+
			"\tplugin_output=DISK %s - free space: / %d MB (56%% inode=89%%):\n"+
			"\tperformance_data=/=%dMB;5948;5958;0;5968 /boot=68MB;88;93;0;98\n\t}\n\n",
			i%200, i/200%50, state, last.at, []string{"OK", "WARNING", "CRITICAL"}[state], i, i)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, "status.dat"))
}
