package supervision

import "testing"

// TestReadState: words, numbers, and what no supervisor should have and all of them write.
func TestReadState(t *testing.T) {
	for _, tt := range []struct {
		host    bool
		text    string
		want    State
		odd, ok bool
	}{
		{true, "UP", Up, false, true}, {true, "1", Down, false, true}, {true, "UNREACHABLE", Unreachable, false, true},
		{true, "(unknown)", Unreachable, true, true}, {true, "3", Unreachable, true, true},
		{true, "10", Unreachable, true, true}, {true, "-1", Unreachable, true, true},
		{true, "UNKNOWN", Unreachable, true, true}, {true, "OK", 0, false, false}, {true, "", 0, false, false},
		{false, "OK", OK, false, true}, {false, "3", Unknown, false, true}, {false, "UNKNOWN", Unknown, false, true},
		{false, "4", Unknown, true, true}, {false, "-1", Unknown, true, true},
		{false, "(unknown)", Unknown, true, true}, {false, "DOWN", 0, false, false}, {false, "1.5", 0, false, false},
		{false, "99999999999999999999", 0, false, false},
	} {
		got, odd, ok := ReadState(tt.host, tt.text)
		if ok != tt.ok || ok && (got != tt.want || odd != tt.odd) {
			t.Errorf("host %t, %q: %d, odd %t, ok %t", tt.host, tt.text, got, odd, ok)
		}
	}
}
