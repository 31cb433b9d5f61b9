package journal

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// store is one open database and its only connection, which writer and readers
// share under Journal.dbMu. Its methods lock nothing.
type store struct {
	db   *sql.DB
	conn *sql.Conn

	begin, commit, rollback   *sql.Stmt
	insertEvent, putState     *sql.Stmt
	putPosition, dropPosition *sql.Stmt
	putRecent, dropRecent     *sql.Stmt
	putTarget, dropTarget     *sql.Stmt
	putLedger, dropState      *sql.Stmt
	dropRange, dropRoute      *sql.Stmt
	dropEvent, keepDamage     *sql.Stmt
	heads, first, read        *sql.Stmt
	position, positions       *sql.Stmt
	countPage                 *sql.Stmt
	statePage, allStates      *sql.Stmt
	recent, recentSize        *sql.Stmt
	pages, freePages          *sql.Stmt
	vacuum, vacuumStep        *sql.Stmt

	statements []*sql.Stmt // all of the above
}

// What is wrong with a file, where SQLite doesn't report it.
var (
	errNotOurs  = errors.New("not a journal")
	errDisorder = errors.New("events are out of order")
)

// openStore opens the database, creates it if it is missing, and brings its
// schema to our version. isDamage(err) is whether the file itself is at fault.
func openStore(path string, sum *checksum) (*store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := ensureFile(path); err != nil {
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
	if err := s.prepare(context.Background(), sum); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *store) prepare(ctx context.Context, sum *checksum) (err error) {
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, carefulPragmas); err != nil {
		return err
	}
	if err := s.migrate(ctx, sum); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, openPragmas); err != nil {
		return err
	}
	return s.prepareStatements(ctx)
}

func (s *store) prepareStatements(ctx context.Context) error {
	for stmt, query := range map[**sql.Stmt]string{
		&s.begin:        "BEGIN IMMEDIATE",
		&s.commit:       "COMMIT",
		&s.rollback:     "ROLLBACK",
		&s.insertEvent:  sqlInsertEvent,
		&s.putState:     sqlPutState,
		&s.dropState:    sqlDropState,
		&s.putPosition:  sqlPutPosition,
		&s.dropPosition: sqlDropPosition,
		&s.putRecent:    sqlPutRecent,
		&s.dropRecent:   sqlDropRecent,
		&s.putTarget:    sqlPutTarget,
		&s.dropTarget:   sqlDropTarget,
		&s.putLedger:    sqlPutLedger,
		&s.dropRange:    sqlDropRange,
		&s.dropRoute:    sqlDropRoute,
		&s.dropEvent:    sqlDropEvent,
		&s.keepDamage:   sqlKeepDamage,
		&s.heads:        sqlHeads,
		&s.first:        sqlFirstAfter,
		&s.read:         sqlRead,
		&s.position:     sqlPosition,
		&s.positions:    sqlPositions,
		&s.countPage:    sqlCountPage,
		&s.statePage:    sqlStatePage,
		&s.allStates:    sqlStates,
		&s.recent:       sqlRecent,
		&s.recentSize:   sqlRecentSize,
		&s.pages:        "PRAGMA page_count",
		&s.freePages:    "PRAGMA freelist_count",
		&s.vacuum:       "VACUUM",
		&s.vacuumStep:   "PRAGMA incremental_vacuum(256)",
	} {
		prepared, err := s.conn.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		*stmt = prepared
		s.statements = append(s.statements, prepared)
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
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// checkpoint moves the write-ahead log into the database file and cuts both to
// what they need.
func (s *store) checkpoint() error {
	var busy, pages, moved int
	err := s.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		return errors.New("SQLite reports that the file is busy")
	}
	return err
}

// size returns the bytes of the pages in use and of the free ones in the file.
func (s *store) size() (used, free int64, err error) {
	var pages int64
	if err := s.pages.QueryRow().Scan(&pages); err != nil {
		return 0, 0, err
	}
	if err := s.freePages.QueryRow().Scan(&free); err != nil {
		return 0, 0, err
	}
	return (pages - free) * pageSize, free * pageSize, nil
}

func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// isDamage reports whether err means that the file can't be read as a journal,
// and not only that it can't be read now.
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
