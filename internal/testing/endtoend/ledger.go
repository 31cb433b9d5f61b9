package endtoend

import (
	"fmt"
	"slices"

	"github.com/rabbitmq/amqp091-go"
)

// Ledger compares what arrived in a queue, in the queue's order, with what a
// Load wrote.
type Ledger struct {
	arrivals []arrival
	ids      map[int]string // message id of each result
	resent   int
	strange  []string
}

type arrival struct {
	Result
	again bool
}

// NewLedger is one in which nothing has arrived.
func NewLedger() *Ledger { return &Ledger{ids: map[int]string{}} }

// Add takes the next messages of the queue.
func (l *Ledger) Add(messages ...amqp091.Delivery) {
	for _, m := range messages {
		r, err := resultOf(m)
		if err != nil {
			l.strange = append(l.strange, err.Error())
			continue
		}
		id, again := l.ids[r.Number]
		if !again {
			l.ids[r.Number] = m.MessageId
		} else if id != m.MessageId {
			l.resent++
		}
		l.arrivals = append(l.arrivals, arrival{r, again})
	}
}

// Has reports whether a result has arrived.
func (l *Ledger) Has(r Result) bool { return l.ids[r.Number] != "" }

// Account is the outcome of a comparison.
type Account struct {
	Written, Lost, Duplicates int
	// Resent counts the duplicates that have another message id than the first
	// arrival: the state was sent again, by the same reader or another one.
	Resent int
	// Resends is how often the stream went back, LongestResend how many results
	// it went back at most.
	Resends, LongestResend int
	// Overtaken counts the results that came, for the first time, behind a
	// newer one of their service; Unsettled those whose last arrival is behind
	// that of a newer one, so that Canopsis ends up with an old state.
	Overtaken, Unsettled int
	// Strange are events that report no result, or not as it was written, and
	// different results with the same message id.
	Strange []string
}

// Account compares with what was written.
func (l *Ledger) Account(written []Result) Account {
	a := Account{Written: len(written), Resent: l.resent, Strange: slices.Clone(l.strange)}
	for _, r := range written {
		if !l.Has(r) {
			a.Lost++
		}
	}
	numbers := map[string]int{}
	for number, id := range l.ids {
		if number > len(written) {
			a.Strange = append(a.Strange, fmt.Sprintf("result %d was never written", number))
		}
		if other, taken := numbers[id]; taken {
			a.Strange = append(a.Strange, fmt.Sprintf("results %d and %d have the same message id", number, other))
		}
		numbers[id] = number
	}
	l.order(&a)
	return a
}

// order judges the order of the arrivals.
func (l *Ledger) order(a *Account) {
	var newest [services]int
	at, top := 0, 0
	for _, r := range l.arrivals {
		if r.Number <= at {
			a.Resends++
			a.LongestResend = max(a.LongestResend, top-r.Number+1)
		}
		at, top = r.Number, max(top, r.Number)
		if r.again {
			a.Duplicates++
		} else if r.Sequence < newest[r.Service] {
			a.Overtaken++
		}
		newest[r.Service] = max(newest[r.Service], r.Sequence)
	}
	var oldest [services]int // from the end on
	settled := map[int]bool{}
	for _, r := range slices.Backward(l.arrivals) {
		if settled[r.Number] {
			continue
		}
		settled[r.Number] = true
		if next := oldest[r.Service]; next != 0 && r.Sequence > next {
			a.Unsettled++
		} else {
			oldest[r.Service] = r.Sequence
		}
	}
}
