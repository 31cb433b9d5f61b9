package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	sqlite3 "modernc.org/sqlite/lib"
)

// InUseError is the error of Peek for a journal that a running connector has
// open: nobody else can read it then.
type InUseError struct {
	Path string
	PID  int // of the connector, 0 if unknown
}

// Error implements error.
func (e *InUseError) Error() string {
	return fmt.Sprintf("the journal %s is in use by process %d", e.Path, e.PID)
}

// Peek returns the stored position of a source from a journal that no connector
// has open, nil if there is none. It changes nothing. While a connector runs it
// fails with an *InUseError; without permission for the journal's files it fails
// too.
func Peek(ctx context.Context, path, source string) ([]byte, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	path, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	// A connector that starts at this moment waits until this is done.
	db, err := openReadOnly(path)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	defer db.Close()
	var position []byte
	err = db.QueryRowContext(ctx, "SELECT position FROM positions WHERE source = ?", source).Scan(&position)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case resultCode(err)&0xff == sqlite3.SQLITE_BUSY:
		return nil, &InUseError{Path: path, PID: lockHolder(path + ".lock")}
	case err != nil:
		return nil, fmt.Errorf("journal %s: position of %s: %w", path, source, err)
	}
	return position, nil
}

func openReadOnly(path string) (*sql.DB, error) {
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro"}).String())
}

// maxLockFile bounds a lock file, which holds a pid, in bytes.
const maxLockFile = 64

// lockHolder returns the pid that a lock file names, 0 if it names none.
func lockHolder(path string) int {
	content, err := regular.Read(path, maxLockFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0
	}
	return pid
}
