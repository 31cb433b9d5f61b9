package supervision

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// FuzzDecodeRecord decodes arbitrary bytes. What is a record must come out
// again as it is encoded, whatever follows it.
func FuzzDecodeRecord(f *testing.F) {
	every := AppendRecord(nil, filled(f))
	f.Add(every)
	f.Add(AppendRecord(bytes.Clone(every), &Record{}))
	result := typical(time.Unix(1795424514, 250000000))
	f.Add(AppendRecord(nil, &result))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, err := DecodeRecord(b)
		if err != nil {
			if !errors.Is(err, ErrRecord) || rest != nil || len(err.Error()) > 200 {
				t.Fatalf("rest %q, error %v", rest, err)
			}
			return
		}
		if !bytes.HasSuffix(b, rest) {
			t.Fatalf("rest %q is no end of %q", rest, b)
		}
		encoded := AppendRecord([]byte("before"), &r)[len("before"):]
		again, left, err := DecodeRecord(append(bytes.Clone(encoded), "behind"...))
		if err != nil || string(left) != "behind" {
			t.Fatalf("decoded again: rest %q, error %v", left, err)
		}
		if got := AppendRecord(nil, &again); !bytes.Equal(got, encoded) {
			t.Fatalf("encoded again as %q, before as %q", got, encoded)
		}
	})
}
