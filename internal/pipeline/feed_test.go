package pipeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// What a feed reads again from its position is left out up to the record that is
// marked. If that is not there, what follows is taken: rather twice than never.
func TestWhatHasEnteredIsSkipped(t *testing.T) {
	for _, c := range []struct {
		name    string
		mark    again
		batches []string // a letter a record
		want    string
	}{
		{"nothing is marked", again{}, []string{"abc"}, "abc"},
		{"within a batch", again{2, "b"}, []string{"abc", "d"}, "cd"},
		{"in a later batch", again{4, "d"}, []string{"abc", "de"}, "e"},
		{"a whole batch", again{3, "c"}, []string{"abc", "d"}, "d"},
		{"it is not there any more", again{2, "x"}, []string{"abc", "d"}, "abcd"},
		{"in a later batch, and not there", again{4, "x"}, []string{"abc", "de"}, "de"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, letters := range c.batches {
				var records []supervision.Record
				for _, ref := range letters {
					records = append(records, supervision.Record{Ref: string(ref)})
				}
				for _, rec := range c.mark.skip(records) {
					got += rec.Ref
				}
			}
			if got != c.want || c.mark.records != 0 {
				t.Errorf("%q, %d left to skip; want %q", got, c.mark.records, c.want)
			}
		})
	}
}
