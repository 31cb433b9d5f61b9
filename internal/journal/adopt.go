package journal

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Adopt makes a site go on where another scope has ended. If the scope to has
// neither a position nor a state, the positions and states of the first scope in
// from that has any become those of to, in one durable step. Adopt returns that
// scope, and whether there was one. Events that are already stored keep their
// entities.
func (j *Journal) Adopt(ctx context.Context, to outbox.Scope, from ...outbox.Scope) (outbox.Scope, bool, error) {
	var adopted outbox.Scope
	var found bool
	err := j.perform(ctx, func(w *writer) error {
		var damaged int64
		after, err := w.transact(func(t *transaction) (err error) {
			adopted, found, damaged, err = t.adopt(to, from)
			return err
		})
		if err != nil {
			return fmt.Errorf("taking over positions and states in the journal %s: %w", j.opts.Path, err)
		}
		w.ledger, w.recent = after, 0
		if damaged > 0 {
			w.reportLoss("states or positions are damaged: they count as unknown", damaged)
		}
		return w.measure()
	})
	return adopted, found, err
}

// adopt brings all states into their table first, where they are moved.
func (t *transaction) adopt(to outbox.Scope, from []outbox.Scope) (
	adopted outbox.Scope, found bool, damaged int64, err error,
) {
	if damaged, err = t.fold(); err != nil {
		return "", false, damaged, err
	}
	stored, more, err := t.storedKeys()
	damaged += more
	if err != nil || stored.has(to) {
		return "", false, damaged, err
	}
	for _, scope := range from {
		if scope != to && stored.has(scope) {
			return scope, true, damaged, t.move(stored, scope, to)
		}
	}
	return "", false, damaged, nil
}

// storedKeys are all positions and states, by full key.
type storedKeys struct {
	positions, states map[string][]byte
}

func (s storedKeys) has(scope outbox.Scope) bool {
	for _, values := range []map[string][]byte{s.positions, s.states} {
		for key := range values {
			if _, ours := scope.Cut(key); ours {
				return true
			}
		}
	}
	return false
}

func (t *transaction) storedKeys() (stored storedKeys, damaged int64, err error) {
	var more int64
	if stored.positions, damaged, err = t.storedPairs(t.positions, "positions"); err == nil {
		stored.states, more, err = t.storedPairs(t.allStates, "states")
	}
	return stored, damaged + more, err
}

// storedPairs reads a table of keys and values, without its damaged rows.
func (t *transaction) storedPairs(query *sql.Stmt, table string) (values map[string][]byte, damaged int64, err error) {
	rows, err := query.Query()
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	values = map[string][]byte{}
	for rows.Next() {
		var key string
		var value []byte
		var crc int64
		if rows.Scan(&key, &value, &crc) != nil || t.sum.pair(table, key, value) != crc {
			damaged++
			continue
		}
		if value == nil {
			value = []byte{} // nil would delete it
		}
		values[key] = value
	}
	return values, damaged, rows.Err()
}

func (t *transaction) move(stored storedKeys, from, to outbox.Scope) error {
	for key, position := range stored.positions {
		name, theirs := from.Cut(key)
		if !theirs {
			continue
		}
		if _, err := t.dropPosition.Exec(key); err != nil {
			return err
		}
		if err := t.setPosition(to.Key(name), position); err != nil {
			return err
		}
	}
	for key, value := range stored.states {
		name, theirs := from.Cut(key)
		if !theirs {
			continue
		}
		if err := t.setState(outbox.State{Key: key}); err != nil {
			return err
		}
		if err := t.setState(outbox.State{Key: to.Key(name), Value: value}); err != nil {
			return err
		}
	}
	return nil
}
