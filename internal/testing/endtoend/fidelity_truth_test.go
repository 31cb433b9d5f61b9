package endtoend

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// This file reads what Nagios wrote in the plainest way there is, to have
// something to compare the connector with. Where it can, it asks the plugin's
// own notes: each run is known by the number in its output.

// utf8 reads Latin-1 where text is not UTF-8 already.
func utf8(s string) string {
	valid := strings.ToValidUTF8(s, "\xff")
	if valid == s {
		return s
	}
	decoded, _ := charmap.Windows1252.NewDecoder().String(s)
	return decoded
}

// result is a check result of which the truth is known.
type result struct {
	entity  entity
	n       string // the number in the output, empty if it has none
	saying  saying // numbered
	passive bool
	state   int // by the exit code, as Nagios takes it; of a host 0 or 1
	started time.Time
	ended   time.Time
}

var runNumber = regexp.MustCompile(`\d{19}`)

// results returns what was executed and handed over, by number and, where the
// output has none, by entity.
func (s *scenario) results() (byNumber map[string]result, runs []result) {
	byNumber = map[string]result{}
	known := sayings()
	for _, c := range s.site.Checks() {
		host, service := s.site.Entity(c.Key)
		r := result{
			entity: entity{utf8(host), utf8(service)}, n: strconv.FormatInt(c.N(), 10), started: c.Start, ended: c.End,
		}
		if c.End.IsZero() {
			r.saying, r.n, r.state = hangs, "", 2
			runs = append(runs, r)
			continue
		}
		what, ok := known[template(c, r.n)]
		if !ok {
			s.t.Errorf("the plugin printed what no test had set: %q", c.Output)
		}
		r.saying = what.numbered(r.n)
		r.state = c.Exit
		if service == "" {
			r.state = min(c.Exit/2, 1)
		}
		if c.Exit > 3 {
			r.state, r.n = 2, ""
		}
		byNumber[r.n] = r
		runs = append(runs, r)
	}
	for _, p := range s.passive {
		r := result{
			entity: p.entity, n: p.n, saying: p.saying, passive: true, state: p.saying.exit, started: p.at, ended: p.at,
		}
		byNumber[p.n] = r
		runs = append(runs, r)
	}
	delete(byNumber, "")
	return byNumber, runs
}

// line is a record of a perfdata file.
type line struct {
	entity entity
	time   int64
	n      string
	moved  bool              // it stands in a file that was moved into the spool directory
	fields map[string]string // macros, by name; bytes as in the file
}

var perfdataKey = regexp.MustCompile(`(?:^|\t)([A-Z]+)::`)

