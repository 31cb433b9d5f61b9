package sources

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
)

// take turns lines into batches.
func (r *logRun) take(ctx context.Context, lines []line, until int64, asked time.Time, atEnd bool) error {
	added, taken, bytes := 0, 0, 0
	for _, l := range lines {
		nth, isNew := r.place.take(l)
		if !isNew {
			continue
		}
		r.add(l, nth)
		r.files.note(l)
		added, taken, bytes = added+1, taken+1, bytes+len(l.text)
		if taken >= supervision.BatchLines || bytes >= supervision.BatchBytes {
			if err := r.hand(ctx, time.Time{}); err != nil {
				return err
			}
			taken, bytes = 0, 0
		}
	}
	r.place.endRound()
	if !atEnd {
		r.place.reach(until)
		return r.hand(ctx, time.Time{})
	}
	r.settle(added, asked)
	return r.hand(ctx, r.endSeen(asked))
}

// add hands a line to the parser. A line that came over Livestatus has no place in a
// file: its second and its text name it, and how many like it came before.
func (r *logRun) add(l line, nth int) {
	text := l.text
	if !strings.HasPrefix(string(text), "[") {
		text = fmt.Appendf(nil, "[%d] %s", l.time, text)
	}
	r.parser.Add(logfile.Line{
		Text: text, File: r.options.Server.Address + ", table log", FileID: strconv.FormatInt(l.time, 10),
		Offset: int64(sumOf(l.text)>>1) + int64(nth),
	})
}

// settle ends the wait of the last line for others when the log has been quiet for long
// enough.
func (r *logRun) settle(added int, asked time.Time) {
	switch {
	case added > 0 || r.parser.Waiting() == "":
		r.quiet = time.Time{}
	case r.quiet.IsZero():
		r.quiet = asked
	case asked.Sub(r.quiet) >= settleTime:
		r.quiet = time.Time{}
		r.parser.Settle()
	}
}

// endSeen returns the moment from before which everything was emitted: a line that is
// held back came after the end was seen before it.
func (r *logRun) endSeen(asked time.Time) time.Time {
	waiting := r.parser.Waiting()
	switch {
	case waiting == "":
		r.complete = asked
	case waiting != r.waiting:
		r.complete = r.ended
	}
	r.waiting, r.ended = waiting, asked
	return r.complete
}

// hand emits what the lines became, with the position behind them.
func (r *logRun) hand(ctx context.Context, endSeen time.Time) error {
	b := r.parser.Take()
	for i := range b.Rejected {
		b.Rejected[i].Source = LogName
	}
	b.EndSeen = endSeen
	position := r.place.position()
	position.Held, position.Program = r.parser.Held(), r.parser.Program()
	encoded, err := position.encode()
	if err != nil {
		return err
	}
	if string(encoded) != r.stored {
		b.Position = encoded
	}
	if r.failed = r.emit(ctx, b); r.failed != nil {
		return r.failed
	}
	r.stored = string(encoded)
	r.Handed(b, r.options.Server.Address+", table log", -1, -1)
	return nil
}
