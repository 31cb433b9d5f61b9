package sources

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// The names of the sources.
const (
	Name    = "livestatus"
	LogName = "livestatus-log"
)

// Options are the settings of both sources.
type Options struct {
	Server livestatus.Options
	// Poll is the time between two polls. Default 5 s.
	Poll time.Duration
	// Scan is the time between two readings of all objects. Default 1 min.
	Scan   time.Duration
	Logger *slog.Logger
}

func (o *Options) setDefaults() {
	o.Poll, o.Scan = cmp.Or(o.Poll, 5*time.Second), cmp.Or(o.Scan, time.Minute)
}

// Source reads the present state. Its progress has no offset and no size.
type Source struct {
	supervision.Meter
	options Options
	client  *livestatus.Client
	asks    func() []supervision.Entity
}

var (
	_ supervision.Source = (*Source)(nil)
	_ supervision.Gauge  = (*Source)(nil)
)

// New makes a source; it does nothing before Run. Each fault of the options of the
// server is an *option.Fault.
func New(o Options) (*Source, error) {
	o.setDefaults()
	client, err := livestatus.New(o.Server)
	if err != nil {
		return nil, err
	}
	return &Source{options: o, client: client}, nil
}

// Ask sets which objects each poll reports although nothing about them has changed:
// those of which another reader reported what the present state may deny. It is
// called before Run.
func (s *Source) Ask(asks func() []supervision.Entity) { s.asks = asks }

// Name is the key of the source's position.
func (s *Source) Name() string { return Name }

// Run polls until ctx ends. A server that does not answer is asked again, for ever.
func (s *Source) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	defer s.client.Close()
	r := s.newRun(from, emit)
	for ctx.Err() == nil {
		began := time.Now()
		err := r.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case r.out.Err() != nil:
			return r.out.Err()
		case err != nil:
			if err := r.failed(ctx, err); err != nil {
				return err
			}
		default:
			r.recovered()
		}
		r.rest(ctx, began, err != nil)
	}
	return nil
}

func (s *Source) newRun(from []byte, emit supervision.Emit) *run {
	memory, err := snapshot.Restore(from)
	if err != nil {
		s.options.Logger.Error("the stored position can't be used; all acknowledgements, comments and downtimes are "+
			"sent again", "err", err)
		memory = snapshot.New()
	}
	r := &run{
		options: s.options, log: s.options.Logger, client: s.client, memory: memory, asks: s.asks,
		objects: newKnownObjects(), faults: map[string]struct{}{}, pause: floor,
	}
	r.out.Read = func() time.Time { return r.read }
	r.out.Emit = func(ctx context.Context, batch supervision.Batch) error {
		if err := emit(ctx, batch); err != nil {
			return err
		}
		s.Handed(batch, s.options.Server.Address, -1, -1)
		return nil
	}
	return r
}
