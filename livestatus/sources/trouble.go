package sources

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// failed notes that a poll failed, and emits what it found until then.
func (r *run) failed(ctx context.Context, err error) error {
	if r.reported != err.Error() {
		r.log.Warn("can't read the supervisor's state; asking again until it works", "err", err)
	}
	r.reported = err.Error()
	r.client.Close()
	r.server = nil // it may be another one when it is back
	return r.out.Flush(ctx)
}

// recovered logs that the server answers again.
func (r *run) recovered() {
	if r.reported != "" {
		r.log.Info("the supervisor's state is read again")
	}
	r.reported = ""
}

// backendsFailed logs which backends of an LMD do not answer. What they had reported
// stays as it was.
func (r *run) backendsFailed(failed map[string]string) {
	if !maps.Equal(failed, r.failing) {
		for _, backend := range slices.Sorted(maps.Keys(failed)) {
			r.log.Warn("a backend of LMD does not answer; its objects stay as they were", "backend", backend,
				"reason", strings.TrimSpace(failed[backend]))
		}
		if len(failed) == 0 {
			r.log.Info("all backends of LMD answer again")
		}
	}
	r.failing = failed
}

// differ is from when on it is worth a word that two clocks differ.
const differ = 30 * time.Second

// noteClock logs once that the supervisor's clock is ahead of ours. One that is behind
// looks like a supervisor that checks nothing.
func (r *run) noteClock(now time.Time) {
	by := r.objects.ahead(now)
	if isSkewed := by > differ; isSkewed != r.skewed {
		r.skewed = isSkewed
		if isSkewed {
			r.log.Warn("the supervisor's clock is ahead of ours: set both by NTP", "by", by.Round(time.Second))
		}
	}
}

// oldCache is when the newest row of an LMD, which reads its backends every few seconds,
// is too old.
const oldCache = 2 * time.Minute

// noteCache logs once that an LMD shows an old state: it slows down when it is not asked
// for some time, and may stop without a word.
func (r *run) noteCache(p *poll) {
	newest := r.objects.newestRow
	if !p.isScan || newest == 0 {
		return
	}
	age := p.now.Sub(time.Unix(int64(newest), 0))
	if isStale := age > oldCache; isStale != r.stale {
		r.stale = isStale
		if isStale {
			r.log.Warn("LMD shows an old state: set its UpdateInterval, and an IdleTimeout that is longer than the "+
				"time between two polls, or read the core's own socket", "age", age.Round(time.Second))
			return
		}
		r.log.Info("LMD shows a state of now again")
	}
}
