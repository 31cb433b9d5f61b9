package endtoend

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// replay runs a pipeline, within the test's process, on files that the test
// writes as a Nagios would; the events stay in memory.
type replay struct {
	t     *testing.T
	dir   string
	plan  *assembly.Plan
	scope outbox.Scope
	stop  func() // ends the pipeline

	mu       sync.Mutex
	events   []event
	rejected []supervision.Rejected
	changed  time.Time
	stored   map[string]time.Time // the last position of each reader
	written  map[string]time.Time // what it has to read

	positions, states map[string][]byte
}

// readers are the names of the readers, by what they read.
var readers = map[string]string{
	"nagios.log": "log", "status.dat": "status", "host-perfdata": "perfdata-host",
	"service-perfdata": "perfdata-service",
}

// replayConfig is a nagios.cfg with Nagios' default templates.
const replayConfig = `log_file={DIR}/nagios.log
log_archive_path={DIR}/archives
object_cache_file={DIR}/objects.cache
status_file={DIR}/status.dat
process_performance_data=1
host_perfdata_file={DIR}/host-perfdata
service_perfdata_file={DIR}/service-perfdata
log_service_retries=1
log_host_retries=1
retain_state_information=1
`

// newReplay starts a pipeline that reads an empty site with these objects.
func newReplay(t *testing.T, objects []byte) *replay {
	t.Helper()
	r := &replay{
		t: t, dir: t.TempDir(), changed: time.Now(), stored: map[string]time.Time{}, written: map[string]time.Time{},
		positions: map[string][]byte{}, states: map[string][]byte{},
	}
	if err := os.Mkdir(r.path("archives"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.put("objects.cache", objects)
	r.put("nagios.cfg", []byte(strings.ReplaceAll(replayConfig, "{DIR}", r.dir)))
	l, err := config.Parse(strings.NewReader(Settings{
		"supervisor": r.path("nagios.cfg"), "connector_name": "replay", "readers.log.begin": "beginning",
		"readers.perfdata.begin": "beginning", "mapping.events.downtime_comment": true,
	}.YAML(t)), "replay.yml")
	if err != nil {
		t.Fatal(err)
	}
	if r.plan, err = assembly.Resolve(l, "/"); err != nil {
		t.Fatal(err)
	}
	r.scope = r.plan.Sites[0].Scope
	r.start()
	t.Cleanup(func() { r.stop() })
	r.settle() // all readers have seen that there is nothing yet
	return r
}

// start runs a pipeline from where the one before has ended.
func (r *replay) start() {
	r.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	p, err := r.plan.Sites[0].Build(ctx, assembly.Parts{
		Outbox: r, Quarantine: r, Tally: tally.New(log, time.Now), Logger: log, Serves: r.plan.Serves,
	})
	if err != nil {
		stop()
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r.stop = func() {
		stop()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	}
}

// whileStopped lets the test write several files before any of them is read.
func (r *replay) whileStopped(write func()) {
	r.t.Helper()
	r.stop()
	write()
	r.start()
}

func (r *replay) path(name string) string { return filepath.Join(r.dir, name) }

// put replaces a file.
func (r *replay) put(name string, content []byte) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name)+".new", content, 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.written[readers[name]] = time.Now()
	if err := os.Rename(r.path(name)+".new", r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

// add appends to a file.
func (r *replay) add(name, text string) {
	r.t.Helper()
	if text == "" {
		return
	}
	r.written[readers[name]] = time.Now()
	f, err := os.OpenFile(r.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// settle waits until nothing more comes of what was written: the log is looked
// at every quarter of a second, and waits half a second for what follows a
// passive result.
func (r *replay) settle() {
	r.t.Helper()
	Eventually(r.t, "a quiet pipeline", time.Minute, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for reader, at := range r.written {
			if reader != "" && r.stored[reader].Before(at) {
				return false
			}
		}
		return time.Since(r.changed) > 1200*time.Millisecond
	})
}

// got returns the events up to now, in their order.
func (r *replay) got() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

// quarantined returns what was rejected up to now.
func (r *replay) quarantined() []supervision.Rejected {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rejected
}

// Position, States, Store and Add make it an outbox and a quarantine.

func (r *replay) Position(key string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.positions[key], nil
}

func (r *replay) States(scope outbox.Scope, yield func(string, []byte) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, value := range r.states {
		if own, ok := scope.Cut(key); ok {
			if err := yield(own, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *replay) Store(_ context.Context, c outbox.Commit) (func(context.Context) error, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range c.Events {
		one := event{}
		one.RoutingKey, one.MessageId, one.Body = e.RoutingKey, e.MessageID, e.Body
		if err := json.Unmarshal(e.Body, &one.body); err != nil {
			r.t.Errorf("%q: %v", e.Body, err)
		}
		r.events = append(r.events, one)
	}
	if len(c.Events) > 0 || c.Position != nil {
		r.changed = time.Now()
	}
	if c.Position != nil {
		source, _ := r.scope.Cut(c.Source)
		r.stored[source] = time.Now()
		r.positions[c.Source] = slices.Clone(c.Position)
	}
	for _, s := range c.States {
		if s.Value == nil {
			delete(r.states, s.Key)
			continue
		}
		r.states[s.Key] = slices.Clone(s.Value)
	}
	return func(context.Context) error { return nil }, nil
}

func (r *replay) Add(items ...supervision.Rejected) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected = append(r.rejected, items...)
	return nil
}
