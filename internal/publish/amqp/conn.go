package amqp

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// bufferSize is what is gathered for one write: some sixty events.
const bufferSize = 64 << 10

// conn is the connection under the AMQP client. It makes three things sure that
// the client does not:
//
//   - No write lasts longer than the timeout, and the first error in either
//     direction closes the socket. Otherwise a silent broker blocks Publish in
//     write(2) for ever, with a lock that the client's own shutdown waits for.
//   - Between hold and flush, writes are gathered, while amqp091-go alone would
//     do one system call a message.
//   - No read lasts longer than the silence that is allowed. amqp091-go, if it
//     sees SetReadDeadline, wakes a goroutine for that with each frame.
type conn struct {
	stream  net.Conn // TCP or TLS
	raw     net.Conn
	timeout time.Duration
	silence atomic.Int64          // nanoseconds; 0: no limit
	heard   time.Time             // when the limit of silence was last set; Read's
	began   bool                  // something was read, or TLS is expected; Read's
	failure atomic.Pointer[error] // the first one

	mu    sync.Mutex
	held  bool
	buf   []byte
	wrote time.Time // when the timeout was last set
}

// renewals is how often a deadline is set anew in its time. To set it with each
// read and write may wake a thread each time.
const renewals = 8

func newConn(raw net.Conn, timeout time.Duration, tls bool) *conn {
	return &conn{stream: raw, raw: raw, timeout: timeout, buf: make([]byte, 0, bufferSize), began: tls}
}

// Read implements io.Reader.
func (c *conn) Read(p []byte) (int, error) {
	err := c.renewSilence()
	n := 0
	if err == nil {
		n, err = c.stream.Read(p)
	}
	if !c.began && n > 0 {
		c.began = true
		if isAlert(p[:n]) {
			n, err = 0, errSpeaksTLS
		}
	}
	if err != nil {
		c.fail(err)
	}
	return n, err
}

// isAlert reports whether the first bytes that come are a TLS alert: its record type
// and the major version of all TLS (RFC 8446, 5.1). AMQP begins with 1 or 'A'.
func isAlert(first []byte) bool { return len(first) >= 2 && first[0] == 21 && first[1] == 3 }

// allowSilence sets how long the other side may say nothing, also for the read
// that is under way.
func (c *conn) allowSilence(limit time.Duration) error {
	c.silence.Store(int64(limit))
	return c.stream.SetReadDeadline(time.Now().Add(limit))
}

func (c *conn) renewSilence() error {
	now, limit := time.Now(), time.Duration(c.silence.Load())
	if limit == 0 || now.Sub(c.heard) < limit/renewals {
		return nil
	}
	c.heard = now
	return c.stream.SetReadDeadline(now.Add(limit))
}

// Write implements io.Writer. While held, an error may concern earlier data.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.buf)+len(p) > cap(c.buf) {
		if err := c.writeBuffer(); err != nil {
			return 0, err
		}
	}
	if c.held && len(p) <= cap(c.buf) {
		c.buf = append(c.buf, p...)
		return len(p), nil
	}
	return c.write(p)
}

// hold starts to gather what is written.
func (c *conn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
}

// flush writes what was gathered and ends hold. Its errors come up again with
// whatever is done next on the connection.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	_ = c.writeBuffer()
}

func (c *conn) writeBuffer() error {
	if len(c.buf) == 0 {
		return nil
	}
	_, err := c.write(c.buf)
	c.buf = c.buf[:0]
	return err
}

func (c *conn) write(p []byte) (int, error) {
	n, err := 0, error(nil)
	if now := time.Now(); now.Sub(c.wrote) >= c.timeout/renewals {
		c.wrote = now
		err = c.stream.SetWriteDeadline(now.Add(c.timeout))
	}
	if err == nil {
		n, err = c.stream.Write(p)
	}
	if err != nil {
		c.fail(err)
	}
	return n, err
}

// fail records why the connection ends, if nothing did before, and ends it.
// Whoever is in Read or Write returns at once.
func (c *conn) fail(err error) {
	c.failure.CompareAndSwap(nil, &err)
	c.raw.Close()
}

// Close closes the socket without TLS's close message, which could block; AMQP's
// own has been sent by then.
func (c *conn) Close() error { return c.raw.Close() }

// err returns why the connection ended, nil if nothing failed.
func (c *conn) err() error {
	if err := c.failure.Load(); err != nil {
		return *err
	}
	return nil
}
