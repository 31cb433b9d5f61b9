package supervision

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// recordVersion is the first byte of an encoded record. Any other layout, so
// any new field, needs a new version, and the program still has to read the
// older ones: records may wait while it is updated.
//
// Behind it come the length of the rest, and the rest. A struct is a byte with
// its bools and the presence of its pointers, if it has any, then its other
// fields, both in the order of their declaration. Numbers are varints, those of
// one byte that byte.
const recordVersion = 1

// ErrRecord is wrapped by the errors of DecodeRecord.
var ErrRecord = errors.New("unreadable stored record")

// AppendRecord appends the encoded record. It carries its length, so others can
// follow it. Equal records have equal encodings, whatever the locations of their
// times.
func AppendRecord(b []byte, r *Record) []byte {
	b = append(b, recordVersion, 0)
	start := len(b)
	b = r.encode(b)
	length := uint64(len(b) - start)
	if length < 0x80 {
		b[start-1] = byte(length)
		return b
	}
	// Few records are so short that their length takes one byte. To move the
	// others costs less than to compute the length first.
	var room [binary.MaxVarintLen64]byte
	prefix := binary.AppendUvarint(room[:0], length)
	b = append(b, prefix[1:]...)
	copy(b[start-1+len(prefix):], b[start:])
	copy(b[start-1:], prefix)
	return b
}

// DecodeRecord decodes the record at the start of b, and returns what follows
// it. It shares no memory with b. Its times are those of time.Unix; a zero time
// is time.Time{}, an empty map nil. Any error wraps ErrRecord.
func DecodeRecord(b []byte) (r Record, rest []byte, err error) {
	if len(b) == 0 {
		return Record{}, nil, fmt.Errorf("%w: it is empty", ErrRecord)
	}
	if b[0] != recordVersion {
		return Record{}, nil, fmt.Errorf("%w: its version is %d, and this program only reads version %d",
			ErrRecord, b[0], recordVersion)
	}
	d := reader{b: b[1:], size: len(b) - 1}
	length := d.count(1)
	d.b, rest, d.size = d.b[:length], d.b[length:], length
	r.decode(&d)
	if len(d.b) > 0 {
		d.fail("it has ended")
	}
	if d.err != nil {
		return Record{}, nil, d.err
	}
	return r, rest, nil
}

func (r *Record) encode(b []byte) []byte {
	b = append(b, bits(r.Check != nil, r.Note != nil, r.Downtime != nil, r.Flapping != nil, r.Notification != nil,
		r.Process != nil), byte(r.Kind))
	b = appendText(b, r.Entity.Host)
	b = appendText(b, r.Entity.Service)
	b = appendTime(b, r.Time)
	b = appendText(b, r.Ref)
	if r.Check != nil {
		b = r.Check.encode(b)
	}
	if r.Note != nil {
		b = r.Note.encode(b)
	}
	if r.Downtime != nil {
		b = r.Downtime.encode(b)
	}
	if r.Flapping != nil {
		b = append(b, bits(r.Flapping.Disabled))
		b = appendText(b, r.Flapping.Text)
	}
	if r.Notification != nil {
		b = r.Notification.encode(b)
	}
	if r.Process != nil {
		b = r.Process.encode(b)
	}
	return b
}

func (r *Record) decode(d *reader) {
	var check, note, downtime, flapping, notification, process bool
	d.bits(&check, &note, &downtime, &flapping, &notification, &process)
	r.Kind = Kind(d.byte())
	r.Entity = Entity{Host: d.text(), Service: d.text()}
	r.Time = d.time()
	r.Ref = d.text()
	if check {
		r.Check = new(Check)
		r.Check.decode(d)
	}
	if note {
		r.Note = new(Note)
		r.Note.decode(d)
	}
	if downtime {
		r.Downtime = new(Downtime)
		r.Downtime.decode(d)
	}
	if flapping {
		r.Flapping = new(Flapping)
		d.bits(&r.Flapping.Disabled)
		r.Flapping.Text = d.text()
	}
	if notification {
		r.Notification = new(Notify)
		r.Notification.decode(d)
	}
	if process {
		r.Process = &ProcessState{PID: d.int(), Version: d.text(), Text: d.text()}
	}
}

func (c *Check) encode(b []byte) []byte {
	b = append(b, bits(c.Truncated, c.Flags != nil), byte(c.State), byte(c.StateType))
	b = binary.AppendVarint(b, int64(c.Attempt))
	b = binary.AppendVarint(b, int64(c.MaxAttempts))
	b = appendText(b, c.Output)
	b = appendText(b, c.LongOutput)
	b = appendText(b, c.Perfdata)
	b = appendText(b, c.Command)
	b = append(b, byte(c.CheckType))
	b = appendSeconds(b, c.Latency)
	b = appendSeconds(b, c.Execution)
	b = appendTime(b, c.Start)
	if f := c.Flags; f != nil {
		b = append(b, bits(f.Acknowledged, f.Flapping, f.PerfdataOff))
		b = binary.AppendVarint(b, int64(f.DowntimeDepth))
		b = appendTime(b, f.At)
	}
	return appendTexts(b, c.Extra)
}

