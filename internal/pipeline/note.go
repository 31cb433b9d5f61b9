package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Note is a file that is not read, because a broker module reports all that is in
// it. Where it ends is noted, so that it can be read from there if the module falls
// silent.
type Note struct {
	Reader string // whose position it is
	// End returns the position at the file's end; from is the stored one.
	End func(from []byte) ([]byte, error)
}

// noteEvery is the time between two notes.
const noteEvery = 30 * time.Second

// notes are the places in the files that are noted.
type notes struct {
	*Pipeline
	pending map[string][]byte // taken, but not stored yet
	taken   time.Time
	failed  map[string]string // why a place could not be noted, as far as logged
}

// keepNotes notes where the files end, until the context ends. A note counts when
// the module has written after it: what is behind it must not be missed if the
// module has been silent since. Where no position is known, the first note is
// better than none.
func (p *Pipeline) keepNotes(ctx context.Context) error {
	n := notes{Pipeline: p, failed: map[string]string{}}
	n.take()
	for _, note := range p.cfg.Notes {
		if from, err := p.intake.position(note.Reader); err != nil || from != nil {
			continue
		}
		if err := n.store(ctx, note.Reader); err != nil {
			return err
		}
	}
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !p.cfg.WrittenSince(n.taken) {
			continue
		}
		for reader := range n.pending {
			if err := n.store(ctx, reader); err != nil {
				return err
			}
		}
		n.take()
	}
}

// take looks where the files end now.
func (n *notes) take() {
	n.pending, n.taken = map[string][]byte{}, n.cfg.Now()
	for _, note := range n.cfg.Notes {
		from, err := n.intake.position(note.Reader)
		if err == nil {
			n.pending[note.Reader], err = note.End(from)
		}
		if err == nil {
			delete(n.failed, note.Reader)
			continue
		}
		delete(n.pending, note.Reader)
		if n.failed[note.Reader] != err.Error() {
			n.failed[note.Reader] = err.Error()
			n.cfg.Logger.Warn("should the module fall silent, this file is not read from the right place",
				"reader", note.Reader, "err", err)
		}
	}
}

// store stores a note, if one could be taken.
func (n *notes) store(ctx context.Context, reader string) error {
	position := n.pending[reader]
	if position == nil {
		return nil
	}
	wait, err := n.intake.note(ctx, reader, position)
	if err == nil {
		err = wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("storing where the file of reader %s ends: %w", reader, err)
	}
	return nil
}

// note stores the position of a reader that doesn't run.
func (in *intake) note(ctx context.Context, reader string, position []byte) (func(context.Context) error, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.timeline.Completed(reader)
	return in.commit(ctx, outbox.Commit{Source: in.scope.Key(reader), Position: position})
}
