package timeline

import (
	"fmt"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// View is how much a reader sees.
type View uint8

// The views of the readers.
const (
	// Changes: the log shows state changes, at once.
	Changes View = iota
	// Snapshot: the status file shows the last result, every few seconds.
	Snapshot
	// Complete: perfdata files show every result.
	Complete
	// Everything: a broker module shows every result and every condition.
	Everything
)

// Reader describes a reader of the site.
type Reader struct {
	Name string
	View View

	// Of Complete readers and better: the classes of objects of which it shows
	// every result, and how long it may take until one can be read (0: before
	// the status file shows it).
	Hosts, Services bool
	Delay           time.Duration
	// HasState and HasOutput are false for a reader whose results come without
	// a state (Nagios' default perfdata templates) or without their text
	// (PNP4Nagios' template): both are added from the others.
	HasState, HasOutput bool
	// StartOnly: its results have the time at which the check began.
	StartOnly bool
	// NeverWaits: its source can't be held (a pipe).
	NeverWaits bool
}

// sees reports whether the reader shows every result of a class.
func (r *Reader) sees(class int) bool {
	return r.View >= Complete && [2]bool{r.Hosts, r.Services}[class]
}

// The classes of objects.
const (
	hosts = iota
	services
)

func classOf(e supervision.Entity) int {
	if e.IsHost() {
		return hosts
	}
	return services
}

// reader is a Reader and the bit by which memories name it.
type reader struct {
	Reader
	bit   readerSet
	clock clock
}

// readerSet is a set of readers. Its bits are those of names.
type readerSet uint32

// names are those of the readers of a site in the order of their bits. A bit stays
// its reader's own for ever, whatever other readers come and go.
type names []string

// maxNames is how many names a site can use in its life: there are ten kinds of
// reader.
const maxNames = 32

// bitOf returns the bit of a reader, a new one if the name is new.
func (n *names) bitOf(name string) (readerSet, error) {
	for i, known := range *n {
		if known == name {
			return 1 << i, nil
		}
	}
	if len(*n) == maxNames {
		return 0, fmt.Errorf("the reader %q is one more than the %d that a site can remember", name, maxNames)
	}
	*n = append(*n, name)
	return 1 << (len(*n) - 1), nil
}
