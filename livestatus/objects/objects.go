package objects

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/objectcache"
)

const (
	// lookEvery is the time between two looks whether the supervisor has started anew.
	lookEvery = 30 * time.Second
	// loadEvery is the longest time between two readings: Icinga 2 takes objects on
	// without a start.
	loadEvery = 10 * time.Minute
	// firstLoad bounds what the first reading may keep the events waiting.
	firstLoad = 10 * time.Second
)

// Watcher answers from the newest complete reading. It implements
// supervision.Inventory, and knows no object until the first one.
type Watcher struct {
	client *livestatus.Client
	log    *slog.Logger
	look   time.Duration

	inventory atomic.Pointer[objectcache.Inventory]
	whole     atomic.Bool // the last look found the objects, of all backends, as they are known

	failed   map[string]string // backends of an LMD that lack in the newest reading
	started  time.Time         // the supervisor, when its objects were read; zero: not read
	loaded   time.Time         // when they were read, by our clock
	reported string            // the last error that was logged or returned; empty: all is well
}

var _ supervision.Inventory = (*Watcher)(nil)

// New returns a Watcher, which does nothing before Load or Run. Each fault of the
// options is an *option.Fault.
func New(o livestatus.Options, log *slog.Logger) (*Watcher, error) {
	client, err := livestatus.New(o)
	if err != nil {
		return nil, err
	}
	return &Watcher{client: client, log: log, look: lookEvery}, nil
}

// Object returns what is known of an entity, nil if it is unknown.
func (w *Watcher) Object(e supervision.Entity) *supervision.Object {
	if inv := w.inventory.Load(); inv != nil {
		return inv.Object(e)
	}
	return nil
}

// Lacks reports whether the server, read whole, has no such entity. It is false as long
// as the server does not answer, or a backend of it fails.
func (w *Watcher) Lacks(e supervision.Entity) bool {
	inv := w.inventory.Load()
	if inv == nil || !w.whole.Load() {
		return false
	}
	stats := inv.Stats()
	return stats.Hosts > 0 && stats.Malformed == 0 && inv.Object(e) == nil
}

// Members returns the entities that a downtime of that scope covers, nil if the host or
// group that it is about is unknown.
func (w *Watcher) Members(scope supervision.DowntimeScope, e supervision.Entity, group string) []supervision.Entity {
	if inv := w.inventory.Load(); inv != nil {
		return inv.Members(scope, e, group)
	}
	return nil
}

// Hosts returns the names of all hosts.
func (w *Watcher) Hosts() iter.Seq[string] {
	if inv := w.inventory.Load(); inv != nil {
		return inv.Hosts()
	}
	return func(func(string) bool) {}
}

// Load reads the objects now, for ten seconds at most. The error is the
// caller's to log: Run does not log it again.
func (w *Watcher) Load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, firstLoad)
	defer cancel()
	err := w.refresh(ctx)
	w.changed(err)
	return err
}

// Run keeps what is known up to date until the context ends, which returns nil. It is
// not called while Load runs.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := w.refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case !w.changed(err):
		case err != nil:
			w.log.Warn("the objects are not read: events go out with what was read before, or without groups, "+
				"addresses and custom variables", "err", err)
		default:
			w.log.Info("the objects can be read again")
		}
	}
}

// changed stores the outcome of a look, and reports whether it differs from the one
// before.
func (w *Watcher) changed(err error) bool {
	w.whole.Store(err == nil)
	text, before := "", w.reported
	if err != nil {
		text = err.Error()
	}
	w.reported = text
	return text != before
}

