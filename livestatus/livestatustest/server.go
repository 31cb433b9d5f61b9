package livestatustest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Row is a row of a table, by column. A column that a row lacks is empty.
type Row map[string]any

// Server is a Livestatus server.
type Server struct {
	Dialect Dialect

	t        testing.TB
	listener net.Listener
	path     string

	mu       sync.Mutex
	tables   map[string][]Row
	failed   map[string]string
	queries  []string
	conns    map[net.Conn]struct{}
	changed  chan struct{} // closed and replaced by each change
	accepted int
	meddle   func(conn net.Conn, query string) bool
}

// New starts a server of a dialect at a Unix socket. It ends with the test.
func New(t testing.TB, dialect Dialect) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "livestatus") // a test's own directory may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Dialect: dialect, t: t, path: filepath.Join(dir, "live"), tables: map[string][]Row{}}
	s.conns, s.changed = map[net.Conn]struct{}{}, make(chan struct{})
	s.tables["status"] = []Row{{
		"livestatus_version": dialect.Version, "program_version": dialect.Program, "program_start": 1700000000,
		"enable_notifications": 1, "execute_host_checks": 1, "execute_service_checks": 1,
	}}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Address is that of the server's socket.
func (s *Server) Address() string { return "unix:" + s.path }

// Start listens at the socket again, after Stop.
func (s *Server) Start() {
	s.t.Helper()
	listener, err := net.Listen("unix", s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.listener = listener
	s.mu.Unlock()
	go s.Serve(listener)
}

// Serve answers at a listener until that is closed.
func (s *Server) Serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.accepted++
		s.mu.Unlock()
		go s.serve(conn)
	}
}

// Stop closes the socket and all connections.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener.Close()
	for conn := range s.conns {
		conn.Close()
	}
}

// Set replaces the rows of a table.
func (s *Server) Set(table string, rows ...Row) {
	s.Change(func(t map[string][]Row) { t[table] = rows })
}

// Change changes the tables.
func (s *Server) Change(change func(tables map[string][]Row)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.tables)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Fail makes backends of an LMD fail, with a reason by their ids. Their rows are
// those that have the id in the column peer_key.
func (s *Server) Fail(failed map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = failed
}

// Queries returns the queries that came since the last call.
func (s *Server) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	queries := s.queries
	s.queries = nil
	return queries
}

// Accepted returns how many connections there were.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Meddle lets a function answer queries: it reports whether it has answered one. It may
// write anything, or close the connection. Nil ends that.
func (s *Server) Meddle(meddle func(conn net.Conn, query string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = meddle
}

func (s *Server) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		text, err := readQuery(in)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.queries = append(s.queries, text)
		meddle := s.meddle
		s.mu.Unlock()
		if meddle != nil && meddle(conn, text) {
			continue
		}
		if !s.Answer(conn, text) {
			return
		}
	}
}

// Answer answers a query, and reports whether the connection goes on.
func (s *Server) Answer(conn io.Writer, text string) bool {
	q := parseQuery(text)
	if s.Dialect.Waits && q.trigger != "" {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(q.timeout):
		}
	}
	s.mu.Lock()
	answer := s.answer(q)
	s.mu.Unlock()
	_, err := conn.Write(answer)
	return err == nil && q.keepAlive
}

// readQuery reads to the blank line that ends a query.
func readQuery(in *bufio.Reader) (string, error) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && text.Len() > 0 {
			return text.String(), nil
		}
		if err != nil {
			return "", err
		}
		if line == "\n" {
			return text.String(), nil
		}
		text.WriteString(line)
	}
}
