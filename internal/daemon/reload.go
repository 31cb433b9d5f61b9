package daemon

import (
	"context"
	"reflect"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

// reload reads the configuration again. Sites and targets that differ are
// replaced; the log says which changes wait for a restart. A faulty
// configuration is refused as a whole.
func (l *life) reload(ctx context.Context) {
	plan, err := l.Load()
	if err != nil {
		l.Logger.Error("the new configuration is refused, the old one goes on", "err", err)
		return
	}
	next, err := l.prepare(ctx, plan, false)
	if err != nil {
		l.Logger.Error("the new configuration can't be run, the old one goes on", "err", err)
		return
	}
	l.Logger.Info("configuration read again", "sites", len(next.sites), "new or changed", len(next.fresh))
	l.takeOver(l.plan.Config, plan.Config)
	l.run(ctx, next)
	l.announceNew(next)
	l.announceDoubts(plan)
}

// takeOver applies the sections that belong to the process. What it can't apply
// is compared with what the process was started with.
func (l *life) takeOver(old, now *config.Loaded) {
	if now.Log.Level != old.Log.Level && l.SetLevel != nil {
		l.SetLevel(now.Log.Level)
	}
	if now.Quarantine != old.Quarantine {
		if err := l.quarantine.Move(now.Quarantine.Path, int64(now.Quarantine.MaxSize)); err != nil {
			l.Logger.Error("closing the quarantine file before another one is used",
				"path", old.Quarantine.Path, "err", err)
		}
	}
	waiting := differences("journal", l.started.Journal, now.Journal)
	if now.Log.Format != l.started.Log.Format {
		waiting = append(waiting, "log.format")
	}
	if len(waiting) > 0 {
		l.Logger.Warn("these changes take effect at the next restart", "keys", waiting)
	}
}

// differences returns the keys of a section whose values differ.
func differences(section string, old, now any) (keys []string) {
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	for i := range a.NumField() {
		if a.Field(i).Interface() != b.Field(i).Interface() {
			keys = append(keys, section+"."+a.Type().Field(i).Tag.Get("yaml"))
		}
	}
	return keys
}
