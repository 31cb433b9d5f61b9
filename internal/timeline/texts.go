package timeline

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// texts are the last two that were reported in each state, the newest first, for
// results of a reader that has none. There are two, because the status file may
// show the next result before the perfdata of the one before it comes.
type texts [4][2]datedText

type datedText struct {
	text string
	at   int64 // of the first result that had it (unix seconds)
}

// note remembers the text of a result.
func (t *texts) note(state supervision.State, text string, at int64) {
	if int(state) >= len(t) || t[state][0].text == text {
		return
	}
	this := datedText{strings.Clone(text), at}
	if at < t[state][0].at {
		t[state][1] = this
		return
	}
	t[state] = [2]datedText{this, t[state][0]}
}

// of returns the text that was reported last before a result, in its state. Where
// all are newer, the oldest is the nearest.
func (t *texts) of(state supervision.State, at int64) string {
	if t == nil || int(state) >= len(t) {
		return ""
	}
	newest, before := t[state][0], t[state][1]
	if newest.at > at+ownDelay && before.text != "" {
		return before.text
	}
	return newest.text
}

func (t *texts) encode(e *encoder) {
	for _, ofState := range t {
		for _, one := range ofState {
			e.text(one.text)
			if one.text != "" {
				e.int(one.at)
			}
		}
	}
}

func (t *texts) decode(d *decoder) {
	for state := range t {
		for i := range t[state] {
			one := datedText{text: d.text()}
			if one.text != "" {
				one.at = d.int()
			}
			t[state][i] = one
		}
	}
}
