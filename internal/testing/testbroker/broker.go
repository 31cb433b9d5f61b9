package testbroker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// What a client logs in with. The password has every character that is
// special in a URL, so that forgetting to quote or to mask it shows.
const (
	User     = "cpsrabbit"
	Password = "p@ss/w%rd:?#sec"
	VHost    = "canopsis"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// Options choose what a broker can do beyond plain AMQP.
type Options struct {
	// TLS adds an AMQPS listener that demands a client certificate, and the
	// SASL mechanism EXTERNAL.
	TLS bool
	// Config holds further lines for rabbitmq.conf.
	Config []string
}

// Broker is a running or stopped RabbitMQ node. Its methods are for one
// goroutine at a time, except those that only use a client connection
// (declare, delete, drain) and URL.
type Broker struct {
	dir     string
	ports   ports
	certs   *Certificates
	account *syscall.Credential // nil: our own
	epmd    *process
	node    *process // nil while stopped
	usedCPU float64  // seconds, of the nodes that ended
}

// Start runs a broker for the rest of the test. It fails the test, naming the
// missing package, when RabbitMQ isn't installed. With -short it skips the test.
func Start(t testing.TB, options Options) *Broker {
	t.Helper()
	skipIfShort(t)
	b, err := Launch(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Launch is Start for code without a testing.TB. Close ends the broker.
func Launch(options Options) (*Broker, error) {
	if _, err := program("rabbitmq-server"); err != nil {
		return nil, err
	}
	b := &Broker{}
	if err := b.prepare(options); err != nil {
		b.Close()
		return nil, fmt.Errorf("preparing a RabbitMQ: %w", err)
	}
	if err := b.startEpmd(); err != nil {
		b.Close()
		return nil, fmt.Errorf("starting epmd: %w", err)
	}
	if err := b.Start(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close kills whatever runs and removes all files.
func (b *Broker) Close() {
	b.Kill()
	if b.epmd != nil {
		b.epmd.kill()
		b.epmd = nil
	}
	os.RemoveAll(b.dir)
}

// Start starts the broker again after Stop or Kill, on the same ports and the
// same data, and returns when clients can log in.
func (b *Broker) Start() error {
	path, err := program("rabbitmq-server")
	if err != nil {
		return err
	}
	b.node, err = b.run(path)
	if err != nil {
		return fmt.Errorf("starting RabbitMQ: %w", err)
	}
	deadline := time.After(startTimeout)
	for {
		conn, err := b.Dial()
		if err == nil {
			return conn.Close()
		}
		select {
		case <-b.node.exited:
			return fmt.Errorf("RabbitMQ ended while starting:\n%s", b.logTail())
		case <-deadline:
			return fmt.Errorf("RabbitMQ accepts no login %v after its start (%w):\n%s", startTimeout, err, b.logTail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop shuts the broker down as an administrator would: clients are notified.
func (b *Broker) Stop() error {
	if b.node == nil {
		return nil
	}
	if err := b.node.signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping RabbitMQ: %w", err)
	}
	select {
	case <-b.node.exited:
	case <-time.After(stopTimeout):
		return errors.New("stopping RabbitMQ: it still runs after " + stopTimeout.String())
	}
	b.Kill() // what it may have left of its process group
	return nil
}

// Kill ends the broker at once, as a power failure would.
func (b *Broker) Kill() {
	if b.node == nil {
		return
	}
	b.usedCPU += b.node.kill()
	b.node = nil
}

// Pause freezes the broker (SIGSTOP): its sockets stay open and take data
// until the kernel's buffers are full, and nobody answers.
func (b *Broker) Pause() error { return b.node.signal(syscall.SIGSTOP) }

// Resume lets a paused broker go on.
func (b *Broker) Resume() error { return b.node.signal(syscall.SIGCONT) }

// SetMemoryAlarm raises or clears the memory alarm, under which RabbitMQ
// blocks every connection that publishes.
func (b *Broker) SetMemoryAlarm(on bool) error {
	watermark := "0.4"
	if on {
		watermark = "0.0000001"
	}
	return b.Control("set_vm_memory_high_watermark", watermark)
}

// Sync writes what was declared to the disk. RabbitMQ keeps that in memory
// alone for up to two seconds, and loses it when it is killed before.
func (b *Broker) Sync() error { return b.Control("eval", "mnesia:sync_log().") }

// Control runs rabbitmqctl on the broker. It takes about two seconds.
func (b *Broker) Control(args ...string) error {
	path, err := program("rabbitmqctl")
	if err != nil {
		return err
	}
	ctl, err := b.run(path, args...)
	if err != nil {
		return fmt.Errorf("running rabbitmqctl %s: %w", args[0], err)
	}
	<-ctl.exited
	if ctl.err != nil {
		return fmt.Errorf("rabbitmqctl %s: %w", strings.Join(args, " "), ctl.err)
	}
	return nil
}

// CPU returns the CPU seconds, user and system, that the broker has used in all
// its runs.
func (b *Broker) CPU() float64 {
	if b.node == nil {
		return b.usedCPU
	}
	return b.usedCPU + b.node.cpu()
}

// Addr is the plain AMQP listener's host:port.
func (b *Broker) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.ports.amqp))
}

// URL returns the broker's address with user, password and vhost.
func (b *Broker) URL() string { return b.URLAt(b.Addr()) }

// URLAt is URL for another host:port that leads to the broker.
func (b *Broker) URLAt(addr string) string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(User, Password), Host: addr, Path: "/" + VHost}
	return u.String()
}

// TLSURL returns the address of the AMQPS listener, without user and password.
// The certificate names localhost.
func (b *Broker) TLSURL() string {
	return fmt.Sprintf("amqps://localhost:%d/%s", b.ports.amqps, VHost)
}

// Certificates returns the files of the TLS option, nil without it.
func (b *Broker) Certificates() *Certificates { return b.certs }

// Dial opens a plain connection as the test's user.
func (b *Broker) Dial() (*amqp091.Connection, error) {
	return amqp091.DialConfig(b.URL(), amqp091.Config{
		Heartbeat: 10 * time.Second,
		Dial:      amqp091.DefaultDial(2 * time.Second),
	})
}

// run starts a program in the broker's own environment, as its user.
func (b *Broker) run(path string, args ...string) (*process, error) {
	return startProcess(processSpec{
		path: path, args: args, env: b.environment(), dir: b.dir,
		account: b.account, output: filepath.Join(b.dir, "output"),
	})
}

func (b *Broker) startEpmd() error {
	path, err := program("epmd")
	if err != nil {
		return err
	}
	b.epmd, err = b.run(path, "-port", strconv.Itoa(b.ports.epmd))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return awaitListener(ctx, b.ports.epmd)
}