// refresh reads the objects if the supervisor has started anew, or from time to time.
// The connection ends with it: some servers have few.
func (w *Watcher) refresh(ctx context.Context) error {
	defer w.client.Close()
	server, err := w.client.Probe(ctx)
	if err != nil {
		return err
	}
	if w.inventory.Load() != nil && server.Started.Equal(w.started) && time.Since(w.loaded) < loadEvery {
		return nil
	}
	began := time.Now()
	inventory, err := w.read(ctx, server)
	if inventory == nil || err != nil && w.inventory.Load() != nil {
		return err
	}
	if err != nil {
		w.inventory.Store(inventory) // better than nothing
		return err
	}
	first := w.inventory.Swap(inventory) == nil
	if first || !server.Started.Equal(w.started) {
		stats := inventory.Stats()
		w.log.Info("objects read over Livestatus", "hosts", stats.Hosts, "services", stats.Services,
			"hostgroups", stats.Hostgroups, "servicegroups", stats.Servicegroups,
			"took", time.Since(began).Round(time.Millisecond))
	}
	w.started, w.loaded = server.Started, began
	return nil
}

// read reads all objects. What it returns together with an error is a part of them.
func (w *Watcher) read(ctx context.Context, server *livestatus.Server) (*objectcache.Inventory, error) {
	w.failed = nil
	in, out := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, table := range []string{"hosts", "services"} {
			if err := w.write(ctx, server, table, out); err != nil {
				out.CloseWithError(err)
				return
			}
		}
		out.Close()
	}()
	inventory, err := objectcache.Parse(in)
	in.Close()
	<-ended // the client is one question's at a time
	if err == nil && len(w.failed) > 0 {
		err = fmt.Errorf("LMD lacks the objects of %d of its backends", len(w.failed))
	}
	return inventory, err
}

// properties are the columns of both tables, and what they are in an object cache.
// Expanded texts come first, where the server has them.
var properties = [][2]string{
	{"name", "host_name"}, {"host_name", "host_name"}, {"description", "service_description"}, {"alias", "alias"},
	{"address", "address"}, {"display_name", "display_name"}, {"check_command", "check_command"},
	{"max_check_attempts", "max_check_attempts"}, {"notes_expanded", "notes"},
	{"notes_url_expanded", "notes_url"}, {"action_url_expanded", "action_url"}, {"contact_groups", "contact_groups"},
	{"process_performance_data", "process_perf_data"}, {"groups", "host_groups"}, {"parents", "parents"},
	{"custom_variable_names", ""}, {"custom_variable_values", ""},
}

// write writes the objects of a table as those of an object cache.
func (w *Watcher) write(ctx context.Context, server *livestatus.Server, table string, to io.Writer) error {
	kind := strings.TrimSuffix(table, "s")
	var columns, keys []string
	for _, p := range properties {
		column, key := p[0], p[1]
		if table == "services" && column == "groups" {
			key = "service_groups"
		}
		if wanted(table, column) && server.Has(table, column) {
			columns, keys = append(columns, column), append(keys, key)
		}
	}
	var text strings.Builder
	answer, err := w.client.Query(ctx, livestatus.Query{Table: table, Columns: columns},
		func(row []livestatus.Value) error {
			text.Reset()
			fmt.Fprintf(&text, "define %s {\n", kind)
			writeProperties(&text, columns, keys, row)
			text.WriteString("\t}\n\n")
			_, err := io.WriteString(to, text.String())
			return err
		})
	if len(answer.Failed) > 0 {
		w.failed = answer.Failed
	}
	return err
}

// wanted reports whether a column that several tables have means the object itself.
func wanted(table, column string) bool {
	switch column {
	case "name", "alias", "address", "parents":
		return table == "hosts"
	case "host_name", "description":
		return table == "services"
	}
	return true
}

func writeProperties(to *strings.Builder, columns, keys []string, row []livestatus.Value) {
	var names []string
	for i, value := range row {
		switch columns[i] {
		case "custom_variable_names":
			names = value.Texts()
		case "custom_variable_values":
			for n, text := range value.Texts() {
				if n < len(names) {
					writeProperty(to, "_"+names[n], text)
				}
			}
		default:
			text := value.String()
			if value.Kind == livestatus.List {
				text = strings.Join(value.Texts(), ",")
			}
			writeProperty(to, keys[i], text)
		}
	}
}

// oneLine makes a text fit into one line.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ", "\x00", "")

func writeProperty(to *strings.Builder, key, value string) {
	if value != "" && !strings.ContainsAny(key, " \t\r\n") {
		to.WriteString("\t" + key + "\t" + oneLine.Replace(value) + "\n")
	}
}
