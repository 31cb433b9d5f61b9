package livestatus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Answer is what there is to know of an answer besides its rows.
type Answer struct {
	Asked time.Time // by our clock
	Rows  int
	// Failed are the backends of an LMD that did not answer, with the reason by their
	// ids: rows are missing.
	Failed map[string]string
	Faults map[Fault]int // nil: none
}

const (
	readSize = 64 << 10 // what is read at once
	maxRow   = 16 << 20
	maxExtra = 1 << 20 // bounds what a wrapped answer has besides its rows
)

// decoder reads the rows of an answer from its body.
type decoder struct {
	body       io.Reader
	buf        []byte
	start, end int // what is in buf and not yet decoded
	ended      bool
	row        row
	answer     *Answer
	faults     faults
	total      int64 // rows that the server says there are; -1: not said
}

// decode calls each for each row.
func (d *decoder) decode(each func([]Value) error) error {
	d.total = -1
	c, err := d.peek()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is empty", errCut) // Icinga 2 and formats it doesn't know
	}
	if err != nil {
		return err
	}
	switch c {
	case '[':
		err = d.rows(each)
	case '{':
		err = d.wrapped(each)
	default:
		return fmt.Errorf("the answer is no JSON: %q", d.buf[d.start:min(d.end, d.start+shown)])
	}
	if err == nil && d.total >= 0 && int64(d.answer.Rows) < d.total && len(d.answer.Failed) == 0 {
		err = fmt.Errorf("%w: %d rows of %d", errCut, d.answer.Rows, d.total)
	}
	for fault, n := range d.faults {
		if n > 0 {
			if d.answer.Faults == nil {
				d.answer.Faults = map[Fault]int{}
			}
			d.answer.Faults[Fault(fault)] = n
		}
	}
	return err
}

// shown is how much of an answer an error shows, in bytes.
const shown = 200

// peek returns the next byte that is no blank; io.EOF if there is none.
func (d *decoder) peek() (byte, error) {
	for {
		for ; d.start < d.end; d.start++ {
			if c := d.buf[d.start]; !isBlank(c) {
				return c, nil
			}
		}
		if err := d.fill(maxRow); err != nil {
			return 0, err
		}
	}
}

// fill reads more, up to so many bytes that are not yet decoded; io.EOF is the end.
func (d *decoder) fill(most int) error {
	switch {
	case d.ended:
		return io.EOF
	case d.end-d.start >= most:
		return fmt.Errorf("%w: more than %d bytes: %q…", errRowSize, most, d.buf[d.start:d.start+shown])
	}
	if len(d.buf)-d.end < readSize {
		size := max(len(d.buf), 2*readSize)
		if d.end-d.start > size/2 {
			size *= 2
		}
		to := d.buf
		if size > len(d.buf) {
			to = make([]byte, size)
		}
		d.end = copy(to, d.buf[d.start:d.end])
		d.buf, d.start = to, 0
	}
	n, err := d.body.Read(d.buf[d.end:])
	d.end += n
	if n > 0 || err == nil {
		return nil
	}
	d.ended = errors.Is(err, io.EOF)
	return err
}

// rows decodes an array of rows.
func (d *decoder) rows(each func([]Value) error) error {
	d.start++ // [
	separated := true
	for {
		c, err := d.peek()
		switch {
		case errors.Is(err, io.EOF):
			d.faults[FaultEnd]++
			return nil
		case err != nil:
			return err
		case c == ']':
			d.start++
			if separated && d.answer.Rows > 0 {
				d.faults[FaultComma]++
			}
			return nil
		case c == ',':
			d.start++
			if separated {
				d.faults[FaultComma]++
			}
			separated = true
		case c == '[':
			if !separated {
				d.faults[FaultComma]++
			}
			separated = false
			if err := d.oneRow(each); err != nil {
				return err
			}
		default:
			d.faults[FaultRow]++
			if _, err := d.raw(maxRow); err != nil {
				return err
			}
			separated = false
		}
	}
}

func (d *decoder) oneRow(each func([]Value) error) error {
	for {
		if n := d.row.parse(d.buf[d.start:d.end]); n > 0 {
			d.start += n
			d.answer.Rows++
			d.row.resolve()
			d.faults.add(&d.row.faults)
			return each(d.row.values)
		}
		if err := d.more(maxRow); err != nil {
			return err
		}
	}
}

// more reads more of something that has begun.
func (d *decoder) more(most int) error {
	err := d.fill(most)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: within a value", errCut)
	}
	return err
}

// raw reads one value as it is.
func (d *decoder) raw(most int) ([]byte, error) {
	for {
		var r row
		data := d.buf[d.start:d.end]
		if _, n := r.value(data); n > 0 {
			d.start += n
			return data[:n], nil
		}
		if err := d.more(most); err != nil {
			return nil, err
		}
	}
}

// wrapped decodes an answer of the format wrapped_json: an object whose "data" are
// the rows.
func (d *decoder) wrapped(each func([]Value) error) error {
	d.start++ // {
	for {
		c, err := d.peek()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: without the bracket that ends it", errCut)
		case err != nil:
			return err
		case c == '}':
			d.start++
			return nil
		case c == ',':
			d.start++
			continue
		case c != '"':
			return fmt.Errorf("the answer is no JSON: %q in the place of a key",
				d.buf[d.start:min(d.end, d.start+shown)])
		}
		if err := d.member(each); err != nil {
			return err
		}
	}
}

// member decodes one key of a wrapped answer.
func (d *decoder) member(each func([]Value) error) error {
	key, err := d.raw(maxExtra)
	if err != nil {
		return err
	}
	name := string(key)
	c, err := d.peek()
	if err == nil && c == ':' {
		d.start++
		c, err = d.peek()
	}
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: behind the key %s", errCut, name)
	case err != nil:
		return err
	case name == `"data"` && c == '[':
		return d.rows(each)
	}
	text, err := d.raw(maxExtra)
	if err != nil {
		return err
	}
	switch name {
	case `"failed"`:
		if json.Unmarshal(text, &d.answer.Failed) != nil {
			return fmt.Errorf("the answer has an unknown form of \"failed\": %.200q", text)
		}
	case `"total_count"`:
		if json.Unmarshal(text, &d.total) != nil {
			d.total = -1
		}
	}
	return nil
}
