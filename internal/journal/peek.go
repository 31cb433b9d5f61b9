package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Peek gives the stored position of a source from a journal that another
// process may have open, nil if there is none. It changes nothing; without
// permission for the journal's files it fails.
func Peek(ctx context.Context, path, source string) ([]byte, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=busy_timeout(2000)"}).String())
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	defer db.Close()
	var position []byte
	err = db.QueryRowContext(ctx, "SELECT position FROM positions WHERE source = ?", source).Scan(&position)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal %s: position of %s: %w", path, source, err)
	}
	return position, nil
}
