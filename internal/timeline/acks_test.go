package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	refused   = string(Refused)
	ackSent   = "acknowledgement sent"
	ackEnds   = "acknowledgement removed sent"
	ackDenied = "acknowledgement refused by the supervisor"
)

func acknowledged(sec int, text string) supervision.Record {
	return note(supervision.Acknowledged, sec, "bob", text)
}

func normal(ack supervision.Record) supervision.Record {
	n := *ack.Note
	n.Sticky = false
	ack.Note = &n
	return ack
}

func TestAcknowledgements(t *testing.T) {
	tl := run(t, options(logReader, status), []step{
		{"log", result(web, 3, 2, "CRITICAL"), 0, sent},
		{"log", acknowledged(4, "on it"), 0, sent},
		{"status", acknowledged(4, "on it"), 0, seenAlready},
		{"log", acknowledged(5, "still on it"), 0, sent},
		{"log", note(supervision.AcknowledgementRemoved, 6, "", ""), 0, sent},
		{"status", note(supervision.AcknowledgementRemoved, 6, "", ""), 0, unchanged},
		{"status", note(supervision.Acknowledged, 7, "eve", "by the web"), 0, sent},
		{"log", note(supervision.Acknowledged, 7, "eve", "by the web"), 0, seenAlready},
	})
	if !tl.Flags(web).Acknowledged {
		t.Error("not acknowledged")
	}
}

// Canopsis ignores an acknowledgement without an open alarm.
func TestAnAcknowledgementNeverLeavesBeforeItsProblem(t *testing.T) {
	opts := options(logReader, status)
	opts.SoftChanges = [2]bool{}
	run(t, opts, []step{
		{"log", acknowledged(2, "nobody knows the object"), 0, held},
		{"log", result(web, 3, 2, "CRITICAL"), 0, "sent, " + ackSent},
		{"log", result(web, 10, 0, "OK"), 0, sent},
		{"log", acknowledged(12, "soft problems are not logged"), 0, held},
		{"log", result(web, 20, 2, "CRITICAL"), 0, "sent, acknowledgement removed sent, " + ackSent},
	})
	run(t, options(logReader), []step{
		{"log", result(web, 10, 0, "OK"), 0, sent},
		{"log", acknowledged(12, "it is well"), 0, held},
		{"log", result(web, 20, 2, "CRITICAL"), 0, "sent, " + ackDenied},
	})
	run(t, options(logReader, perfdata), []step{
		{"perfdata", result(web, 1, 0, "OK"), 0, sent},
		{"log", acknowledged(5, "it is well"), 0, held},
		{"perfdata", result(web, 20, 2, "CRITICAL"), 0, "sent, " + ackDenied},
		{"log", acknowledged(24, "on it"), 0, sent},
		{"perfdata", result(web, 30, 0, "OK"), 0, sent},
		{"log", acknowledged(31, "too late"), 0, held},
		{"perfdata", result(web, 40, 0, "OK"), 0, "sent, " + ackDenied},
	})
}

// An ALERT that waits for its report must not be overtaken by what follows it.
func TestWhatFollowsAnAlertWaitsForIt(t *testing.T) {
	run(t, options(logReader, perfdata), []step{
		{"perfdata", result(web, 1, 0, "OK"), 0, sent},
		{"log", result(web, 10, 2, "CRITICAL"), 0, held},
		{"log", acknowledged(10, "on it"), 0, held},
		{"perfdata", perf(result(web, 10, 2, "CRITICAL"), "a=1"), 0, "sent, " + ackSent},
	})
	run(t, options(logReader, perfdata), []step{
		{"perfdata", result(web, 1, 0, "OK"), 0, sent},
		{"log", result(web, 10, 2, "CRITICAL"), 0, held},
		{"log", acknowledged(10, "on it"), 0, held},
		tick(11, supervision.CheckResult, "sent, "+ackSent),
	})
}

func TestTheEndOfAnAcknowledgement(t *testing.T) {
	for _, c := range []struct {
		name  string
		ack   supervision.Record
		state supervision.State
		want  string
	}{
		{"a recovery ends a sticky one with its problem", acknowledged(2, "x"), 0, sent},
		{"a recovery ends a normal one with its problem", normal(acknowledged(2, "x")), 0, sent},
		{"another problem ends a normal one", normal(acknowledged(2, "x")), 1, "sent, " + ackEnds},
		{"another problem leaves a sticky one", acknowledged(2, "x"), 1, sent},
		{"the same problem leaves a normal one", normal(acknowledged(2, "x")), 2, sent},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl := run(t, options(logReader, status), []step{
				{"log", result(web, 1, 2, "CRITICAL"), 0, sent},
				{"log", c.ack, 0, sent},
				{"log", result(web, 3, c.state, "next"), 0, c.want},
			})
			if tl.Flags(web).Acknowledged != (c.state != 0 && c.want == sent) {
				t.Error("the flag disagrees")
			}
		})
	}
}

