package sources

import (
	"hash/maphash"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// knownObjects is what is known of the objects from the polls before: a few numbers of
// each.
type knownObjects struct {
	seed  maphash.Seed
	round uint32
	keys  map[uint64]keyed
	// special are the objects that are acknowledged, in downtime or flapping, by the
	// table.
	special [2]map[supervision.Entity]struct{}

	// useUpdates: the server has last_update.
	useUpdates bool
	newest     [2]int64 // the greatest last_check or last_update, by the table (unix seconds)
	longest    float64  // the longest check that was seen (seconds)
	newestRow  float64  // the greatest lmd_last_cache_update (unix seconds); 0: not reported
	newestRun  int64    // the greatest last_check of an active check (unix seconds)
}

// keyed is the hash of an object's key columns.
type keyed struct {
	sum   uint64
	round uint32 // in which it was seen last
}

func newKnownObjects() *knownObjects {
	k := &knownObjects{seed: maphash.MakeSeed(), keys: map[uint64]keyed{}}
	for i := range k.special {
		k.special[i] = map[supervision.Entity]struct{}{}
	}
	return k
}

func (k *knownObjects) idOf(name snapshot.Name) uint64 {
	return maphash.Bytes(k.seed, name.Host)*31 + maphash.Bytes(k.seed, name.Service)
}

// forgetKey makes the next reading of an object a new one.
func (k *knownObjects) forgetKey(e supervision.Entity) {
	delete(k.keys, k.idOf(snapshot.Name{Host: []byte(e.Host), Service: []byte(e.Service)}))
}

func (k *knownObjects) forgetKeys() { clear(k.keys) }

// forgetAbsent forgets the objects that were not in the scan.
func (k *knownObjects) forgetAbsent() {
	for id, known := range k.keys {
		if known.round != k.round {
			delete(k.keys, id)
		}
	}
}

// keyOf returns the hash of the key columns. The latency changes when an active check
// begins; of passive results it may be all that differs in one second.
func (k *knownObjects) keyOf(v *values) uint64 {
	var sum uint64
	for _, c := range []column{hasBeenChecked, lastCheck, executionTime, state, stateType, currentAttempt, checkType} {
		sum = sum*31 + maphash.Bytes(k.seed, v.bytes(c))
	}
	if v.flag(checkType) {
		sum = sum*31 + maphash.Bytes(k.seed, v.bytes(latency))
	}
	return sum
}

// minOverlap is that of last_check: the time that Nagios and Naemon let a check take
// (service_check_timeout), and some seconds until its result is processed.
const minOverlap = 65 // seconds

// updateOverlap is that of last_update: a row may be half old, because Naemon's module
// reads while the core writes.
const updateOverlap = 2 // seconds

// maxOverlap bounds what a single plugin can bring about.
const maxOverlap = 1800 // seconds

// since returns the time from which on checks are asked for.
func (k *knownObjects) since(class int, now time.Time) (c column, from int64) {
	newest := k.newest[class]
	if k.useUpdates {
		return lastUpdate, newest - updateOverlap
	}
	overlap := max(minOverlap, min(int64(k.longest)+5, maxOverlap))
	return lastCheck, newest - overlap
}

// note learns from a row.
func (k *knownObjects) note(v *values, class int, now time.Time) {
	k.newestRow = max(k.newestRow, v.seconds(cacheUpdate))
	stamp, isActive := int64(v.seconds(lastCheck)), !v.flag(checkType)
	if isActive {
		k.newestRun = max(k.newestRun, stamp)
		k.longest = max(k.longest, v.seconds(executionTime))
	}
	if k.useUpdates {
		stamp = int64(v.seconds(lastUpdate))
		if stamp <= 0 && v.flag(hasBeenChecked) {
			k.useUpdates = false // an LMD has the column, its backend has not
			k.newest = [2]int64{}
		}
	} else if !isActive {
		stamp = min(stamp, now.Unix()) // its sender may have sent any time
	}
	k.newest[class] = max(k.newest[class], stamp)
}

// tolerance is how far a supervisor's clock may be ahead without notice.
const tolerance = 2 * time.Second

// ahead returns how far the supervisor's clock is ahead of ours, as far as the newest
// check shows it.
func (k *knownObjects) ahead(now time.Time) time.Duration {
	if by := time.Unix(k.newestRun, 0).Sub(now); by > tolerance {
		return by
	}
	return 0
}
