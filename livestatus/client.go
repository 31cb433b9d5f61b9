package livestatus

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Client asks one server, one question after the other. It is not safe for
// concurrent use.
type Client struct {
	options Options
	address address
	wrapped bool // the server is known to have wrapped_json
	conn    net.Conn
	used    bool // the connection has carried an answer
	buf     []byte
}

// New makes a client; it connects with the first query. Each fault of the options
// is an *option.Fault.
func New(o Options) (*Client, error) {
	a, err := o.check()
	if err != nil {
		return nil, err
	}
	return &Client{options: o, address: a}, nil
}

// Close ends the connection. The next query opens another one.
func (c *Client) Close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn, c.used = nil, false
	}
}

// Query asks, and calls each for each row of the answer, which has as many values as
// the query has columns. An error of each ends the query and is returned as it is;
// any other is an *Error. A connection that the server has closed meanwhile is
// opened anew, except for a query that waits: what it waits for may have happened.
func (c *Client) Query(ctx context.Context, q Query, each func(row []Value) error) (Answer, error) {
	text, err := q.text(c.options.Backend, c.wrapped)
	if err != nil {
		return Answer{}, c.fault(q, 0, err)
	}
	for {
		again := c.used
		answer, began, err := c.ask(ctx, q, text, each)
		if err == nil {
			return answer, nil
		}
		c.Close()
		var callers *callerError
		switch {
		case errors.As(err, &callers):
			return answer, callers.err
		case ctx.Err() != nil:
			return answer, c.fault(q, 0, ctx.Err())
		case again && !began && !isTimeout(err) && q.Trigger == "":
			continue
		}
		return answer, c.located(q, err)
	}
}

func (c *Client) fault(q Query, code int, err error) error {
	return &Error{Site: c.options.Site, Address: c.options.Address, Table: q.Table, Code: code, Err: err}
}

// located adds the place to an error that has none.
func (c *Client) located(q Query, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return c.fault(q, 0, err)
}

// callerError is an error of the function that takes the rows.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// ask asks once, and reports whether an answer began.
func (c *Client) ask(
	ctx context.Context, q Query, text string, each func([]Value) error,
) (answer Answer, began bool, err error) {
	if c.conn == nil {
		if c.conn, err = c.dial(ctx); err != nil {
			return answer, false, err
		}
	}
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	answer.Asked = time.Now()
	c.conn.SetWriteDeadline(answer.Asked.Add(c.options.Connect))
	if _, err := io.WriteString(c.conn, text); err != nil {
		return answer, false, fmt.Errorf("sending the query: %w", err)
	}
	wait := c.options.FirstByte
	if q.Trigger != "" {
		wait += q.Wait
	}
	code, length, n, err := c.header(ctx, wait)
	if err != nil {
		return answer, n > 0, err
	}
	body := &bodyReader{client: c, ctx: ctx, left: length}
	if code != CodeOK {
		return answer, true, c.refused(q, code, body)
	}
	if err := c.decode(q, body, &answer, each); err != nil {
		return answer, true, err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return answer, true, err
	}
	c.used = true
	return answer, true, nil
}

func (c *Client) decode(q Query, body io.Reader, answer *Answer, each func([]Value) error) error {
	d := decoder{body: body, buf: c.buf, answer: answer}
	err := d.decode(func(row []Value) error {
		if len(row) != len(q.Columns) {
			return fmt.Errorf("a row has %d values, not %d: %.200q", len(row), len(q.Columns), rowText(row))
		}
		if err := each(row); err != nil {
			return &callerError{err}
		}
		return nil
	})
	if c.buf = d.buf; len(c.buf) > 4*readSize {
		c.buf = nil // of one odd row
	}
	return err
}

// rowText shows a row in an error.
func rowText(row []Value) (text string) {
	for _, v := range row {
		text += v.String() + " "
	}
	return text
}

// dial connects.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Connect)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, c.address.network, c.address.where)
	if err != nil {
		return nil, err
	}
	if c.address.host == "" {
		return conn, nil
	}
	config, err := c.options.TLS.Config(c.address.host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	encrypted := tls.Client(conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", errTLS, err)
	}
	return encrypted, nil
}

// header reads the header of an answer. n is how many bytes came at all.
func (c *Client) header(ctx context.Context, wait time.Duration) (code int, length int64, n int, err error) {
	var b [headerSize + shown]byte
	if err := c.allow(ctx, wait); err != nil {
		return 0, 0, 0, err
	}
	n, err = io.ReadFull(c.conn, b[:headerSize])
	if err == nil {
		var ok bool
		if code, length, ok = parseHeader(b[:headerSize]); ok {
			return code, length, n, nil
		}
		// What comes at once is enough to show.
		c.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		more, _ := io.ReadFull(c.conn, b[headerSize:])
		return 0, 0, n, fmt.Errorf("%w, but with %q", errNoHeader, b[:min(n+more, shown)])
	}
	switch {
	case n > 0 && !isTimeout(err):
		return 0, 0, n, fmt.Errorf("%w, but is %q", errNoHeader, b[:n])
	case isTimeout(err):
		return 0, 0, n, fmt.Errorf("%w of %s: %w", errSilent, wait, os.ErrDeadlineExceeded)
	}
	return 0, 0, n, fmt.Errorf("the connection ended before an answer came: %w", err)
}

// allow lets the next read take so long.
func (c *Client) allow(ctx context.Context, wait time.Duration) error {
	c.conn.SetReadDeadline(time.Now().Add(wait))
	return ctx.Err() // it may have ended before the deadline was set
}

// refused reads the server's reason.
func (c *Client) refused(q Query, code int, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, 4<<10))
	if err != nil && len(text) == 0 {
		return err
	}
	return c.fault(q, code, fmt.Errorf("code %d, %.300q", code, firstLine(text)))
}

// bodyReader reads the body of an answer: as many bytes as its header says.
type bodyReader struct {
	client *Client
	ctx    context.Context
	left   int64
}

// Read returns errCut when the connection ends before the body does.
func (b *bodyReader) Read(to []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if err := b.client.allow(b.ctx, b.client.options.Body); err != nil {
		return 0, err
	}
	n, err := b.client.conn.Read(to[:min(int64(len(to)), b.left)])
	b.left -= int64(n)
	switch {
	case err == nil || n > 0:
		return n, nil
	case isTimeout(err):
		return n, fmt.Errorf("%w: %d bytes are missing: %w", errStalled, b.left, os.ErrDeadlineExceeded)
	case errors.Is(err, io.EOF):
		return n, fmt.Errorf("%w: %d bytes are missing", errCut, b.left)
	}
	return n, fmt.Errorf("%d bytes of the answer are missing: %w", b.left, cmp.Or(err, io.ErrUnexpectedEOF))
}