func (c *Check) decode(d *reader) {
	var flags bool
	d.bits(&c.Truncated, &flags)
	c.State, c.StateType = State(d.byte()), StateType(d.byte())
	c.Attempt, c.MaxAttempts = d.int(), d.int()
	c.Output, c.LongOutput, c.Perfdata, c.Command = d.text(), d.text(), d.text(), d.text()
	c.CheckType = CheckType(d.byte())
	c.Latency, c.Execution = d.seconds(), d.seconds()
	c.Start = d.time()
	if flags {
		c.Flags = new(Flags)
		d.bits(&c.Flags.Acknowledged, &c.Flags.Flapping, &c.Flags.PerfdataOff)
		c.Flags.DowntimeDepth, c.Flags.At = d.int(), d.time()
	}
	c.Extra = d.texts()
}

func (n *Note) encode(b []byte) []byte {
	b = append(b, bits(n.Sticky, n.Persistent, n.Recovered, n.Loaded))
	b = binary.AppendVarint(b, n.ID)
	b = appendText(b, n.Author)
	b = appendText(b, n.Text)
	return appendTime(b, n.Expires)
}

func (n *Note) decode(d *reader) {
	d.bits(&n.Sticky, &n.Persistent, &n.Recovered, &n.Loaded)
	n.ID = d.varint()
	n.Author, n.Text = d.text(), d.text()
	n.Expires = d.time()
}

func (t *Downtime) encode(b []byte) []byte {
	b = append(b, bits(t.Fixed, t.Loaded, t.Forgotten))
	b = binary.AppendVarint(b, t.ID)
	b = appendText(b, t.Author)
	b = appendText(b, t.Comment)
	b = appendTime(b, t.Entry)
	b = appendTime(b, t.Start)
	b = appendTime(b, t.End)
	b = binary.AppendVarint(b, int64(t.Duration))
	b = binary.AppendVarint(b, t.TriggeredBy)
	b = append(b, byte(t.Scope))
	b = appendText(b, t.Group)
	return appendText(b, t.Text)
}

func (t *Downtime) decode(d *reader) {
	d.bits(&t.Fixed, &t.Loaded, &t.Forgotten)
	t.ID = d.varint()
	t.Author, t.Comment = d.text(), d.text()
	t.Entry, t.Start, t.End = d.time(), d.time(), d.time()
	t.Duration = time.Duration(d.varint())
	t.TriggeredBy = d.varint()
	t.Scope = DowntimeScope(d.byte())
	t.Group, t.Text = d.text(), d.text()
}

func (n *Notify) encode(b []byte) []byte {
	b = appendText(b, n.Contact)
	b = appendText(b, n.Type)
	b = append(b, byte(n.State))
	b = appendText(b, n.Command)
	b = appendText(b, n.Output)
	b = appendText(b, n.Author)
	return appendText(b, n.Comment)
}

func (n *Notify) decode(d *reader) {
	n.Contact, n.Type = d.text(), d.text()
	n.State = State(d.byte())
	n.Command, n.Output, n.Author, n.Comment = d.text(), d.text(), d.text(), d.text()
}

func (p *ProcessState) encode(b []byte) []byte {
	b = binary.AppendVarint(b, int64(p.PID))
	b = appendText(b, p.Version)
	return appendText(b, p.Text)
}

func bits(set ...bool) (b byte) {
	for i, one := range set {
		if one {
			b |= 1 << i
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendTexts sorts by key, so that equal maps have equal encodings.
func appendTexts(b []byte, m map[string]string) []byte {
	var room [16]string // enough for most, without an allocation
	keys := room[:0]
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, key := range keys {
		b = appendText(b, key)
		b = appendText(b, m[key])
	}
	return b
}

// appendTime encodes the nanoseconds first, plus one: zero is left for the zero
// time, which the many times that are not reported are.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(t.Nanosecond())+1)
	return binary.AppendVarint(b, t.Unix())
}

// exactSeconds stands in front of a number that is no whole number of
// microseconds.
const exactSeconds = 1

// appendSeconds encodes whole microseconds if that is exact. Supervisors rarely
// write more decimals, and a float64 takes three times the bytes.
func appendSeconds(b []byte, seconds float64) []byte {
	if seconds >= 0 && seconds < 1e9 {
		micro := uint64(math.Round(seconds * 1e6))
		if math.Float64bits(float64(micro)/1e6) == math.Float64bits(seconds) {
			return binary.AppendUvarint(b, micro<<1)
		}
	}
	return binary.LittleEndian.AppendUint64(append(b, exactSeconds), math.Float64bits(seconds))
}
