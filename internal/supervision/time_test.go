package supervision

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	tests := []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"1795424514", time.Unix(1795424514, 0), true},
		{"1795424514.25", time.Unix(1795424514, 25e7), true},
		{"1795424514.", time.Unix(1795424514, 0), true},
		{"1.0000019", time.Unix(1, 1000), true},
		{"1.000001x", time.Unix(1, 1000), true},
		{"253402300799.999999", time.Unix(253402300799, 999999000), true},
		{"0", time.Time{}, true},
		{"0.5", time.Time{}, true},
		{"-1", time.Time{}, true},
		{"-253402300800.5", time.Time{}, true},
		{"253402300800", time.Time{}, false},
		{"1234567890123456789", time.Time{}, false},
		{"", time.Time{}, false},
		{"-", time.Time{}, false},
		{".5", time.Time{}, false},
		{"+5", time.Time{}, false},
		{"1.5s", time.Time{}, false},
		{"1.-5", time.Time{}, false},
		{"0.x", time.Time{}, false},
		{"soon", time.Time{}, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			if got, ok := ParseTime(test.text); ok != test.ok || !got.Equal(test.want) {
				t.Errorf("text: %s, %t; want %s, %t", got, ok, test.want, test.ok)
			}
			if got, ok := ParseTime([]byte(test.text)); ok != test.ok || !got.Equal(test.want) {
				t.Errorf("bytes: %s, %t; want %s, %t", got, ok, test.want, test.ok)
			}
		})
	}
}
