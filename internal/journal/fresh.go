package journal

import (
	"sort"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// freshBytes bounds the events that are kept in memory after they were stored.
const freshBytes = 512 << 10

// fresh are the newest events, without a gap, as they are in the file. A target
// that keeps up reads them here: reading them back from SQLite would take a
// quarter of the time that storing them takes. An event here may have been
// dropped from the file meanwhile, as superseded; to send it all the same does
// no harm.
type fresh struct {
	messages []outbox.Message
	bytes    int
}

// add adds the events of commits that were stored with ids after lastID.
func (f *fresh) add(commits []*Ticket, lastID int64) {
	if n := len(f.messages); n > 0 && f.messages[n-1].ID != lastID {
		*f = fresh{} // the file has been replaced
	}
	for _, t := range commits {
		for _, e := range t.commit.Events {
			lastID++
			f.messages = append(f.messages, outbox.Message{ID: lastID, Event: e})
			f.bytes += len(e.Body)
		}
	}
	for f.bytes > freshBytes {
		f.bytes -= len(f.messages[0].Body)
		f.messages[0] = outbox.Message{} // its memory goes before the list's does
		f.messages = f.messages[1:]
	}
}

// after returns the events of routes after an id, as Journal.Read does. It is
// known only if none after that id has left memory.
func (f *fresh) after(
	id int64, routes map[outbox.Route]int64, count, maxBytes int,
) (found []outbox.Message, known bool) {
	if len(f.messages) == 0 || id < f.messages[0].ID-1 {
		return nil, false
	}
	first := sort.Search(len(f.messages), func(i int) bool { return f.messages[i].ID > id })
	for size := 0; first < len(f.messages) && len(found) < count && size < maxBytes; first++ {
		m := f.messages[first]
		if released, ours := routes[m.Route]; ours && m.ID > released {
			found = append(found, m)
			size += len(m.Body)
		}
	}
	return found, true
}