// Canopsis shows the acknowledgement on the alarm until it is closed.
func TestALapsedAcknowledgementEndsWithTheNextProblem(t *testing.T) {
	before := []step{
		{"log", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"log", acknowledged(2, "on it"), 0, sent},
		{"log", result(web, 10, 0, "OK"), 0, sent},
		{"status", note(supervision.AcknowledgementRemoved, 12, "", ""), 0, unchanged},
		{"log", result(web, 15, 0, "OK"), 0, sent},
	}
	run(t, options(logReader, status), append(before, step{"log", result(web, 20, 1, "WARNING"), 0, "sent, " + ackEnds},
		step{"log", result(web, 30, 2, "CRITICAL"), 0, sent}))
	run(t, options(logReader, status), append(before, step{
		"status", flagged(seen(web, 20, 20, 1, "WARNING"), supervision.Flags{Acknowledged: true}), 0, sent,
	}))
	atOnce := options(logReader, status)
	atOnce.EndAcksAtOnce = true
	run(t, atOnce, []step{
		{"log", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"log", acknowledged(2, "on it"), 0, sent},
		{"log", result(web, 10, 0, "OK"), 0, "sent, " + ackEnds},
		{"log", result(web, 20, 1, "WARNING"), 0, sent},
	})
}

// A result that is older than the acknowledgement doesn't end it.
func TestAnOlderResultLeavesAnAcknowledgement(t *testing.T) {
	run(t, options(logReader, perfdata), []step{
		{"perfdata", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"log", acknowledged(5, "on it"), 0, sent},
		{"perfdata", result(web, 3, 0, "OK"), 0, sent},
		{"perfdata", result(web, 4, 2, "CRITICAL"), 0, sent},
		{"perfdata", result(web, 6, 0, "OK"), 0, sent},
		{"perfdata", result(web, 7, 2, "CRITICAL"), 0, "sent, " + ackEnds},
	})
}

// The status file has the last word, if it was written after the acknowledgement.
func TestTheStatusFileTakesBack(t *testing.T) {
	flags := func(sec int, acked bool) supervision.Record {
		return flagged(seen(web, sec, sec, 2, "CRITICAL"), supervision.Flags{Acknowledged: acked, At: at(sec + 1)})
	}
	run(t, options(logReader, status), []step{
		{"log", result(web, 1, 2, "CRITICAL"), 0, sent},
		{"log", acknowledged(20, "refused without a word"), 0, sent},
		{"status", flags(10, false), 0, sent}, // from before
		{"status", flags(30, false), 0, "sent, " + ackEnds},
		{"status", flags(40, true), 0, sent},
		{"status", acknowledged(39, "by the web"), 0, sent},
		{"status", flags(50, false), 0, "sent, " + ackEnds},
		{"status", flags(60, true), 0, sent},
		tick(70, supervision.Acknowledged, sent), // nobody knows who it was
		{"status", flags(80, true), 0, sent},
	})
}

// Somebody acknowledges a problem once more, with the same words.
func TestTheSameWordsAgainAreAnotherAcknowledgement(t *testing.T) {
	ack := func(sec int, id int64) supervision.Record {
		rec := note(supervision.Acknowledged, sec, "bob", "on it")
		rec.Note.ID = id
		return rec
	}
	run(t, options(logReader, status), []step{
		{"log", result(web, 90, 2, "CRITICAL"), 0, sent},
		{"log", ack(100, 0), 0, sent},
		{"log", ack(200, 0), 0, sent},
		{"log", ack(200, 0), 0, sent}, // twice in one second
		{"status", ack(100, 5), 0, seenAlready},
		{"status", ack(201, 6), 0, seenAlready},
		{"status", ack(201, 6), 0, seenAlready}, // the file is read again
		{"status", ack(300, 7), 0, sent},        // the log could not be read
		{"log", ack(300, 0), 310, seenAlready},
	})
	run(t, options(logReader, status), []step{
		{"status", seen(web, 89, 90, 2, "CRITICAL"), 0, sent},
		{"status", ack(100, 5), 0, sent}, // the log could not be read
		{"log", result(web, 120, 0, "OK"), 0, sent},
		{"log", result(web, 200, 2, "CRITICAL"), 0, sent + ", acknowledgement removed " + sent},
		{"log", ack(210, 0), 0, sent},
	})
}
