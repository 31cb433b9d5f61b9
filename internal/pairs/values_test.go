package pairs

import "testing"

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
