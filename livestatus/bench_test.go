package livestatus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// bareLoop finds the ends of values and rows, and nothing else.
func bareLoop(text []byte) (rows int) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 1 {
				rows++
			}
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return rows
}

// BenchmarkRows compares the decoder with a bare loop over the same bytes, and with
// encoding/json row by row.
func BenchmarkRows(b *testing.B) {
	var answer bytes.Buffer
	answer.WriteByte('[')
	const rows = 20_000
	for i := range rows {
		if i > 0 {
			answer.WriteString(",\n")
		}
		fmt.Fprintf(&answer, `["srv-%05d","service %d",1,1795833810,0,0.0123,0.00042,0,1,1,0,0,0,0,1,3,`+
			`"OK - everything is fine, nothing to see here: %d","","time=0.123s;1;2;0 size=%dB",1,`+
			`"check_http!-S!-u /",%d]`, i/20, i, i, i, i)
	}
	answer.WriteByte(']')
	text := answer.Bytes()
	b.Run("bare-loop", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for range b.N {
			if bareLoop(text) != rows {
				b.Fatal("rows are missing")
			}
		}
	})
	b.Run("decoder", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for range b.N {
			var known Answer
			d := decoder{body: bytes.NewReader(text), answer: &known}
			if err := d.decode(func([]Value) error { return nil }); err != nil || known.Rows != rows {
				b.Fatal(err, known.Rows)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for range b.N {
			d := json.NewDecoder(bytes.NewReader(text))
			d.Token()
			for d.More() {
				var row []any
				if err := d.Decode(&row); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
