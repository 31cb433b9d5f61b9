package sources

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// run is what one Run of a Source knows.
type run struct {
	options Options
	log     *slog.Logger
	client  *livestatus.Client
	memory  *snapshot.Memory
	out     snapshot.Batcher
	asks    func() []supervision.Entity // nil: nobody asks

	server  *livestatus.Server // nil: to be probed
	layouts layouts
	status  programStatus
	objects *knownObjects
	scanned time.Time // when all objects were read last, by our clock; zero: not yet

	waits    int                 // see rest
	pause    time.Duration       // after a failure
	reported string              // what was logged last; empty: the server answers
	faults   map[string]struct{} // rows that could not be read in the poll before
	faulty   map[string]struct{} // in this poll
	failing  map[string]string   // backends of an LMD
	skewed   bool                // the clocks were found to differ
	stale    bool                // an LMD was found to show an old state
	read     time.Time           // by when the server had made its last answer, by our clock
	stored   time.Time           // when a position was emitted last, by our clock
}

// poll reads what has changed, and emits it. An error leaves what is known as it is:
// the next poll finds the rest.
func (r *run) poll(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	now := time.Now()
	at := now.Add(r.objects.ahead(now))
	p := &poll{
		run: r, now: now, complete: snapshot.AllTables,
		isScan: now.Sub(r.scanned) >= r.options.Scan, isFirst: len(r.objects.keys) == 0,
	}
	p.reading = r.memory.Begin(at, fmt.Sprintf("%s:%d", Name, at.UnixMicro()))
	r.faulty = map[string]struct{}{}
	r.out.Begin()
	r.forgetAsked(p)
	if err := p.read(ctx); err != nil {
		return err
	}
	return r.finish(ctx, p)
}

// finish compares with the reading before, and hands over what has changed. The position
// changes with each reading; where nothing has happened, it need not be stored.
func (r *run) finish(ctx context.Context, p *poll) error {
	changes := p.reading.Finish(p.complete)
	if p.isScan {
		r.scanned = p.now
		if p.complete&snapshot.Objects != 0 {
			r.objects.forgetAbsent()
		}
	}
	r.noteClock(p.now)
	r.noteCache(p)
	r.faults = r.faulty
	r.backendsFailed(p.failed)
	if r.out.Added()+len(changes) == 0 && p.now.Sub(r.stored) < r.options.Scan {
		return r.out.Finish(ctx, nil, nil, p.now)
	}
	position, err := r.memory.Position()
	if err != nil {
		return err
	}
	r.stored = p.now
	return r.out.Finish(ctx, changes, position, p.now)
}

// prepare makes sure that the server is known, and the same as before.
func (r *run) prepare(ctx context.Context) error {
	if r.server == nil {
		server, err := r.client.Probe(ctx)
		if err != nil {
			return err
		}
		r.server, r.layouts = server, newLayouts(server)
		r.objects.useUpdates = r.layouts.keys[0].has(lastUpdate) && r.layouts.keys[1].has(lastUpdate)
		r.scanned = time.Time{} // an unknown time has passed
		r.log.Info("Livestatus answers", "server", string(server.Dialect), "core", server.Program,
			"livestatus_version", server.Version)
	}
	restarted, err := r.status.read(ctx, r)
	if err != nil || !restarted {
		return err
	}
	// It goes on from its retention file, which may hold older results than those that
	// were read: all of them are returned once more, as present states.
	r.log.Info("the supervisor has started anew", "at", r.status.startedAt())
	r.memory.Restarted()
	r.objects.forgetKeys()
	r.scanned = time.Time{}
	return nil
}

// forgetAsked lets the objects that others ask for be read and reported once more.
func (r *run) forgetAsked(p *poll) {
	if r.asks == nil {
		return
	}
	for _, e := range r.asks() {
		r.memory.Forget(e)
		r.objects.forgetKey(e)
		p.ask(e)
	}
}

// query asks, and counts what is wrong with the answer.
func (r *run) query(
	ctx context.Context, q livestatus.Query, each func([]livestatus.Value) error,
) (livestatus.Answer, error) {
	first := true
	answer, err := r.client.Query(ctx, q, func(row []livestatus.Value) error {
		if first { // servers send nothing before the whole answer is made
			first, r.read = false, time.Now()
		}
		return each(row)
	})
	for fault, n := range answer.Faults {
		r.out.Skip(fault.String(), n)
	}
	return answer, err
}

// reject sends a row to quarantine, unless it was there in the poll before: a fault
// stays for as long as the object does.
func (r *run) reject(v *values) {
	entity := v.entity().String()
	fault := v.layout.table + "\x00" + entity + "\x00" + v.err.Error()
	if len(r.faulty) < maxRejected {
		r.faulty[fault] = struct{}{}
	}
	if _, known := r.faults[fault]; known {
		return
	}
	if len(r.faulty) >= maxRejected {
		r.out.Skip(beyondRejected, 1)
		return
	}
	var raw []byte
	for i, value := range v.row {
		raw = fmt.Appendf(raw, "%s: %q\n", v.layout.names[i], value.Bytes())
	}
	r.out.Reject(supervision.Rejected{
		Source: Name, Where: fmt.Sprintf("%s, table %s, %s", r.options.Server.Address, v.layout.table, entity),
		Reason: v.err.Error(), Raw: raw[:min(len(raw), supervision.RawKept)],
	})
}

const (
	// maxRejected bounds what one poll can send to quarantine.
	maxRejected = 1000
	// beyondRejected counts the rest.
	beyondRejected = "unreadable row, after the first 1000 of a poll"
)
