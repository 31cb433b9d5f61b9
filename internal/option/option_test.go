package option

import (
	"errors"
	"fmt"
	"testing"
)

func TestSplitFindsEveryFault(t *testing.T) {
	err := errors.Join(
		Faultf("window", "%d is too large", 5000),
		errors.Join(fmt.Errorf("reader log: %w", Faultf("path", "is empty")), errors.New("other")),
	)
	var names []string
	for _, e := range Split(err) {
		if f, ok := Of(e); ok {
			names = append(names, f.Name+"|"+f.Err.Error())
		} else {
			names = append(names, e.Error())
		}
	}
	if got, want := fmt.Sprint(names), "[window|5000 is too large path|is empty other]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if Split(nil) != nil {
		t.Error("nil has parts")
	}
}

func TestWithinNamesTheSection(t *testing.T) {
	err := Within("readers.log", errors.Join(Faultf("path", "is empty"), errors.New("other")))
	if got, want := err.Error(), "readers.log.path: is empty\nreaders.log: other"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if Within("readers.log", nil) != nil {
		t.Error("no error became one")
	}
}
