package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// store is one open database: a connection that writes, used by the writer's
// goroutine alone, and one that reads, used under Journal.readMu.
type store struct {
	db     *sql.DB
	writer *sql.Conn
	reader *sql.Conn

	begin, commit, rollback     *sql.Stmt
	insertEvent, putPosition    *sql.Stmt
	putState, dropState         *sql.Stmt
	putRecent, dropRecent       *sql.Stmt
	toFold, recentSize          *sql.Stmt
	putPublisher, dropPublisher *sql.Stmt
	putTally                    *sql.Stmt
	dropRange, dropEvent        *sql.Stmt
	keepDamage, heads, first    *sql.Stmt
	pages, freePages            *sql.Stmt
	vacuum, vacuumStep          *sql.Stmt

	read, oldest, position *sql.Stmt
	states, recent         *sql.Stmt

	statements []*sql.Stmt // all of the above
}

// What is wrong with a file, as far as SQLite doesn't tell.
var (
	errNotOurs  = errors.New("not a journal of this version")
	errDisorder = errors.New("events are out of order")
)

// openStore opens or creates the database. Its error tells what is wrong with
// the file by way of isDamage.
func openStore(path string) (*store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// fdatasync leaves out the file's times, which a commit would otherwise
	// wait for. The switch is one for the whole process.
	if _, err := sqlite.Fdatasync(true); err != nil {
		return nil, err
	}
	connector, err := sqlite.NewConnector("file:" + (&url.URL{Path: absolute}).EscapedPath())
	if err != nil {
		return nil, err
	}
	s := &store{db: sql.OpenDB(connector)}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *store) prepare() (err error) {
	ctx := context.Background()
	if s.writer, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := s.writer.ExecContext(ctx, carefulPragmas); err != nil {
		return err
	}
	if err := s.ensureSchema(ctx); err != nil {
		return err
	}
	if _, err := s.writer.ExecContext(ctx, writerPragmas); err != nil {
		return err
	}
	if s.reader, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := s.reader.ExecContext(ctx, carefulPragmas+readerPragmas); err != nil {
		return err
	}
	return s.prepareStatements(ctx)
}

func (s *store) ensureSchema(ctx context.Context) error {
	var version, objects int
	if err := s.writer.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := s.writer.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
		return nil
	case version != 0:
		return fmt.Errorf("%w: its schema is version %d, ours is %d", errNotOurs, version, schemaVersion)
	case objects != 0:
		return fmt.Errorf("%w: it is a database of something else", errNotOurs)
	}
	_, err := s.writer.ExecContext(ctx, schema)
	return err
}

func (s *store) prepareStatements(ctx context.Context) error {
	for _, p := range []struct {
		stmt  **sql.Stmt
		conn  *sql.Conn
		query string
	}{
		{&s.begin, s.writer, "BEGIN IMMEDIATE"},
		{&s.commit, s.writer, "COMMIT"},
		{&s.rollback, s.writer, "ROLLBACK"},
		{&s.insertEvent, s.writer, sqlInsertEvent},
		{&s.putPosition, s.writer, sqlPutPosition},
		{&s.putState, s.writer, sqlPutState},
		{&s.dropState, s.writer, sqlDropState},
		{&s.putRecent, s.writer, sqlPutRecent},
		{&s.dropRecent, s.writer, sqlDropRecent},
		{&s.toFold, s.writer, sqlRecent},
		{&s.recentSize, s.writer, sqlRecentSize},
		{&s.putPublisher, s.writer, sqlPutPublisher},
		{&s.dropPublisher, s.writer, sqlDropPublisher},
		{&s.putTally, s.writer, sqlPutTally},
		{&s.dropRange, s.writer, sqlDropRange},
		{&s.dropEvent, s.writer, sqlDropEvent},
		{&s.keepDamage, s.writer, sqlKeepDamage},
		{&s.heads, s.writer, sqlHeads},
		{&s.first, s.writer, sqlFirstAfter},
		{&s.pages, s.writer, "PRAGMA page_count"},
		{&s.freePages, s.writer, "PRAGMA freelist_count"},
		{&s.vacuum, s.writer, "VACUUM"},
		{&s.vacuumStep, s.writer, "PRAGMA incremental_vacuum(256)"},
		{&s.read, s.reader, sqlRead},
		{&s.oldest, s.reader, sqlOldest},
		{&s.position, s.reader, sqlPosition},
		{&s.states, s.reader, sqlStates},
		{&s.recent, s.reader, sqlRecent},
	} {
		stmt, err := p.conn.PrepareContext(ctx, p.query)
		if err != nil {
			return err
		}
		*p.stmt = stmt
		s.statements = append(s.statements, stmt)
	}
	return nil
}

// close makes SQLite move the write-ahead log into the database and remove it.
// A statement left open would keep the file, and its locks, open behind our
// back: database/sql doesn't close those that were prepared on a connection.
func (s *store) close() error {
	var errs []error
	for _, stmt := range s.statements {
		errs = append(errs, stmt.Close())
	}
	for _, conn := range []*sql.Conn{s.reader, s.writer} {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// checkpoint moves the write-ahead log into the database file and cuts both to
// what they need. No read may be under way.
func (s *store) checkpoint() error {
	var busy, pages, moved int
	err := s.writer.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		return errors.New("another process reads the journal")
	}
	return err
}

func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// isDamage tells a file that can't be read as a journal from one that can't be
// read now.
func isDamage(err error) bool {
	code := resultCode(err)
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT,
		sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_FORMAT:
		// SQLITE_ERROR: a table or column that the schema should have isn't there.
		return true
	}
	// SQLITE_READONLY: it doesn't know the file's write version. That we may
	// write the file is certain (checkAccess).
	return code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_IOERR_SHORT_READ ||
		errors.Is(err, errNotOurs) || errors.Is(err, errDisorder)
}

func isFull(err error) bool { return resultCode(err)&0xff == sqlite3.SQLITE_FULL }
