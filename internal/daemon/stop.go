package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// step is a part of stopping. What is not done in its time is left behind: it
// is safe to be killed at any moment, and an administrator who stops a service
// waits for it.
type step struct {
	name string
	by   time.Duration // since the stop began; what the steps before leave over is this one's
	do   func() error
}

// stop ends everything in the order in which nothing is lost and as little as
// possible is sent again: nothing new is read, what is on its way to a target
// may still be confirmed, then the files are closed. The targets have most of the
// time: amqp's grace for confirmations, and then some to release them. All of it
// takes 4.4 seconds at most, and the process ends within 5.
func (l *life) stop() error {
	err := inOrder(l.Logger, []step{
		{"readers", 500 * time.Millisecond, func() error {
			if l.warning != nil {
				l.warning.stop()
			}
			endAll(l.sites, func(s *site) *activity { return s.activity })
			return nil
		}},
		{"targets", 3400 * time.Millisecond, func() error {
			endAll(l.targets, func(t *target) *activity { return t.activity })
			return nil
		}},
		{"summary", 3450 * time.Millisecond, func() error { l.summaries.end(); return nil }},
		{"quarantine", 3500 * time.Millisecond, l.quarantine.Close},
		{"journal", 4400 * time.Millisecond, l.journal.Close},
	})
	l.Logger.Info("stopped", "unsent", l.journal.Stats().Events)
	return err
}

// endAll stops all of a kind at once, and waits for each.
func endAll[T any](all []T, activityOf func(T) *activity) {
	for _, x := range all {
		if a := activityOf(x); a != nil {
			a.stop()
		}
	}
	for _, x := range all {
		if a := activityOf(x); a != nil {
			<-a.done
		}
	}
}

// inOrder takes the steps one after the other, and returns their errors.
func inOrder(log *slog.Logger, steps []step) error {
	var errs []error
	began := time.Now()
	for _, s := range steps {
		done := make(chan error, 1)
		go func() { done <- s.do() }()
		late := time.NewTimer(s.by - time.Since(began))
		select {
		case err := <-done:
			if err != nil {
				errs = append(errs, fmt.Errorf("stopping the %s: %w", s.name, err))
			}
		case <-late.C:
			log.Warn("stopping takes too long: going on without waiting", "part", s.name,
				"after", time.Since(began).Round(time.Millisecond))
		}
		late.Stop()
	}
	return errors.Join(errs...)
}
