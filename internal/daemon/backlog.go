package daemon

import (
	"context"
	"fmt"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
)

// What waits for a target is kept when the target is taken out of the configuration,
// as it is when the target can't be reached: whoever switches it off may switch it on
// again, and a restart may come between. It goes when it is asked to
// (Daemon.DropBacklogs), or when it would take the room of what is still sent.

// keptShare is the part of the journal's bound, one half, beyond which nothing is
// kept for targets that are not configured.
const keptShare = 2

// left returns the targets that the journal keeps events for and that are not among
// the configured ones.
func (l *life) left(configured []*target) (left []journal.Target) {
	for _, kept := range l.journal.Targets() {
		if !slices.ContainsFunc(configured, func(t *target) bool { return t.plan.Name == kept.Name }) {
			left = append(left, kept)
		}
	}
	return left
}

// checkDrops refuses to drop what is to be sent.
func (d *Daemon) checkDrops(targets []*target) error {
	for _, name := range d.DropBacklogs {
		if slices.ContainsFunc(targets, func(t *target) bool { return t.plan.Name == name }) {
			return fmt.Errorf("the backlog of target %s is not dropped, because the target is configured: "+
				"switch it off first", name)
		}
	}
	return nil
}

// register makes the targets of a generation those of the journal, and keeps the
// others, but for those to be dropped.
func (l *life) register(ctx context.Context, targets []*target, drop func(name string) bool) error {
	all, kept, dropped := cursors(targets), []string(nil), map[string]int64{}
	for _, t := range l.left(targets) {
		if drop(t.Name) {
			dropped[t.Name] = l.backlog(t.Name)
			continue
		}
		all, kept = append(all, t), append(kept, t.Name)
	}
	if err := l.journal.SetTargets(ctx, all...); err != nil {
		return fmt.Errorf("registering the targets in the journal: %w", err)
	}
	for _, name := range l.drop {
		if _, known := dropped[name]; !known {
			l.Logger.Info("no events are kept for this target: there is nothing to drop", "target", name)
		}
	}
	l.drop = nil
	for name, unsent := range dropped {
		l.Logger.Warn("the events that were kept for a target that is not configured are dropped",
			"target", name, "dropped", unsent)
	}
	l.noteLeft(targets, kept)
	return nil
}

// noteLeft logs once for each target that events are kept for it, and that it is back.
func (l *life) noteLeft(targets []*target, kept []string) {
	for _, name := range kept {
		if !slices.Contains(l.kept, name) {
			l.Logger.Warn("a target is not configured any more: its events are kept until it is back, or until "+
				"'run --drop-backlog "+name+"'; or until the journal is half full", "target", name,
				"unsent", l.backlog(name))
		}
	}
	for _, t := range targets {
		if slices.Contains(l.kept, t.plan.Name) {
			l.Logger.Info("the target is configured again: it goes on where it was", "target", t.plan.Name,
				"unsent", l.backlog(t.plan.Name))
		}
	}
	l.kept = kept
}

// backlog returns how many events wait for a target, -1 if that can't be known.
func (l *life) backlog(name string) int64 {
	n, err := l.journal.Backlog(name)
	if err != nil {
		l.Logger.Error("the events that wait for a target can't be counted", "target", name, "err", err)
		return -1
	}
	return n
}

// toDrop reports whether a target's backlog was asked to be dropped.
func (l *life) toDrop(name string) bool { return slices.Contains(l.drop, name) }

// boundLeft drops what is kept for targets that are not configured when the journal
// fills up.
func (l *life) boundLeft(ctx context.Context) {
	stats := l.journal.Stats()
	if len(l.kept) == 0 || stats.Bytes <= stats.MaxBytes/keptShare {
		return
	}
	l.Logger.Warn("the journal is half full: nothing is kept any more for targets that are not configured",
		"bytes", stats.Bytes, "bound", stats.MaxBytes)
	if err := l.register(ctx, l.targets, func(string) bool { return true }); err != nil {
		l.Logger.Error("what is kept for targets that are not configured can't be dropped, trying again", "err", err)
	}
}
