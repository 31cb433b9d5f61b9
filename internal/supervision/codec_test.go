package supervision

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// filled returns a record with another value in every field, which no real one
// has.
func filled(t testing.TB) *Record {
	t.Helper()
	var r Record
	number := 0
	fill(t, reflect.ValueOf(&r).Elem(), &number)
	return &r
}

func fill(t testing.TB, v reflect.Value, number *int) {
	t.Helper()
	*number++
	n := *number
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprintf("\xff\x00%d", n))
	case reflect.Int8:
		v.SetInt(int64(-n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(-n) << 20)
	case reflect.Uint8:
		v.SetUint(uint64(255 - n))
	case reflect.Float64:
		v.SetFloat(float64(n) / 3)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"b": fmt.Sprint(n), "": "x", "a": ""}))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), number)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(n)<<30, int64(n)).UTC()))
			return
		}
		for i := range v.NumField() {
			if isNotStored(v.Type(), i) {
				continue
			}
			fill(t, v.Field(i), number)
		}
	default:
		t.Fatalf("the test can't fill a %s", v.Type())
	}
}

// isNotStored reports whether a field says only how the record came.
func isNotStored(of reflect.Type, field int) bool {
	return of == reflect.TypeFor[Record]() && of.Field(field).Name == "Late"
}

// fields calls do with each stored field of a struct, and of those in it.
func fields(v reflect.Value, path string, do func(path string, field reflect.Value)) {
	for i := range v.NumField() {
		if isNotStored(v.Type(), i) {
			continue
		}
		field, path := v.Field(i), path+"."+v.Type().Field(i).Name
		do(path, field)
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]() {
			fields(field, path, do)
		}
	}
}

func roundTrip(t *testing.T, r *Record) Record {
	t.Helper()
	got, rest, err := DecodeRecord(AppendRecord(nil, r))
	if err != nil || len(rest) != 0 {
		t.Fatalf("%d bytes left, error %v", len(rest), err)
	}
	return got
}

func TestRecordKeepsEveryField(t *testing.T) {
	want := filled(t)
	fields(reflect.ValueOf(want).Elem(), "Record", func(path string, field reflect.Value) {
		if field.IsZero() {
			t.Errorf("%s: the test doesn't fill it", path)
		}
	})
	if diff := cmp.Diff(*want, roundTrip(t, want)); diff != "" {
		t.Error(diff)
	}
}

// A field that is exchanged with another one of its type shows when one of them
// is zero.
func TestRecordKeepsEveryZeroField(t *testing.T) {
	total := 0
	fields(reflect.ValueOf(filled(t)).Elem(), "", func(string, reflect.Value) { total++ })
	for zero := range total {
		want := filled(t)
		name, i := "", 0
		fields(reflect.ValueOf(want).Elem(), "Record", func(path string, field reflect.Value) {
			if i == zero {
				name = path
				defer field.SetZero() // after its own fields have been counted
			}
			i++
		})
		if diff := cmp.Diff(*want, roundTrip(t, want)); diff != "" {
			t.Errorf("without %s:\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(Record{}, roundTrip(t, &Record{})); diff != "" {
		t.Errorf("without any field:\n%s", diff)
	}
}

// Records of version 1 wait in journals. A failure here means that they can't
// be read any more: the new layout needs a new version.
func TestRecordLayoutIsThatOfItsVersion(t *testing.T) {
	stored, err := os.ReadFile("testdata/record-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := AppendRecord(nil, filled(t)); !bytes.Equal(got, stored) {
		t.Errorf("encoded as\n%q, want\n%q", got, stored)
	}
}

func TestRecordsFollowEachOther(t *testing.T) {
	var b []byte
	var want []Record
	// Their lengths take one byte, two and three.
	for _, size := range []int{0, 1, 119, 120, 121, 122, 127, 128, 16374, 16375, 16376, 16377, 16384, 1 << 20} {
		r := Record{Kind: CheckResult, Ref: strings.Repeat("x", size)}
		want = append(want, r)
		b = AppendRecord(b, &r)
	}
	var got []Record
	for len(b) > 0 {
		r, rest, err := DecodeRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		got, b = append(got, r), rest
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecordSharesNoMemory(t *testing.T) {
	b := AppendRecord(nil, filled(t))
	got, _, err := DecodeRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if diff := cmp.Diff(*filled(t), got); diff != "" {
		t.Error(diff)
	}
}

func TestRecordKeepsTimes(t *testing.T) {
	for _, want := range []time.Time{
		{}, time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 999999999), time.Unix(1795424514, 123456789), time.Now(),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)),
		time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0),
	} {
		got := roundTrip(t, &Record{Time: want}).Time
		if !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%s came back as %s", want, got)
		}
		if location := got.Location(); !want.IsZero() && location != time.Local {
			t.Errorf("%s came back in %s", want, location)
		}
	}
}

