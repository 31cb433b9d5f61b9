package endtoend

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// services is the number of services that a Load plays, ten on each host.
const services = 50

// Result is a check result of a Load. Its texts follow from its numbers.
type Result struct {
	Number   int // among all results, from 1
	Service  int // from 0
	Sequence int // among those of its service, from 1
	Time     time.Time
}

// Host is the name of the host.
func (r Result) Host() string { return fmt.Sprintf("host-%02d", r.Service/10) }

// Description is the name of the service.
func (r Result) Description() string { return fmt.Sprintf("Disk /vol%02d", r.Service) }

// State is the supervisor's number of the state.
func (r Result) State() int { return r.Sequence % 4 }

// StateName is the supervisor's name of the state.
func (r Result) StateName() string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[r.State()]
}

const outputFormat = "result %d, number %d of service %d"

// Output is the plugin's output.
func (r Result) Output() string {
	return fmt.Sprintf(outputFormat, r.Number, r.Sequence, r.Service)
}

// parseOutput reads what Output wrote.
func parseOutput(text string) (r Result, err error) {
	_, err = fmt.Sscanf(text, outputFormat, &r.Number, &r.Sequence, &r.Service)
	return r, err
}

// PerfdataTemplate is the service_perfdata_file_template of PerfdataLine.
const PerfdataTemplate = `DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$\tSERVICEDESC::$SERVICEDESC$` +
	`\tSERVICESTATE::$SERVICESTATE$\tSERVICESTATETYPE::$SERVICESTATETYPE$\tSERVICEATTEMPT::$SERVICEATTEMPT$` +
	`\tSERVICEOUTPUT::$SERVICEOUTPUT$\tSERVICEPERFDATA::$SERVICEPERFDATA$`

// PerfdataLine is a result as Nagios writes it to a perfdata file.
func PerfdataLine(r Result) string {
	return fmt.Sprintf("DATATYPE::SERVICEPERFDATA\tTIMET::%d\tHOSTNAME::%s\tSERVICEDESC::%s"+
		"\tSERVICESTATE::%s\tSERVICESTATETYPE::HARD\tSERVICEATTEMPT::1"+
		"\tSERVICEOUTPUT::%s\tSERVICEPERFDATA::used=%d%%;80;90;0;100\n",
		r.Time.Unix(), r.Host(), r.Description(), r.StateName(), r.Output(), r.Number%100)
}

// AlertLine is a result as Nagios writes it to its log.
func AlertLine(r Result) string {
	return fmt.Sprintf("[%d] SERVICE ALERT: %s;%s;%s;HARD;1;%s\n",
		r.Time.Unix(), r.Host(), r.Description(), r.StateName(), r.Output())
}

// Load plays a supervisor that appends a line for each check result to a file.
type Load struct {
	t      testing.TB
	path   string
	line   func(Result) string
	before func(Result) error // called before a line is written
	stop   func()             // ends what Start began

	mu      sync.Mutex
	file    *os.File
	last    [services]int // sequence of each service
	results []Result      // in the order of their numbers
	random  *rand.Rand
}

// NewLoad creates an empty file, in which nothing is written yet.
func NewLoad(t testing.TB, path string, line func(Result) string) *Load {
	t.Helper()
	l := &Load{
		t: t, path: path, line: line, before: func(Result) error { return nil }, stop: func() {},
		random: rand.New(rand.NewPCG(1, 2)),
	}
	l.reopen()
	t.Cleanup(func() {
		l.Stop()
		l.file.Close()
	})
	return l
}

func (l *Load) reopen() {
	l.t.Helper()
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	l.file = file
}

// Before makes f see each result before its line is written, to write it to
// another file as well.
func (l *Load) Before(f func(Result) error) { l.before = f }

// Write writes results at once.
func (l *Load) Write(count int) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var text strings.Builder
	for range count {
		line, err := l.next()
		if err != nil {
			l.t.Fatal(err)
		}
		text.WriteString(line)
	}
	if _, err := io.WriteString(l.file, text.String()); err != nil {
		l.t.Fatal(err)
	}
}

// Append writes what is no result, such as garbage.
func (l *Load) Append(text string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := io.WriteString(l.file, text); err != nil {
		l.t.Fatal(err)
	}
}

// next makes up the next result and returns its line.
func (l *Load) next() (string, error) {
	service := l.random.IntN(services)
	l.last[service]++
	r := Result{Number: len(l.results) + 1, Service: service, Sequence: l.last[service], Time: time.Now()}
	l.results = append(l.results, r)
	return l.line(r), l.before(r)
}

// Start writes so many results a second until Stop. Each line is one write(2),
// every tenth is two, with a pause between them.
func (l *Load) Start(perSecond int) {
	done, ended := make(chan struct{}), make(chan struct{})
	l.stop = sync.OnceFunc(func() { close(done); <-ended })
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if err := l.writeOne(); err != nil {
				l.t.Errorf("writing load: %v", err)
				return
			}
		}
	}()
}

func (l *Load) writeOne() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line, err := l.next()
	if err != nil {
		return err
	}
	if len(l.results)%10 == 0 {
		half := l.random.IntN(len(line))
		if _, err := io.WriteString(l.file, line[:half]); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
		line = line[half:]
	}
	_, err = io.WriteString(l.file, line)
	return err
}

// Stop ends what Start began.
func (l *Load) Stop() { l.stop() }

// Results returns what has been written so far.
func (l *Load) Results() []Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.results[:len(l.results):len(l.results)]
}

// Newest returns the newest result of each service.
func (l *Load) Newest() map[int]Result {
	newest := map[int]Result{}
	for _, r := range l.Results() {
		newest[r.Service] = r
	}
	return newest
}

// Rename rotates the file by renaming it; what follows is written to a new one.
func (l *Load) Rename(to string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.Rename(l.path, to); err != nil {
		l.t.Fatal(err)
	}
	l.file.Close()
	l.reopen()
}

// CopyTruncate rotates the file as logrotate's copytruncate does, without
// anything being written between the copy and the truncation.
func (l *Load) CopyTruncate(to string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	text, err := os.ReadFile(l.path)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o644); err != nil {
		l.t.Fatal(err)
	}
	if err := l.file.Truncate(0); err != nil {
		l.t.Fatal(err)
	}
}

// WriteStatus replaces the status file at a path by one that shows the newest
// result of each service.
func (l *Load) WriteStatus(path string) {
	l.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "info {\n\tcreated=%d\n\tversion=4.4.6\n\t}\n\n", time.Now().Unix())
	for _, r := range l.Newest() {
		fmt.Fprintf(&text,
			"servicestatus {\n\thost_name=%s\n\tservice_description=%s\n\thas_been_checked=1\n"+
				"\tcurrent_state=%d\n\tcurrent_attempt=1\n\tmax_attempts=1\n\tstate_type=1\n"+
				"\tplugin_output=%s\n\tlast_check=%d\n\tprocess_performance_data=1\n\t}\n\n",
			r.Host(), r.Description(), r.State(), r.Output(), r.Time.Unix())
	}
	if err := os.WriteFile(path+".tmp", []byte(text.String()), 0o644); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		l.t.Fatal(err)
	}
}
