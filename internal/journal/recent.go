package journal

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// foldAbove is how many bytes of recent states are kept until they are moved
// to the table of states at once. There, a page holds the states of a hundred
// objects, of which a commit changes one or two: written with each commit, the
// pages of that table would be more than the events.
const foldAbove = 4 << 20

var errRecent = errors.New("a damaged row of recent states")

// encodeStates returns the form of a row: for each state the length of its key,
// the key, the length of its value plus one (0: the state is deleted), the
// value; lengths as varints.
func encodeStates(states []outbox.State) []byte {
	b := make([]byte, 0, sizeOfStates(states))
	for i := range states {
		s := &states[i]
		b = binary.AppendUvarint(b, uint64(len(s.Key)))
		b = append(b, s.Key...)
		if s.Value == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(s.Value))+1)
		b = append(b, s.Value...)
	}
	return b
}

// sizeOfStates is about as many bytes as their row will have, and no fewer.
func sizeOfStates(states []outbox.State) (size int64) {
	for i := range states {
		size += int64(len(states[i].Key) + len(states[i].Value) + 2*binary.MaxVarintLen32)
	}
	return size
}

// decodeStates adds what a row holds to states; a deleted one is nil.
func decodeStates(b []byte, states map[string][]byte) error {
	next := func(n uint64) []byte {
		if n > uint64(len(b)) {
			return nil
		}
		part := b[:n:n]
		b = b[n:]
		return part
	}
	for len(b) > 0 {
		n, used := binary.Uvarint(b)
		if used <= 0 {
			return errRecent
		}
		b = b[used:]
		key := next(n)
		m, used := binary.Uvarint(b)
		if key == nil && n > 0 || used <= 0 {
			return errRecent
		}
		b = b[used:]
		if m == 0 {
			states[string(key)] = nil
			continue
		}
		value := next(m - 1)
		if value == nil {
			return errRecent
		}
		states[string(key)] = value
	}
	return nil
}

func (t *transaction) addRecent(states []outbox.State) error {
	row := encodeStates(states)
	_, err := t.putRecent.Exec(row, t.sum.pair("recent", "", row))
	return err
}

// readRecent returns the recent states, the newest of each, and the number of
// rows that are damaged.
func readRecent(query *sql.Stmt, sum *checksum) (recent map[string][]byte, damaged int64, err error) {
	rows, err := query.Query()
	if err != nil {
		return nil, 0, fmt.Errorf("reading the recent states from the journal: %w", err)
	}
	defer rows.Close()
	recent = map[string][]byte{}
	for rows.Next() {
		var row []byte
		var crc int64
		if rows.Scan(&row, &crc) != nil || sum.pair("recent", "", row) != crc || decodeStates(row, recent) != nil {
			damaged++
		}
	}
	return recent, damaged, rows.Err()
}

// fold moves the recent states to the table of states, in the order of its
// pages, and returns the number of damaged rows, which are gone then.
func (t *transaction) fold() (damaged int64, err error) {
	recent, damaged, err := readRecent(t.recent, t.sum)
	if err != nil {
		return damaged, err
	}
	for _, key := range slices.Sorted(maps.Keys(recent)) {
		if err := t.setState(outbox.State{Key: key, Value: recent[key]}); err != nil {
			return damaged, err
		}
	}
	_, err = t.dropRecent.Exec()
	return damaged, err
}

// fold does the same in a transaction of its own.
func (w *writer) fold() error {
	var damaged int64
	_, err := w.transact(func(t *transaction) (err error) {
		damaged, err = t.fold()
		return err
	})
	if err != nil {
		return err
	}
	w.recent = 0
	if damaged > 0 {
		w.reportLoss("states are damaged: they count as unknown", damaged)
	}
	return w.measure()
}
