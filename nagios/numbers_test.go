package nagios

import "testing"

// TestNumbersOfC compares with what atoi and strtoul(…, 0) of glibc 2.36 return
// on x86-64.
func TestNumbersOfC(t *testing.T) {
	for _, c := range []struct {
		text     string
		atoi     int
		strtoul  uint64
		isNumber bool
	}{
		{"60 ; minutes", 60, 60, true},
		{"15s", 15, 15, true},
		{"  7", 7, 7, true},
		{"\t-3x", -3, 18446744073709551613, true},
		{"+4", 4, 4, true},
		{"yes", 0, 0, false},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{"0x10", 0, 16, true},
		{"010", 10, 8, true},
		{"08", 8, 0, true},
		{"0x", 0, 0, true},
		{"0xg", 0, 0, true},
		{"-1", -1, 18446744073709551615, true},
		{"-1 ; all", -1, 18446744073709551615, true},
		{"99999999999", 1215752191, 99999999999, true},
		{"-99999999999", -1215752191, 18446743973709551617, true},
		{"99999999999999999999", -1, 18446744073709551615, true},
		{"-99999999999999999999", 0, 18446744073709551615, true},
		{"18446744073709551615", -1, 18446744073709551615, true},
		{"18446744073709551616", -1, 18446744073709551615, true},
		{"-18446744073709551616", 0, 18446744073709551615, true},
		{"1.5", 1, 1, true},
		{"1,5", 1, 1, true},
		{"1e3", 1, 1, true},
		{"- 1", 0, 0, false},
		{"+-1", 0, 0, false},
		{"2147483648", -2147483648, 2147483648, true},
		{"-2147483649", 2147483647, 18446744071562067967, true},
	} {
		if n, isNumber := atoi(c.text); n != c.atoi || isNumber != c.isNumber {
			t.Errorf("atoi of %q is %d, %v", c.text, n, isNumber)
		}
		if n, isNumber := strtoul(c.text); n != c.strtoul || isNumber != c.isNumber {
			t.Errorf("strtoul of %q is %d, %v", c.text, n, isNumber)
		}
	}
}