// perfdataTruth reads the lines of the perfdata files, of hosts and services,
// in their order.
func perfdataTruth(t testing.TB, site *testnagios.Site) []line {
	var all []line
	for _, kind := range []string{"host", "service"} {
		paths, err := filepath.Glob(filepath.Join(site.Dir, "perfdata", kind+"-perfdata.*"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(paths)
		for i, path := range append(paths, filepath.Join(site.Dir, kind+"-perfdata")) {
			for l := range strings.Lines(string(readIfThere(t, path))) {
				one := perfdataTruthOf(t, strings.TrimSuffix(l, "\n"))
				one.moved = i < len(paths)
				all = append(all, one)
			}
		}
	}
	return all
}

func perfdataTruthOf(t testing.TB, text string) line {
	fields := map[string]string{}
	if keys := perfdataKey.FindAllStringSubmatchIndex(text, -1); len(keys) > 0 {
		for i, at := range keys {
			end := len(text)
			if i+1 < len(keys) {
				end = keys[i+1][0]
			}
			fields[text[at[2]:at[3]]] = text[at[1]:end]
		}
	} else { // Nagios' default templates
		names := []string{"DATATYPE", "TIMET", "HOSTNAME", "HOSTEXECUTIONTIME", "REST"}
		if strings.HasPrefix(text, "[SERVICEPERFDATA]\t") {
			names = []string{
				"DATATYPE", "TIMET", "HOSTNAME", "SERVICEDESC", "SERVICEEXECUTIONTIME", "SERVICELATENCY", "REST",
			}
		}
		for i, value := range strings.SplitN(text, "\t", len(names)) {
			fields[names[i]] = value
		}
	}
	at, err := strconv.ParseInt(fields["TIMET"], 10, 64)
	if err != nil {
		t.Fatalf("perfdata line %q: %v", text, err)
	}
	return line{
		entity: entity{utf8(fields["HOSTNAME"]), utf8(fields["SERVICEDESC"])},
		time:   at, n: runNumber.FindString(text), fields: fields,
	}
}

// stateLine is what the log reports of the state of an object.
type stateLine struct {
	alert     bool // ALERT; else CURRENT or INITIAL STATE
	entity    entity
	time      int64
	state     string
	stateType string
	attempt   float64
	output    string // in UTF-8
	n         string
}

var stateLines = regexp.MustCompile(`(?m)^\[(\d+)\] (CURRENT|INITIAL|)(?: ?)(HOST|SERVICE) (ALERT|STATE): (.*)$`)

// logStates reads the state lines of the log, in their order.
func logStates(t testing.TB, site *testnagios.Site) []stateLine {
	return stateLinesOf(string(readIfThere(t, filepath.Join(site.Dir, "archives/nagios-renamed.log"))) +
		string(site.Read("nagios.log")))
}

func stateLinesOf(text string) (all []stateLine) {
	for _, m := range stateLines.FindAllStringSubmatch(text, -1) {
		at, _ := strconv.ParseInt(m[1], 10, 64)
		l := stateLine{alert: m[4] == "ALERT", time: at}
		fields := strings.SplitN(m[5], ";", 6)
		l.entity.host = utf8(fields[0])
		if m[3] == "SERVICE" {
			l.entity.service = utf8(fields[1])
			fields = fields[1:]
		} else {
			fields = strings.SplitN(m[5], ";", 5)
		}
		l.state, l.stateType, l.output = fields[1], fields[2], utf8(fields[4])
		l.attempt, _ = strconv.ParseFloat(fields[3], 64)
		l.n = runNumber.FindString(l.output)
		if l.output != "" && l.output != "(null)" {
			all = append(all, l)
		}
	}
	return all
}

// statusBlock is a block of the status file.
type statusBlock struct {
	kind   string
	fields map[string]string // bytes as in the file
}

// statusBlocks reads a status file.
func statusBlocks(t testing.TB, text []byte) []statusBlock {
	var all []statusBlock
	for l := range strings.Lines(string(text)) {
		l = strings.TrimSuffix(l, "\n")
		if kind, ok := strings.CutSuffix(l, " {"); ok && !strings.HasPrefix(l, "\t") {
			all = append(all, statusBlock{kind, map[string]string{}})
			continue
		}
		key, value, ok := strings.Cut(strings.TrimPrefix(l, "\t"), "=")
		if ok && len(all) > 0 {
			all[len(all)-1].fields[key] = value
		}
	}
	if len(all) == 0 {
		t.Error("an empty status file")
	}
	return all
}

func (b statusBlock) entity() entity {
	return entity{utf8(b.fields["host_name"]), utf8(b.fields["service_description"])}
}

func (b statusBlock) number(key string) float64 {
	f, _ := strconv.ParseFloat(b.fields[key], 64)
	return f
}

// statusFile is one that Nagios wrote, and how long it stood.
type statusFile struct {
	text        []byte
	seen, until time.Time
}

// brief reports whether a reader may have missed a file, since it was still busy with
// the one before: Nagios deletes the last one when it stops.
func (f statusFile) brief() bool { return f.until.Sub(f.seen) < readerLag }

// readerLag is how long the reader of the status file may wait for that of the
// log: a passive result or a rotated log has to be quiet for half a second, which
// is looked at every quarter. The rest is a busy machine's.
const readerLag = 1500 * time.Millisecond

// statusRecord gathers the status files as Nagios writes them.
type statusRecord struct {
	files []statusFile // valid after stop

	path         string
	done, halted chan struct{}
}

// recordStatus begins to gather.
func recordStatus(path string) *statusRecord {
	r := &statusRecord{path: path, done: make(chan struct{}), halted: make(chan struct{})}
	go r.run()
	return r
}

func (r *statusRecord) run() {
	defer close(r.halted)
	var last os.FileInfo
	for {
		select {
		case <-r.done:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if last = r.look(last); last != nil {
			r.files[len(r.files)-1].until = time.Now()
		}
	}
}

// look takes the file if it is another one than last, and returns which one is
// there now; nil while Nagios is not running.
func (r *statusRecord) look(last os.FileInfo) os.FileInfo {
	f, err := os.Open(r.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	now, err := f.Stat()
	if err != nil || last != nil && os.SameFile(last, now) && now.ModTime().Equal(last.ModTime()) {
		return last
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return last
	}
	r.files = append(r.files, statusFile{text: text, seen: time.Now()})
	return now
}

func (r *statusRecord) stop() {
	close(r.done)
	<-r.halted
}
