package journal

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestPatience(t *testing.T) {
	start := time.Unix(1000, 0)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	for name, test := range map[string]struct {
		play func(c *company) // the last transaction begins at 0 ms
		now  int              // ms
		want time.Duration
	}{
		"nobody":        {func(c *company) {}, 1, 0},
		"a lone source": {func(c *company) { c.arrived("a", ms(1)) }, 1, 0},
		"a lone source, again": {
			func(c *company) { c.arrived("a", ms(-1)); c.left("a"); c.arrived("a", ms(1)) }, 1, 0,
		},
		"another is active": {
			func(c *company) { c.arrived("b", ms(-1)); c.left("b"); c.arrived("a", ms(1)) }, 1, pace - time.Millisecond,
		},
		"another is here": {func(c *company) { c.arrived("b", ms(1)); c.arrived("a", ms(1)) }, 1, 0},
		"another has been quiet": {
			func(c *company) { c.arrived("b", ms(-30)); c.left("b"); c.arrived("a", ms(1)) }, 1, 0,
		},
		"the last one is long ago": {
			func(c *company) { c.arrived("b", ms(-1)); c.left("b"); c.arrived("a", ms(12)) }, 12, 0,
		},
		"it doesn't wait for commits": {
			func(c *company) { c.arrived("a", ms(1)); c.arrived("a", ms(2)) }, 2, pace - 2*time.Millisecond,
		},
		"it waits again": {func(c *company) {
			c.arrived("a", ms(-2))
			c.arrived("a", ms(-1))
			c.left("a")
			c.left("a")
			c.arrived("a", ms(1))
		}, 1, 0},
		"only releases": {func(c *company) { c.arrived("a", ms(-1)); c.left("a") }, 1, pace - time.Millisecond},
	} {
		c := &company{began: start}
		test.play(c)
		if got := c.patience(ms(test.now)); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestSourcesThatAreGoneAreForgotten(t *testing.T) {
	c := &company{}
	now := time.Unix(1000, 0)
	for n := range 100 {
		name := fmt.Sprint(n)
		c.arrived(name, now)
		c.left(name)
	}
	c.began = now.Add(time.Second)
	c.patience(c.began)
	if len(c.seen) != 0 {
		t.Errorf("%d sources", len(c.seen))
	}
}

// commitInTurn lets sources commit side by side, each waiting for its commits.
func commitInTurn(t *testing.T, sources, commits int) (transactions int64) {
	t.Helper()
	j := openTest(t, Options{Path: tempPath(t)})
	before := j.Stats().Transactions
	var wg sync.WaitGroup
	for s := range sources {
		wg.Go(func() {
			for n := range commits {
				ticket, err := j.Append(testContext(t), outbox.Commit{
					Source: fmt.Sprint(s), Position: fmt.Append(nil, n),
				})
				if err == nil {
					err = ticket.Wait(testContext(t))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return j.Stats().Transactions - before
}

func TestSourcesShareTransactions(t *testing.T) {
	if got := commitInTurn(t, 8, 50); got > 8*50/2 {
		t.Errorf("%d transactions for 400 commits of eight sources", got)
	}
}

func TestALoneSourceSharesNothing(t *testing.T) {
	if got := commitInTurn(t, 1, 50); got != 50 {
		t.Errorf("%d transactions for 50 commits of one source", got)
	}
}

// TestASmallReleaseRides lets a target that keeps up release what a source at 300
// results a second has brought. A busy machine may be late now and then.
func TestASmallReleaseRides(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustRegister(t, j, "p")
	next := benchCommits(urgentRelease - 1)
	for range 20 {
		mustAppend(t, j, next())
		before, newest := j.Stats().Transactions, j.Stats().Events+j.Stats().Cursors["p"]
		released := make(chan error, 1)
		go func() { released <- j.Release(testContext(t), "p", newest) }()
		time.Sleep(ride / 3)
		mustAppend(t, j, next())
		if err := <-released; err != nil {
			t.Fatal(err)
		}
		if j.Stats().Transactions == before+1 {
			return
		}
	}
	t.Error("each release had a transaction of its own")
}
