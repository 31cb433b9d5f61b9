package journal

import (
	"database/sql"
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// transaction is one write, all or nothing. Its ledger becomes the writer's
// when it is committed.
type transaction struct {
	*store
	sum    *checksum
	ledger ledger
}

// transact runs do in a transaction and returns the ledger after it. A failed
// one leaves everything as it was; whether a failed COMMIT is on the disk is
// known only when the database has been opened again.
func (s *store) transact(sum *checksum, before ledger, do func(*transaction) error) (ledger, error) {
	if _, err := s.begin.Exec(); err != nil {
		return before, err
	}
	t := &transaction{store: s, sum: sum, ledger: before.clone()}
	err := do(t)
	if err == nil && !t.ledger.equal(before) {
		_, err = s.putLedger.Exec(t.ledger.lastID, t.ledger.events, t.ledger.encodeNewest(), sum.ledger(t.ledger))
	}
	if err == nil {
		_, err = s.commit.Exec()
	}
	if err != nil {
		// Some errors have rolled back already; then this one fails, and means
		// nothing.
		_, _ = s.rollback.Exec()
		return before, err
	}
	return t.ledger, nil
}

// apply stores a commit after everything that is there.
func (t *transaction) apply(c *outbox.Commit) error {
	for i := range c.Events {
		if err := t.insert(t.ledger.lastID+1, &c.Events[i]); err != nil {
			return err
		}
	}
	if len(c.States) > 0 {
		if err := t.addRecent(c.States); err != nil {
			return err
		}
	}
	if c.Position == nil {
		return nil
	}
	return t.setPosition(c.Source, c.Position)
}

func (t *transaction) insert(id int64, e *outbox.Event) error {
	body := e.Body
	if body == nil {
		body = []byte{} // nil would be NULL
	}
	_, err := t.insertEvent.Exec(id, e.Entity, e.RoutingKey, e.MessageID,
		e.Time.UnixMicro(), boolToInt(e.Supersedable), t.sum.event(id, e), body, string(e.Route))
	if err == nil {
		t.ledger.add(id, e.Route)
	}
	return err
}

func (t *transaction) setState(s outbox.State) error {
	if s.Value == nil {
		_, err := t.dropState.Exec(s.Key)
		return err
	}
	_, err := t.putState.Exec(s.Key, s.Value, t.sum.pair("states", s.Key, s.Value))
	return err
}

func (t *transaction) setPosition(source string, position []byte) error {
	_, err := t.putPosition.Exec(source, position, t.sum.pair("positions", source, position))
	return err
}

// setCursors stores the cursors that differ from those before.
func (t *transaction) setCursors(before, after cursors) error {
	for c, released := range after {
		if was, known := before[c]; known && was == released {
			continue
		}
		_, err := t.putTarget.Exec(c.target, string(c.route), released, t.sum.cursor(c.target, c.route, released))
		if err != nil {
			return err
		}
	}
	return nil
}

// drop deletes single events and returns how many of them were there.
func (t *transaction) drop(ids []int64) (int64, error) {
	var dropped int64
	for _, id := range ids {
		n, err := affected(t.dropEvent.Exec(id))
		if err != nil {
			return 0, err
		}
		dropped += n
	}
	t.ledger.events -= dropped
	return dropped, nil
}

// setAside moves events whose checksum is wrong to the table "damaged" and
// returns how many of them were still there.
func (t *transaction) setAside(ids []int64) (int64, error) {
	for _, id := range ids {
		if _, err := t.keepDamage.Exec(id); err != nil {
			return 0, err
		}
	}
	return t.drop(ids)
}

// firstAfter returns the id and the time of the first event above id, 0 if
// there is none. The time is zero if it can't be read.
func (s *store) firstAfter(id int64) (first int64, at time.Time, err error) {
	var micro any
	err = s.first.QueryRow(id).Scan(&first, &micro)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err == nil && first <= id {
		err = errDisorder
	}
	if n, ok := micro.(int64); ok {
		at = time.UnixMicro(n)
	}
	return first, at, err
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// head is what compaction needs to know of an event.
type head struct {
	id           int64
	entity       string
	route        outbox.Route
	at           time.Time
	supersedable bool
}

// headsBelow returns up to n events below an id, the newest first. What can't be
// read of a damaged one makes it look like one that must stay.
func (s *store) headsBelow(id int64, n int) ([]head, error) {
	rows, err := s.heads.Query(id, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := make([]head, 0, n)
	for rows.Next() {
		var h head
		var micro, supersedable int64
		var route string
		h.supersedable = rows.Scan(&h.id, &h.entity, &route, &micro, &supersedable) == nil && supersedable != 0
		h.route = outbox.Route(route)
		if h.id >= id {
			return nil, errDisorder
		}
		id = h.id
		h.at = time.UnixMicro(micro)
		heads = append(heads, h)
	}
	return heads, rows.Err()
}
