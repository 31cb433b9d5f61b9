package supervision

import (
	"errors"
	"syscall"
)

// The bounds that every source keeps.
const (
	// BatchLines and BatchBytes bound a batch; it may exceed BatchBytes by one
	// line.
	BatchLines = 1000
	BatchBytes = 256 << 10
	// LongestLine is the length in bytes up to which lines are read. A longer
	// one is rejected with its first RawKept bytes.
	LongestLine = 1 << 20
	RawKept     = 4 << 10
)

// The bounds of values. What is beyond them makes no sense, and is unknown.
const (
	// LongestSeconds bounds durations and latencies, in seconds: some thirty years.
	// A core counts the latency of a result whose sender did not set its time from 1970.
	LongestSeconds = 1e9
	// LongestCheck bounds the time that a check took, in seconds: a week.
	LongestCheck = 7 * 86400
	// LatestMoment bounds the time at which something happened, in Unix seconds: the
	// year 2200. Dates that people enter, such as the end of a downtime, may be later.
	LatestMoment = 7258118400
	// LatestDate bounds dates that people enter: the last Unix second of the year 9999.
	LatestDate = 253402300799
	// MostAttempts bounds attempts.
	MostAttempts = 1 << 30
)

// OpenFiles returns how many files a source may hold open ahead: at most most, and
// not more than a quarter of what the process may open, because the journal, the
// targets and other sources need some too.
func OpenFiles(most int) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return most
	}
	return max(1, int(min(uint64(most), limit.Cur/4)))
}

// IsShortOfFiles reports whether a file could not be opened because too many are
// open, and not for a reason of its own.
func IsShortOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Full reports whether a batch made of so many bytes has to be handed over.
func (b *Batch) Full(bytes int) bool {
	return bytes >= BatchBytes || len(b.Records)+len(b.Rejected) >= BatchLines
}
