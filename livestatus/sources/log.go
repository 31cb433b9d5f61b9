package sources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
)

// Log reads the table log.
type Log struct {
	supervision.Meter
	options Options
	client  *livestatus.Client
	looks   chan struct{}
}

var (
	_ supervision.Source = (*Log)(nil)
	_ supervision.Gauge  = (*Log)(nil)
)

// NewLog makes a source; it does nothing before Run.
func NewLog(o Options) (*Log, error) {
	o.setDefaults()
	client, err := livestatus.New(o.Server)
	if err != nil {
		return nil, err
	}
	return &Log{options: o, client: client, looks: make(chan struct{}, 1)}, nil
}

// Name is the key of the source's position.
func (l *Log) Name() string { return LogName }

// Look makes the source look at the log now: the present state waits for what the log
// shows.
func (l *Log) Look() {
	select {
	case l.looks <- struct{}{}:
	default:
	}
}

// settleTime is how long the log must be quiet until the last line is taken to have no
// other behind it that belongs to it, as in nagios/logfile.
const settleTime = 500 * time.Millisecond

// Run reads from the stored position until ctx ends. An error means that the log can't
// be read now: the pipeline starts it again, and nobody waits for it meanwhile.
func (l *Log) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	defer l.client.Close()
	r := &logRun{Log: l, log: l.options.Logger, emit: emit}
	err := r.begin(ctx, from)
	for err == nil {
		if err = r.read(ctx); err != nil {
			break
		}
		if r.files.rotated && time.Since(r.files.looked) > findEvery {
			if err = r.files.find(ctx, r, r.place.from()); err != nil {
				break
			}
		}
		wait := l.options.Poll
		if r.parser.Waiting() != "" {
			wait = settleTime
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-l.looks:
			timer.Stop()
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case r.failed != nil:
		return r.failed
	}
	return fmt.Errorf("reading the supervisor's log: %w", err)
}

// logRun is one Run of a Log.
type logRun struct {
	*Log
	log    *slog.Logger
	emit   supervision.Emit
	failed error // of emit

	server *livestatus.Server
	parser *logfile.Parser
	place  logPlace
	files  logFiles
	window time.Duration // of one query while it catches up
	stored string        // the position that was emitted last

	quiet    time.Time // since when nothing has come while a line waits
	ended    time.Time // when the end of the log was seen last
	waiting  string    // the Ref of the record that is held back
	complete time.Time // everything from before this moment was emitted
}

// begin finds out who answers, and where to go on.
func (r *logRun) begin(ctx context.Context, from []byte) error {
	var err error
	if r.server, err = r.client.Probe(ctx); err != nil {
		return err
	}
	if !r.server.HasTable("log") {
		return errors.New("the server has no table log: set readers.livestatus.log to off")
	}
	r.window = firstWindow
	r.parser = logfile.NewParser(r.server.Program)
	position, err := decodeLogPosition(from)
	if err != nil {
		r.log.Error("the stored position can't be used; the log is read from now on", "err", err)
	}
	if len(from) == 0 || err != nil {
		position.From, err = r.now(ctx)
		if err != nil {
			return err
		}
	}
	if position.Program != "" {
		r.parser = logfile.NewParser(position.Program)
	}
	for _, line := range position.Held {
		r.parser.Add(line)
	}
	r.place = newLogPlace(position)
	return r.files.find(ctx, r, r.place.from())
}

// apart is how much two clocks must differ to be worth a look at the checks.
const apart = 5 * time.Minute

// now returns the present by the supervisor's clock, as far as the checks of hosts show
// it: a clock that is wrong must not hide hours of the log.
func (r *logRun) now(ctx context.Context) (int64, error) {
	var newest int64
	_, err := r.client.Query(ctx, livestatus.Query{Table: hosts, Columns: []string{"last_check"}},
		func(row []livestatus.Value) error {
			stamp, _ := row[0].Integer()
			newest = max(newest, stamp)
			return nil
		})
	now := time.Now()
	if newest > 0 && now.Sub(time.Unix(newest, 0)).Abs() > apart {
		return newest, err
	}
	return now.Unix(), err
}

const (
	firstWindow = 10 * time.Minute
	manyLines   = 50_000 // of one answer: the next window is shorter
)

// read reads up to the end of the log, in parts of bounded size.
func (r *logRun) read(ctx context.Context) error {
	for {
		asked := time.Now()
		from := r.place.from()
		until := from + int64((r.window+overlap*time.Second)/time.Second)
		atEnd := until > asked.Unix()
		if atEnd {
			until = 0
		}
		lines, err := r.lines(ctx, from, until)
		if err != nil {
			return err
		}
		switch {
		case len(lines) > manyLines:
			r.window = max(r.window/2, 10*time.Second)
		case len(lines) < manyLines/4:
			r.window = min(r.window*2, time.Hour)
		}
		if err := r.take(ctx, lines, until, asked, atEnd); err != nil || atEnd {
			return err
		}
	}
}

// line is a line of the log.
type line struct {
	time   int64 // unix seconds
	number int64 // in its file; 0: not reported
	text   []byte
}

// notifications is the class of lines that are not asked for: there is one for each
// contact, and nothing depends on them.
const notifications = "3"

// lines returns the lines from a second on, oldest first; until 0 means no end.
func (r *logRun) lines(ctx context.Context, from, until int64) (lines []line, err error) {
	columns := r.server.Only("log", []string{"time", "message", "lineno"})
	filters := []livestatus.Filter{livestatus.Compare("class", "!=", notifications), since(from)}
	if until != 0 {
		filters = append(filters, livestatus.Compare("time", "<", strconv.FormatInt(until, 10)))
	}
	filters = append(filters, r.files.filters(from)...)
	answer, err := r.client.Query(ctx, livestatus.Query{Table: "log", Columns: columns, Filters: filters},
		func(row []livestatus.Value) error {
			stamp, ok := row[0].Integer()
			if !ok {
				return fmt.Errorf("the table log has the time %.40q", row[0].Bytes())
			}
			l := line{time: stamp, text: slices.Clone(row[1].Bytes())}
			if len(row) > 2 {
				l.number, _ = row[2].Integer()
			}
			lines = append(lines, l)
			return nil
		})
	if err != nil {
		return nil, explainLog(err)
	}
	for backend, why := range answer.Failed {
		return nil, fmt.Errorf("LMD has no log of its backend %s (%s): a site for each backend "+
			"(readers.livestatus.backend) lets one fail without the others", backend, strings.TrimSpace(why))
	}
	return inOrder(lines), nil
}

// explainLog adds what a server without a log needs.
func explainLog(err error) error {
	var e *livestatus.Error
	if errors.As(err, &e) && e.Code != 0 && e.Code != livestatus.CodeTooLarge {
		return fmt.Errorf("%w (Icinga 2 has the table log only with its feature compatlog; without a log, set "+
			"readers.livestatus.log to off)", err)
	}
	return err
}

func since(second int64) livestatus.Filter {
	return livestatus.Compare("time", ">=", strconv.FormatInt(second, 10))
}

// inOrder returns lines oldest first: Naemon and Nagios answer with the newest first,
// the others with the oldest. In one second the order of the answer counts.
func inOrder(lines []line) []line {
	if n := len(lines); n > 1 {
		first, last := lines[0], lines[n-1]
		if first.time > last.time || first.time == last.time && first.number > last.number {
			slices.Reverse(lines)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(a.time - b.time) })
	return lines
}
