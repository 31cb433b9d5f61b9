package amqp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

// Publisher sends the messages of a queue to RabbitMQ. Run does the work. State
// may be called from any goroutine.
type Publisher struct {
	options   Options
	addresses []address
	window    *window
	dialer    *dialer
	monitor   *publish.Monitor
}

// New checks the options and opens nothing. Its error joins all faults, each of
// which is an *option.Fault; none shows any part of a password.
func New(options Options) (*Publisher, error) {
	addresses, err := options.check()
	if err != nil {
		return nil, err
	}
	options.Password = options.secret()
	if options.Log == nil {
		options.Log = slog.Default()
	}
	return &Publisher{
		options:   options,
		addresses: addresses,
		window:    newWindow(options.Window, options.WindowBytes),
		dialer:    newDialer(),
		monitor:   publish.NewMonitor(),
	}, nil
}

// State returns how the target is doing.
func (p *Publisher) State() publish.State {
	state := p.monitor.State()
	if state.Working {
		state.InFlight = p.window.inFlight()
	}
	return state
}

// Run sends what is in the queue after ID from, until the context ends: then
// it waits for the confirmations on the way, no longer than Options.Grace, and
// returns nil. An error is the queue's. The broker's faults are logged, shown by
// State, and retried without end.
func (p *Publisher) Run(ctx context.Context, queue publish.Queue, from int64) error {
	d := &delivery{
		Publisher: p,
		queue:     queue,
		released:  from,
		retry:     retry{min: p.options.RetryMin, max: p.options.RetryMax},
		outage:    outage{log: p.options.Log},
		patience:  newPatience(p.options.ConfirmTimeout),
	}
	for broker := 0; ; broker = (broker + 1) % len(p.addresses) {
		err := d.connectAndSend(ctx, p.addresses[broker])
		var failed *queueError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &failed):
			return failed
		}
		d.fault(p.addresses[broker], err)
		d.retry.wait(ctx)
	}
}

// delivery is one Run: what lasts longer than a connection.
type delivery struct {
	*Publisher
	queue    publish.Queue
	released int64 // everything up to this ID
	retry    retry
	outage   outage
	patience *patience
	refused  refusals
}

// queueError is an error of the queue, which ends Run, and not of the broker.
type queueError struct {
	doing string
	err   error
}

func (e *queueError) Error() string { return e.doing + ": " + e.err.Error() }
func (e *queueError) Unwrap() error { return e.err }

// connectAndSend serves one connection until it is lost or the context ends.
func (d *delivery) connectAndSend(ctx context.Context, broker address) error {
	d.monitor.Update(func(s *publish.State) { s.Place = broker.String() })
	session, err := d.connect(ctx, broker)
	if err != nil {
		return err
	}
	defer session.close()
	if d.monitor.State().Connects == 0 {
		d.options.Log.Info("connected to the broker", "broker", broker.String(),
			"address", session.conn.raw.RemoteAddr().String())
	}
	d.monitor.Update(func(s *publish.State) { s.Working = true; s.Connects++ })
	defer d.monitor.Update(func(s *publish.State) { s.Working = false })

	for connected := time.Now(); ; {
		before := d.released
		err := d.send(ctx, session, broker)
		if d.released > before || time.Since(connected) > d.options.RetryMax {
			d.retry.reset()
		}
		var refusal *fault
		if errors.As(err, &refusal) && (refusal.class == classUnroutable || refusal.class == classNacked) {
			// The connection is good, and everything on it is settled.
			d.fault(broker, refusal)
			d.retry.wait(ctx)
			continue
		}
		if err != nil && explain(err).class == classUnconfirmed {
			d.patience.exhausted()
		}
		return err
	}
}

// fault makes a fault visible.
func (d *delivery) fault(broker address, err error) {
	f := explain(err)
	d.outage.fault(broker, f)
	d.monitor.Fail(f.Error())
}
