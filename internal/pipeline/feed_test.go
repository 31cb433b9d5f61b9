package pipeline

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// What a feed reads again from its position is left out up to the record that is
// marked. If that is not there, all is taken: rather twice than never. Until that is
// known the position stays where it is.
func TestWhatHasEnteredIsSkipped(t *testing.T) {
	for _, c := range []struct {
		name    string
		mark    again
		batches []string // a letter a record; a dot: the end was seen
		want    []string // with the number of the batch up to which a position is handed over
	}{
		{"nothing is marked", again{}, []string{"abc"}, []string{"abc 0"}},
		{"within a batch", again{records: 2, last: "b"}, []string{"abc", "d"}, []string{"c 0", "d 1"}},
		{"in a later batch", again{records: 4, last: "d"}, []string{"abc", "de"}, []string{"", "e 1"}},
		{"a whole batch", again{records: 3, last: "c"}, []string{"abc", "d"}, []string{" 0", "d 1"}},
		{"it is not there any more", again{records: 2, last: "x"}, []string{"abc", "d"}, []string{"abc 0", "d 1"}},
		{"in a later batch, and not there", again{records: 4, last: "x"}, []string{"abc", "de"},
			[]string{"", "abcde 1"}},
		{"not there, and the lines are fewer records", again{records: 9, last: "x"}, []string{"ab", "cd", "."},
			[]string{"", "", "abcd 1"}},
		{"not there, and nothing else", again{records: 9, last: "x"}, []string{".", "a"}, []string{"", "a 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for i, letters := range c.batches {
				var b supervision.Batch
				for _, ref := range strings.TrimSuffix(letters, ".") {
					b.Records = append(b.Records, supervision.Record{Ref: string(ref)})
				}
				if len(b.Records) > 0 {
					b.Position = []byte(strconv.Itoa(i))
				}
				if strings.HasSuffix(letters, ".") {
					b.EndSeen = time.Unix(1, 0)
				}
				b = c.mark.skip(b)
				taken := ""
				for _, rec := range b.Records {
					taken += rec.Ref
				}
				if b.Position != nil {
					taken += " " + string(b.Position)
				}
				got = append(got, taken)
			}
			if !slices.Equal(got, c.want) || c.mark.records != 0 {
				t.Errorf("%q, %d left to skip; want %q", got, c.mark.records, c.want)
			}
		})
	}
}
