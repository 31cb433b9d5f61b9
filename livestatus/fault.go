package livestatus

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Error is why a query has no answer.
type Error struct {
	Site    string // may be empty
	Address string
	Table   string
	// Code is the server's, 0 if it sent none. The codes are those of naemon-livestatus
	// (OutputBuffer.h); Checkmk and LMD add 502.
	Code int
	Err  error
}

// The codes that a caller may want to know.
const (
	CodeOK       = 200
	CodeNotFound = 404 // no such table
	CodeTooLarge = 413 // the answer, or the time for it
)

// Error names site, table and what to do.
func (e *Error) Error() string {
	of := ""
	if e.Site != "" {
		of = " of the site " + e.Site
	}
	text := fmt.Sprintf("Livestatus %s%s, table %s: %v", e.Address, of, e.Table, e.Err)
	if advice := e.advice(); advice != "" {
		text += ": " + advice
	}
	return text
}

// Unwrap returns what happened, without the place.
func (e *Error) Unwrap() error { return e.Err }

// What can go wrong with an answer.
var (
	errNoHeader = errors.New("the answer does not begin with a header of the form fixed16")
	errCut      = errors.New("the answer ends too early")
	errRowSize  = errors.New("a row of the answer is too long")
	errSilent   = errors.New("no answer within the time")
	errStalled  = errors.New("the answer stopped on its way")
	errTLS      = errors.New("TLS with the server fails")
)

// advice says what to do.
func (e *Error) advice() string {
	switch {
	case e.Code == CodeNotFound:
		return "the server has no such table: check that it is Livestatus, and which version"
	case e.Code == CodeTooLarge:
		return "the server refuses so large or slow an answer: raise its max_response_size or query_timeout"
	case e.Code == 403:
		return "the server does not permit this query: allow it for this client"
	case e.Code == 502:
		return "LMD can't reach its backend: look at LMD's log, or use the core's own socket"
	case e.Code != 0 && e.Code != CodeOK:
		return "the server does not take this query: report it with the server's name and version"
	}
	return adviceOn(e.Err)
}

func adviceOn(err error) string {
	switch {
	case errors.Is(err, os.ErrPermission):
		return "let the connector's user read and write the socket (on most systems by its group)"
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return "start the supervisor with its Livestatus module, or correct readers.livestatus.address"
	case errors.Is(err, errTLS):
		return "check that the port speaks TLS, readers.livestatus.tls, and the dates of the certificates"
	case errors.Is(err, errNoHeader):
		return "check that the address is that of Livestatus; behind xinetd, that unixcat reaches the socket"
	case errors.Is(err, errSilent):
		return "the server is overloaded, stopped or hangs"
	case errors.Is(err, errCut), errors.Is(err, errStalled), errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE),
		errors.Is(err, syscall.ECONNRESET):
		return "the server was stopped, or closed the connection; it is asked again"
	}
	return ""
}

// isTimeout reports whether a time-out ended a read or write.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// firstLine returns the first line of a server's text: Icinga 2 adds a stack trace.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if line == "" {
		return "(no text)"
	}
	return line
}
