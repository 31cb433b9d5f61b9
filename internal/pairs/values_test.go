package pairs

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"1700000000":             time.Unix(1700000000, 0),
		"1700000000.25":          time.Unix(1700000000, 250_000_000),
		"1700000000.123456":      time.Unix(1700000000, 123_456_000),
		"1700000000.1234569":     time.Unix(1700000000, 123_456_000),
		"1700000000.":            time.Unix(1700000000, 0),
		"0001":                   time.Unix(1, 0),
		"253402300799":           time.Unix(253402300799, 0),
		"0":                      {},
		"0.5":                    {},
		"-1":                     {},
		"-62135596800.000000000": {},
	} {
		if got, ok := ParseTime(text); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v", text, got, ok, want)
		}
		if got, ok := ParseTime([]byte(text)); !ok || !got.Equal(want) {
			t.Errorf("%q as bytes: %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".", ".5", "+1", " 1", "1 ", "1e3", "0x1", "1.2.3", "1.-2", "soon", "inf", "253402300800", "99999999999999999999999", "-99999999999999999999999"} {
		if got, ok := ParseTime(text); ok {
			t.Errorf("%q: %v, want no time", text, got)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]float64{"0.144": 0.144, "-2": -2, "1e3": 1000, "+.5": 0.5} {
		if got, ok := ParseDecimal(text); !ok || got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "inf", "NaN", "0x10", "1_000", "1e999", "1,5", "1 "} {
		if got, ok := ParseDecimal(text); ok {
			t.Errorf("%q: %v, want no number", text, got)
		}
	}
}
