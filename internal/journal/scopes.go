package journal

import (
	"fmt"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Scopes returns the scopes under which positions are stored, in order.
func (j *Journal) Scopes() ([]outbox.Scope, error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	rows, err := j.store.positions.Query()
	if err != nil {
		return nil, fmt.Errorf("reading the positions from the journal %s: %w", j.opts.Path, err)
	}
	defer rows.Close()
	var scopes []outbox.Scope
	for rows.Next() {
		var key string
		var position []byte
		var crc int64
		if rows.Scan(&key, &position, &crc) != nil {
			continue // a damaged row, which is reported when its reader begins
		}
		if scope := outbox.ScopeOf(key); !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	slices.Sort(scopes)
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the positions from the journal %s: %w", j.opts.Path, err)
	}
	return scopes, nil
}