func TestRecordKeepsSeconds(t *testing.T) {
	tests := map[float64]int{ // the bytes that each takes
		0: 1, 0.000063: 1, 0.000064: 2, 0.25: 3, 1.000001: 3, 999999999.999999: 8, 60: 4,
		1e-7: 9, 1.0 / 3: 9, 1e9: 9, -0.5: 9, math.Copysign(0, -1): 9, math.MaxFloat64: 9,
		math.Inf(1): 9, math.Inf(-1): 9, math.SmallestNonzeroFloat64: 9, math.NaN(): 9,
	}
	for want, size := range tests {
		r := Record{Check: &Check{Latency: want}}
		if got := roundTrip(t, &r).Check.Latency; math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%v came back as %v", want, got)
		}
		if got := len(appendSeconds(nil, want)); got != size {
			t.Errorf("%v takes %d bytes, want %d", want, got, size)
		}
	}
}

func TestEqualRecordsHaveEqualEncodings(t *testing.T) {
	encode := func(backwards bool, at time.Time) []byte {
		extra := map[string]string{}
		for i := range 50 {
			if backwards {
				i = 49 - i
			}
			extra[fmt.Sprint(i)] = "x"
		}
		return AppendRecord(nil, &Record{Time: at, Check: &Check{Extra: extra}})
	}
	at := time.Unix(1795424514, 5)
	if !bytes.Equal(encode(false, at), encode(true, at.UTC())) {
		t.Error("their encodings differ")
	}
	none, empty := Record{Check: &Check{}}, Record{Check: &Check{Extra: map[string]string{}}}
	if !bytes.Equal(AppendRecord(nil, &none), AppendRecord(nil, &empty)) {
		t.Error("the encodings of no map and of an empty one differ")
	}
}

// checkWith returns an encoded record whose fields are zero, but for its check,
// which ends in these bytes from its latency on.
func checkWith(end ...byte) []byte {
	body := append([]byte{1}, make([]byte, 5+10)...)
	return appendText([]byte{recordVersion}, string(append(body, end...)))
}

func TestDecodeRecordReportsFaults(t *testing.T) {
	if _, _, err := DecodeRecord(checkWith(0, 0, 0, 0)); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		input []byte
		want  string
	}{
		"empty":               {nil, "it is empty"},
		"version 0":           {[]byte{0, 0}, "its version is 0, and this program only reads version 1"},
		"newer version":       {[]byte{2, 0}, "its version is 2, and this program only reads version 1"},
		"no length":           {[]byte{1}, "a number is cut off or longer than 64 bits, with 0 of 0 bytes left"},
		"length of 70 bits":   {append([]byte{1}, bytes.Repeat([]byte{0xff}, 10)...), "a number is cut off or longer"},
		"length beyond it":    {[]byte{1, 2, 0}, "a length of 2, with 1 of 2 bytes left"},
		"empty body":          {[]byte{1, 0}, "it ends too early, with 0 of 0 bytes left"},
		"unknown part":        {[]byte{1, 1, 0x40}, "flags 0x40, of which 6 are known"},
		"text beyond its end": {[]byte{1, 5, 0, 0, 3, 'x', 'y', 'z'}, "a length of 3, with 2 of 5 bytes left"},
		"a second too much": {
			[]byte{1, 9, 0, 0, 0, 0, 0x81, 0x94, 0xeb, 0xdc, 0x03}, "a time with 1000000000 nanosec",
		},
		"bytes behind its end": {[]byte{1, 7, 0, 0, 0, 0, 0, 0, 0}, "it has ended, with 1 of 7 bytes left"},
		"too many texts":       {checkWith(0, 0, 0, 2, 0, 0), "a length of 2, with 2 of 22 bytes left"},
		"keys exchanged":       {checkWith(0, 0, 0, 2, 1, 'b', 0, 1, 'a', 0), "keys are out of order"},
		"a key twice":          {checkWith(0, 0, 0, 2, 0, 0, 0, 0), "keys are out of order"},
		"seconds of form 3":    {checkWith(3, 0, 0, 0), "of an unknown form"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, rest, err := DecodeRecord(test.input)
			if !errors.Is(err, ErrRecord) || !strings.Contains(err.Error(), test.want) || rest != nil {
				t.Errorf("error %v, rest %q; want %q", err, rest, test.want)
			}
		})
	}
}

func TestDecodeRecordRefusesEveryPart(t *testing.T) {
	b := AppendRecord(nil, filled(t))
	for n := range b {
		if _, _, err := DecodeRecord(b[:n]); !errors.Is(err, ErrRecord) {
			t.Errorf("the first %d bytes: error %v", n, err)
		}
	}
	// The same, with a length that fits.
	header := len(b) - len(filled(t).encode(nil))
	for n := range len(b) - header {
		cut := appendText([]byte{recordVersion}, string(b[header:header+n]))
		if _, _, err := DecodeRecord(cut); !errors.Is(err, ErrRecord) {
			t.Errorf("a record of its first %d bytes: error %v", n, err)
		}
	}
}

// The largest lengths that an input of a megabyte can claim, with nothing that
// justifies them.
func TestDecodeRecordAllocatesNoMoreThanItsInput(t *testing.T) {
	const size = 1 << 20
	for name, start := range map[string][]byte{
		"text":    {1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"entries": checkWith(0, 0, 0, 0x80, 0x80, 0x10), // 256 Ki
	} {
		input := appendText(start[:1:1], string(append(start[2:], make([]byte, size)...)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := DecodeRecord(input)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrRecord) {
			t.Errorf("%s: error %v", name, err)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/4 {
			t.Errorf("%s: %d bytes allocated", name, allocated)
		}
	}
}
