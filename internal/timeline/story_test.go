package timeline_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// story is what was sent of each object, by topic.
type story map[string][]string

func storyOf(out outcome) story {
	this := story{}
	add := func(topic string, s sent, what string) {
		topic = s.rec.Entity.String() + " " + topic
		if all := this[topic]; topic != "states" || len(all) == 0 || all[len(all)-1] != what {
			this[topic] = append(all, what)
		}
	}
	last := map[supervision.Entity]supervision.State{}
	for _, s := range out.sent {
		switch s.rec.Kind {
		case supervision.CheckResult, supervision.PresentState:
			if last[s.rec.Entity] != s.rec.Check.State { // the first OK is nothing that the log shows
				add("states", s, fmt.Sprint(s.rec.Check.State))
			}
			last[s.rec.Entity] = s.rec.Check.State
		case supervision.Acknowledged:
			add("acknowledgements", s, "ack "+s.rec.Note.Text)
		case supervision.AcknowledgementRemoved:
			add("acknowledgements", s, "ackremove")
		case supervision.CommentAdded:
			add("comments", s, s.rec.Note.Text)
		case supervision.FlappingStarted, supervision.FlappingStopped:
			add("flapping", s, s.rec.Kind.String())
		case supervision.DowntimeScheduled:
			add("schedules", s, s.rec.Downtime.Comment)
		case supervision.DowntimeStarted, supervision.DowntimeEnded, supervision.DowntimeCancelled:
			what := "ended"
			if s.rec.Kind == supervision.DowntimeStarted {
				what = "started"
			}
			add("downtimes", s, what)
		}
	}
	return this
}

// differs compares two stories. What only the status file shows depends on when it
// is read.
func (s story) differs(other story, set readerSet, how plan) string {
	topics := map[string]bool{}
	for topic := range s {
		topics[topic] = true
	}
	for topic := range other {
		topics[topic] = true
	}
	for topic := range topics {
		if !set.log || set.status && how.catchUp && strings.HasSuffix(topic, "downtimes") {
			continue
		}
		if !slices.Equal(s[topic], other[topic]) {
			return fmt.Sprintf("%s: %v, not %v", topic, other[topic], s[topic])
		}
	}
	return ""
}

var resultOf = regexp.MustCompile(`/r(\d+)`)

// idOf returns the number of the result that a Ref names, 0 if it names none.
func idOf(ref string) int {
	m := resultOf.FindStringSubmatch(ref)
	if m == nil {
		return 0
	}
	id, err := strconv.Atoi(m[1])
	must(err)
	return id
}
