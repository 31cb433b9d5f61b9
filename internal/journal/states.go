package journal

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// pageStates is how many states are read at once, while commits wait.
const pageStates = 1000

// States calls yield for each stored state of a site, with the scope cut off
// its key, until yield returns an error, which States then returns. Damaged ones
// are left out. value belongs to yield. States that are stored meanwhile may be
// yielded as they were before.
func (j *Journal) States(scope outbox.Scope, yield func(key string, value []byte) error) error {
	recent, damaged, err := j.readRecent()
	if err == nil {
		var more int64
		more, err = j.readStates(scope, recent, yield)
		damaged += more
	}
	if isDamage(err) {
		damaged++
		err = nil
	}
	if damaged > 0 {
		j.reportLoss("states are damaged: they count as unknown", damaged)
	}
	return err
}

func (j *Journal) readRecent() (recent map[string][]byte, damaged int64, err error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	return readRecent(j.store.recent, j.readSum)
}

// readStates yields the table of states, where recent has nothing newer, and
// then recent. It returns the number of damaged rows.
func (j *Journal) readStates(scope outbox.Scope, recent map[string][]byte, yield func(string, []byte) error) (
	damaged int64, err error,
) {
	for from, more := scope.Key(""), true; more; {
		var p statePage
		if p, err = j.readStatePage(scope, from); err != nil {
			return damaged, err
		}
		from, more = p.next, p.more
		damaged += p.damaged
		for _, s := range p.states {
			if _, newer := recent[s.Key]; newer {
				continue
			}
			key, _ := scope.Cut(s.Key)
			if err := yield(key, s.Value); err != nil {
				return damaged, err
			}
		}
	}
	for _, stored := range slices.Sorted(maps.Keys(recent)) {
		key, ours := scope.Cut(stored)
		if !ours || recent[stored] == nil {
			continue
		}
		if err := yield(key, recent[stored]); err != nil {
			return damaged, err
		}
	}
	return damaged, nil
}

// statePage is the result of one look into the table of states.
type statePage struct {
	states  []outbox.State // of the scope, with their full keys
	damaged int64
	next    string // where to go on
	more    bool   // there may be states of the scope from there
}

// readStatePage reads the states of a scope with keys from from on. Keys are in
// order, so those of a scope other than the empty one lie together. A damaged
// row's key is not trusted, so it doesn't decide where to go on.
func (j *Journal) readStatePage(scope outbox.Scope, from string) (statePage, error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	var p statePage
	rows, err := j.store.statePage.Query(from, pageStates)
	if err != nil {
		return p, fmt.Errorf("reading the states from the journal %s: %w", j.opts.Path, err)
	}
	defer rows.Close()
	seen := 0
	for ; rows.Next(); seen++ {
		var key string
		var value []byte
		var crc int64
		scanned := rows.Scan(&key, &value, &crc)
		_, ours := scope.Cut(key)
		if scanned != nil || j.readSum.pair("states", key, value) != crc {
			if ours {
				p.damaged++
			}
			continue
		}
		if key < from || p.next != "" && key < p.next {
			return p, errDisorder // it would go on for ever
		}
		p.next = key + "\x00"
		if ours {
			p.states = append(p.states, outbox.State{Key: key, Value: value})
		} else if scope != "" {
			return p, nil
		}
	}
	p.more = seen == pageStates
	if p.more && p.next == "" {
		return p, errDisorder
	}
	return p, rows.Err()
}
