package eventmap

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

func TestAppendFloat(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", 0.088: "0.088", 0.000001: "0.000001", 1.5: "1.5", -0.25: "-0.25",
		123456789.5: "123456789.5", 0.30000000000000004: "0.30000000000000004",
		1e-9: "0.000000001", 0.2: "0.2", 1.10: "1.1", 1e21: "1000000000000000000000", math.Inf(1): "null",
		math.Inf(-1): "null",
	} {
		if got := string(appendFloat(nil, f)); got != want {
			t.Errorf("%v: %s", f, got)
		}
	}
	if got := string(appendFloat(nil, math.NaN())); got != "null" {
		t.Errorf("NaN: %s", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		f := random.Float64() * math.Pow(10, float64(random.IntN(12)))
		if random.IntN(2) == 0 {
			f = math.Round(f*1e6) / 1e6
		}
		var back float64
		if err := json.Unmarshal(appendFloat(nil, f), &back); err != nil || back != f {
			t.Fatalf("%v is read back as %v, %v", f, back, err)
		}
	}
}

// Every byte in every place of a string, alone among plain ones.
func TestPlainPrefix(t *testing.T) {
	for length := range 25 {
		for at := range length {
			for c := range 256 {
				text := []byte(repeat("a", length))
				text[at] = byte(c)
				want := length
				if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
					want = at
				}
				if got := plainPrefix(string(text)); got != want {
					t.Fatalf("%q: %d, want %d", text, got, want)
				}
			}
		}
	}
}
