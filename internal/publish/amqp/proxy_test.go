package amqp

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// proxy is a TCP way to the broker that can be cut or turned into a black hole:
// everything stays open, nothing comes through.
type proxy struct {
	listener net.Listener
	target   string
	wait     sync.WaitGroup

	mu     sync.Mutex
	opened int           // connections so far
	frozen chan struct{} // non-nil while frozen, closed to thaw
	conns  map[net.Conn]bool

	swallow atomic.Bool // the broker's confirmations don't come through
	hold    sync.Mutex  // while locked, they wait
}

// behindProxy returns the shared broker with an exchange and a queue of the test's own,
// and options that reach it through a proxy.
func behindProxy(t *testing.T) (broker *testbroker.Broker, queue string, p *proxy, options Options) {
	t.Helper()
	broker = quiet.Use(t)
	exchange, queue := topology(t, broker)
	p = newProxy(t, broker.Addr())
	options = quick(broker.URL(), exchange)
	options.URLs = []string{broker.URLAt(p.addr())}
	return broker, queue, p, options
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, conns: map[net.Conn]bool{}}
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		p.thaw()
		listener.Close()
		p.cut()
		p.wait.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.opened++
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		p.wait.Go(func() { p.forward(client, server) })
		p.wait.Go(func() { p.forwardFrames(server, client) })
	}
}

func (p *proxy) forward(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		p.pass()
		n, err := from.Read(buf)
		p.pass()
		if _, writeErr := to.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// forwardFrames forwards what the broker sends, frame by frame.
func (p *proxy) forwardFrames(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	in := bufio.NewReader(from)
	header := make([]byte, 7) // type, channel, size
	for {
		p.pass()
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(header[3:])+1) // and an end
		if _, err := io.ReadFull(in, frame); err != nil {
			return
		}
		p.pass()
		if isConfirmation(header, frame) {
			p.passConfirmation()
			if p.swallow.Load() {
				continue
			}
		}
		if _, err := to.Write(append(slices.Clone(header), frame...)); err != nil {
			return
		}
	}
}

// isConfirmation is true for the methods basic.ack and basic.nack.
func isConfirmation(header, frame []byte) bool {
	if header[0] != 1 || len(frame) < 4 || binary.BigEndian.Uint16(frame) != 60 {
		return false
	}
	method := binary.BigEndian.Uint16(frame[2:])
	return method == 80 || method == 120
}

// passConfirmation waits while confirmations are held.
func (p *proxy) passConfirmation() {
	p.hold.Lock()
	defer p.hold.Unlock()
}

// pass waits while frozen.
func (p *proxy) pass() {
	p.mu.Lock()
	frozen := p.frozen
	p.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// silentPeer is a listener that accepts and never answers.
func silentPeer(t *testing.T) (addr string) {
	t.Helper()
	return silentPeerAt(t, "127.0.0.1:0")
}

func silentPeerAt(t *testing.T, at string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				io.Copy(io.Discard, conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); wait.Wait() })
	return listener.Addr().String()
}
