package livestatus

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// FuzzHeader: only what the client itself would write in the place is a header.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{
		"200           2\n", "404 12345678901\n", "bad request: tab", "200          14!", "200 +        2\n",
		"000  -0000000000",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		code, length, ok := parseHeader(b)
		if !ok {
			return
		}
		if len(b) != headerSize || code < 0 || code > 999 || length < 0 || bytes.ContainsAny(b[:15], "+-_.\x00") {
			t.Errorf("%q is taken for a header: %d, %d", b, code, length)
		}
	})
}

// collect decodes an answer, and copies its values.
func collect(body io.Reader) (rows [][]Value, answer Answer, err error) {
	d := decoder{body: body, answer: &answer}
	err = d.decode(func(row []Value) error {
		var copied []Value
		for _, v := range row {
			v.raw = bytes.Clone(v.raw)
			copied = append(copied, v)
		}
		rows = append(rows, copied)
		return nil
	})
	return rows, answer, err
}

// FuzzRows: an answer that is sound is read as encoding/json reads it, without a fault;
// any other ends, and returns the same in whatever parts it comes.
func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		`[["a",1,null,true,[1,["x"]],{"k":"]"}],["\ud83d\ude00\n"]]`, `[["a"][1]]`, `[["a"],`, `[[nan,inf]]`,
		`{"data":[["a"]],"failed":{"x":"down"},"total_count":1}`, `[["\ud800"]]`, `[[1e5,-0.5]]`, `[[`, `["`, `{"data"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, answer, err := collect(bytes.NewReader(text))
		again, _, second := collect(iotest.OneByteReader(bytes.NewReader(text)))
		if failed, failedAgain := err != nil, second != nil; failed != failedAgain || len(rows) != len(again) {
			t.Fatalf("%d rows, %v; byte by byte %d rows, %v", len(rows), err, len(again), second)
		}
		var sound [][]any
		if !utf8.Valid(text) || json.Unmarshal(text, &sound) != nil || sound == nil {
			return
		}
		if err != nil {
			t.Fatalf("sound JSON is refused: %v", err)
		}
		for _, n := range answer.Faults {
			if n > 0 && !bytes.Contains(text, []byte("null")) && !bytes.Contains(text, []byte(`\`)) {
				t.Fatalf("faults in sound JSON: %v", answer.Faults)
			}
		}
		compareRows(t, rows, sound)
	})
}

func compareRows(t *testing.T, rows [][]Value, sound [][]any) {
	t.Helper()
	at := 0
	for _, want := range sound {
		if want == nil {
			continue // null in the place of a row
		}
		if at >= len(rows) || len(rows[at]) != len(want) {
			t.Fatalf("rows %v, want %v", rows, sound)
		}
		for i, v := range rows[at] {
			switch w := want[i].(type) {
			case string:
				if v.Kind != Text || v.String() != w {
					t.Fatalf("text %q, want %q", v.Bytes(), w)
				}
			case float64:
				if got, ok := v.Float(); !ok || got != w {
					t.Fatalf("number %q, want %v", v.Bytes(), w)
				}
			case nil:
				if v.Kind != Null {
					t.Fatalf("%q, want null", v.Bytes())
				}
			}
		}
		at++
	}
}

// TestValues: what the kinds of values convert to.
func TestValues(t *testing.T) {
	rows, _, err := collect(bytes.NewReader([]byte(`[[7,-1,1.5,"7",null,true,["a",1,["b"],"c\n"],1e30]]`)))
	if err != nil {
		t.Fatal(err)
	}
	row := rows[0]
	for i, want := range []int64{7, -1, 1, 0, 0, 1} {
		if got, ok := row[i].Integer(); got != want || ok != (i != 3 && i != 4) {
			t.Errorf("value %d: %d, %t", i, got, ok)
		}
	}
	if _, ok := row[7].Integer(); ok {
		t.Error("1e30 is taken for a whole number")
	}
	if got := row[6].Texts(); len(got) != 3 || got[0] != "a" || got[1] != "1" || got[2] != "c\n" {
		t.Errorf("list %q", got)
	}
	if row[0].Texts() != nil {
		t.Error("a number is taken for a list")
	}
}
