package amqp

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

const (
	// farewell is how long the broker may take to answer that we leave.
	farewell = time.Second
	// frameSize is RabbitMQ's own default, 128 KiB.
	frameSize = 128 << 10
)

// session is a connection to one broker with its channel in confirm mode.
type session struct {
	conn     *conn
	client   *amqp091.Connection
	channel  *amqp091.Channel
	returned chan amqp091.Return // room for the whole window
	down     chan struct{}       // closed when the channel has ended
	ended    *amqp091.Error      // why, in the client's words; valid after down
	watchers sync.WaitGroup
}

// connect resolves the name, dials, logs in, looks for the exchange and opens
// the channel, all within the connect timeout.
func (p *Publisher) connect(ctx context.Context, a address) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.options.ConnectTimeout, errSilent)
	defer cancel()
	login, err := p.login(a)
	if err != nil {
		return nil, &fault{classCredentials, err}
	}
	raw, err := p.dialer.dial(ctx, a)
	if err != nil {
		return nil, err
	}
	// amqp091-go knows no context: closing the socket is what interrupts it.
	c := newConn(raw, p.options.WriteTimeout, a.tls)
	stop := context.AfterFunc(ctx, func() { c.fail(context.Cause(ctx)) })
	defer stop()
	s := &session{conn: c, down: make(chan struct{})}
	if err = p.open(ctx, s, a, login); err != nil {
		f := connectFault(err, c.err())
		if a.tls && s.client == nil && f.class == classLost {
			// TLS 1.3 refuses a client certificate after its handshake, and the
			// reset of the connection may overtake the alert that says so.
			f = &fault{classTLS, f.err}
		}
		s.close()
		if address := raw.RemoteAddr().String(); address != a.hostPort() {
			f = &fault{f.class, fmt.Errorf("at %s: %w", address, f.err)}
		}
		return nil, f
	}
	return s, nil
}

// connectFault prefers what the broker reported, then what the network did, to the
// client's reading of it: any silence during the login is "wrong password" to
// the client.
func connectFault(err, network error) *fault {
	if network == nil {
		return explain(err)
	}
	lost := explain(network)
	if lost.class != classLost {
		return lost
	}
	// A wrong password looks like a lost connection to the network.
	if refusal := explain(err); refusal.class != classLost {
		return refusal
	}
	return lost
}

func (p *Publisher) open(ctx context.Context, s *session, a address, login amqp091.Authentication) error {
	if a.tls {
		config, err := p.options.TLS.Config(a.host)
		if err != nil {
			return &fault{classCredentials, err}
		}
		secure := tls.Client(s.conn.raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		s.conn.stream = secure
	}
	properties := amqp091.NewConnectionProperties()
	properties.SetClientConnectionName(p.options.AppID)
	client, err := amqp091.Open(s.conn, amqp091.Config{
		SASL:       []amqp091.Authentication{login},
		Vhost:      a.vhost,
		Heartbeat:  p.options.Heartbeat,
		FrameSize:  frameSize,
		Locale:     "en_US",
		Properties: properties,
	})
	if err != nil {
		return err
	}
	s.client = client
	if err := s.conn.allowSilence(client.Config.Heartbeat * 3 / 2); err != nil {
		return err
	}
	p.watchBlocked(s)
	if err := p.findExchange(s.client); err != nil {
		return err
	}
	if s.channel, err = s.client.Channel(); err != nil {
		return err
	}
	s.watchChannel()
	// More returns than sent messages can't be: amqp091-go never has to wait
	// for us, after which it would drop them.
	s.returned = s.channel.NotifyReturn(make(chan amqp091.Return, p.options.Window))
	return s.channel.Confirm(false)
}

// login reads the credentials as they are now.
func (p *Publisher) login(a address) (amqp091.Authentication, error) {
	if p.options.Mechanism == External {
		return &amqp091.ExternalAuth{}, nil
	}
	user, password := a.user, a.password
	if p.options.User != "" {
		user = p.options.User
	}
	if p.options.Password.IsSet() {
		var err error
		if password, err = p.options.Password.Read(); err != nil {
			return nil, err
		}
	}
	if user == "" && password == "" {
		user, password = "guest", "guest"
	}
	return &amqp091.PlainAuth{Username: user, Password: password}, nil
}

// findExchange looks for the exchange on a channel of its own, since RabbitMQ
// closes the channel if it is missing or differs.
func (p *Publisher) findExchange(client *amqp091.Connection) error {
	channel, err := client.Channel()
	if err != nil {
		return err
	}
	err = channel.ExchangeDeclarePassive(p.options.Exchange, amqp091.ExchangeTopic, true, false, false, false, nil)
	if err == nil {
		return channel.Close()
	}
	if !p.options.DeclareExchange || explain(err).class != classExchange {
		return err
	}
	if channel, err = client.Channel(); err != nil {
		return err
	}
	err = channel.ExchangeDeclare(p.options.Exchange, amqp091.ExchangeTopic, true, false, false, false, nil)
	if err != nil {
		return err
	}
	p.options.Log.Info("created the exchange", "exchange", p.options.Exchange)
	return channel.Close()
}

// watchBlocked follows the broker's alarms until the connection ends.
func (p *Publisher) watchBlocked(s *session) {
	alarms := s.client.NotifyBlocked(make(chan amqp091.Blocking, 8))
	s.watchers.Go(func() {
		var since time.Time
		for alarm := range alarms {
			if alarm.Active && since.IsZero() {
				since = time.Now()
				p.options.Log.Warn("the broker has blocked publishing, events wait", "reason", alarm.Reason)
			}
			if !alarm.Active && !since.IsZero() {
				p.options.Log.Info("the broker takes events again", "after", time.Since(since).Round(time.Millisecond))
				since = time.Time{}
			}
			p.window.block(alarm.Active)
			p.block(alarm)
		}
		p.window.block(false)
		p.block(amqp091.Blocking{})
	})
}

func (p *Publisher) block(alarm amqp091.Blocking) {
	p.monitor.Update(func(s *publish.State) {
		s.Blocked = alarm.Reason
		if alarm.Active && alarm.Reason == "" {
			s.Blocked = "not reported"
		}
	})
}

// watchChannel waits for the end of the channel, which the end of the
// connection includes.
func (s *session) watchChannel() {
	closed := s.channel.NotifyClose(make(chan *amqp091.Error, 1))
	s.watchers.Go(func() {
		s.ended = <-closed
		close(s.down)
	})
}

// cause returns why the channel is ending. It waits until it has ended, and sees
// to it that it does.
func (s *session) cause() error {
	timer := time.AfterFunc(farewell, func() { s.conn.fail(errSilent) })
	defer timer.Stop()
	<-s.down
	if s.ended != nil && s.ended.Server {
		return s.ended
	}
	if err := s.conn.err(); err != nil {
		return err
	}
	return cmp.Or(s.ended, amqp091.ErrClosed)
}

// close closes the connection in order if the broker still listens, and waits
// until nothing of the session runs any more.
func (s *session) close() {
	if s.client != nil && s.conn.err() == nil {
		timer := time.AfterFunc(farewell, func() { s.conn.fail(errSilent) })
		// An error here means that the connection is closed, as it should be.
		_ = s.client.Close()
		timer.Stop()
	}
	s.conn.Close()
	s.watchers.Wait()
}
