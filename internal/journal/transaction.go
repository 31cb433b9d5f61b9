package journal

import (
	"database/sql"
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// tally is the one row of that table.
type tally struct {
	lastID int64 // the greatest event id ever given
	events int64
}

// transaction is one write, all or nothing. Its tally becomes the writer's when
// it is committed.
type transaction struct {
	*store
	sum   *checksum
	tally tally
}

// transact runs do in a transaction and returns the tally behind it. A failed
// one leaves everything as it was; whether a failed COMMIT is on the disk can
// only be told by opening the database again.
func (s *store) transact(sum *checksum, before tally, do func(*transaction) error) (tally, error) {
	if _, err := s.begin.Exec(); err != nil {
		return before, err
	}
	t := &transaction{store: s, sum: sum, tally: before}
	err := do(t)
	if err == nil && t.tally != before {
		_, err = s.putTally.Exec(t.tally.lastID, t.tally.events,
			sum.numbers("tally", "", t.tally.lastID, t.tally.events))
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
	return t.tally, nil
}

// apply stores a commit behind everything that is there.
func (t *transaction) apply(c *outbox.Commit) error {
	for i := range c.Events {
		t.tally.lastID++
		if err := t.insert(t.tally.lastID, &c.Events[i]); err != nil {
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
		e.Time.UnixMicro(), boolToInt(e.Supersedable), t.sum.event(id, e), body)
	if err == nil {
		t.tally.events++
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

func (t *transaction) setCursor(publisher string, released int64) error {
	_, err := t.putPublisher.Exec(publisher, released, t.sum.numbers("publishers", publisher, released))
	return err
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
	t.tally.events -= dropped
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

// dropReleased deletes events from first up to the id to, but not many more
// than limit, and returns the first event that is left (0: none), which is
// above to when everything has been deleted.
func (t *transaction) dropReleased(first, to int64, limit int64) (int64, error) {
	for dropped := int64(0); first != 0 && first <= to && dropped < limit; {
		end := min(to, first-1+limit)
		n, err := affected(t.dropRange.Exec(first-1, end))
		if err != nil {
			return 0, err
		}
		dropped += n
		t.tally.events -= n
		if first, err = t.firstAfter(end); err != nil {
			return 0, err
		}
	}
	return first, nil
}

// firstAfter gives the id of the first event above id, 0 if there is none.
func (s *store) firstAfter(id int64) (first int64, err error) {
	err = s.first.QueryRow(id).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil && first <= id {
		err = errDisorder
	}
	return first, err
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
	at           time.Time
	supersedable bool
}

// headsBelow gives up to n events below an id, the newest first. What can't be
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
		var micro int64
		if rows.Scan(&h.id, &h.entity, &micro, &h.supersedable) != nil {
			h.supersedable = false
		}
		if h.id >= id {
			return nil, errDisorder
		}
		id = h.id
		h.at = time.UnixMicro(micro)
		heads = append(heads, h)
	}
	return heads, rows.Err()
}

// size gives the bytes of the pages in use and of the free ones in the file.
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
