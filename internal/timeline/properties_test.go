package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// How many histories are played with each set of readers, and how many with
// SOAK=1 in the environment.
const (
	histories      = 50
	worseHistories = 15 // in which something fails
	soakHistories  = 1000
)

var sets = []readerSet{
	{name: "log", log: true},
	{name: "log and status", log: true, status: true},
	{name: "log and perfdata", log: true, perfdata: true},
	{name: "all", log: true, perfdata: true, status: true},
	{name: "log and PNP", log: true, perfdata: true, template: pnpTemplate},
	{name: "all with PNP", log: true, perfdata: true, template: pnpTemplate, status: true},
	{name: "log and stateless", log: true, perfdata: true, template: stateless},
	{name: "all with stateless", log: true, perfdata: true, template: stateless, status: true},
	{name: "perfdata and status", perfdata: true, status: true},
	{name: "PNP and status", perfdata: true, template: pnpTemplate, status: true},
	{name: "stateless and status", perfdata: true, template: stateless, status: true},
	{name: "all with spool", log: true, perfdata: true, spool: true, status: true},
	{name: "log and pipe", log: true, perfdata: true, pipe: true},
	{name: "all with pipe", log: true, perfdata: true, pipe: true, status: true},
	{name: "all with PNP in a pipe", log: true, perfdata: true, template: pnpTemplate, pipe: true, status: true},
}

// plans are the interleavings in which each history is played.
func plans(seed uint64) []plan {
	return []plan{
		{seed: seed}, {seed: seed + 1}, {seed: seed + 2, kills: 50},
		{seed: seed + 3, catchUp: true}, {seed: seed + 4, catchUp: true, kills: 50},
		{seed: seed + 5, catchUp: true, fromStart: true}, {seed: seed + 6, catchUp: true, fromStart: true, kills: 50},
	}
}

func (s readerSet) plans(seed uint64) []plan { return s.possible(plans(seed)) }

// possible leaves out what can't be with the readers: what came through a pipe is not
// there any more when the connector comes back.
func (s readerSet) possible(all []plan) []plan {
	if s.pipe {
		all = slices.DeleteFunc(all, func(p plan) bool { return p.catchUp || p.kills > 0 })
	}
	return all
}

func TestWhatIsSentDoesNotDependOnTheSpeedOfTheReaders(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			forEachHistory(t, histories, false, func(s script, seed uint64) []string {
				if set.template == pnpTemplate {
					s = s.withoutBursts()
				}
				return violations(s, set, set.plans(seed))
			})
		})
	}
}

// With a reader that fails, something is missing, but nothing is wrong.
func TestAReaderFails(t *testing.T) {
	for _, set := range sets {
		for _, r := range set.readers() {
			if len(set.readers()) == 1 {
				continue
			}
			t.Run(set.name+" without "+r.Name, func(t *testing.T) {
				t.Parallel()
				forEachHistory(t, worseHistories, false, func(s script, seed uint64) []string {
					if set.template == pnpTemplate {
						s = s.withoutBursts()
					}
					return violations(s, set, set.possible([]plan{
						{seed: seed, fails: r.Name}, {seed: seed + 1, fails: r.Name, catchUp: true},
					}))
				})
			})
		}
	}
}

// A supervisor that was killed goes on from an older state.
func TestTheSupervisorIsKilled(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			forEachHistory(t, worseHistories, true, func(s script, seed uint64) []string {
				if set.template == pnpTemplate {
					s = s.withoutBursts()
				}
				return violations(s, set, set.plans(seed))
			})
		})
	}
}

// forEachHistory checks many histories. It reports the first that fails, as short
// as it can be made. SEED=N in the environment plays history N alone.
func forEachHistory(t *testing.T, count int, kills bool, check func(s script, seed uint64) []string) {
	switch {
	case os.Getenv("SOAK") != "":
		count = soakHistories
	case testing.Short():
		count /= 5
	}
	first := 0
	if only := os.Getenv("SEED"); only != "" {
		var err error
		if first, err = strconv.Atoi(only); err != nil {
			t.Fatal(err)
		}
		count = 1
	}
	for seed := uint64(first); seed < uint64(first+count); seed++ {
		s := generate(rand.New(rand.NewPCG(seed, 1)), kills)
		if found := check(s, seed*100); len(found) > 0 {
			s = shrink(s, func(s script) bool { return len(check(s, seed*100)) > 0 })
			t.Fatalf("history %d:\n%v%s", seed, s, strings.Join(check(s, seed*100), "\n"))
		}
	}
}

// shrink leaves out what is not needed for a failure.
func shrink(s script, fails func(script) bool) script {
	for size := len(s.steps) / 2; size > 0; {
		smaller := false
		for from := 0; from+size <= len(s.steps); {
			less := s
			less.steps = slices.Delete(slices.Clone(s.steps), from, from+size)
			if fails(less) {
				s, smaller = less, true
				continue
			}
			from += size
		}
		if size > 1 || !smaller {
			size /= 2
		}
	}
	return s
}

// violations plays a history in several interleavings and returns what is wrong.
func violations(s script, set readerSet, how []plan) []string {
	h := play(s)
	var first story
	for i, one := range how {
		out := run(h, set, one)
		found := judge(h, set, one, out)
		this := storyOf(out)
		if i == 0 {
			first = this
		}
		differ := one.fails == "" && !h.killed
		if diff := first.differs(this, set, one); differ && diff != "" && len(found) == 0 {
			found = append(found, fmt.Sprintf("differs from %v: %s\n%v", how[0], diff, run(h, set, how[0])))
		}
		if len(found) > 0 {
			return append(found, one.String(), out.String())
		}
	}
	return nil
}
