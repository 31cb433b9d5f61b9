package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestNebUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
		err  bool
	}{
		{nil, "neb enable", true},
		{[]string{"--help"}, "neb disable", false},
		{[]string{"frobnicate"}, `unknown command "frobnicate"`, true},
		{[]string{"status", "now"}, `unexpected argument "now"`, true},
		{[]string{"disable", "--module", "x"}, "not defined", true},
	} {
		out, err := nebCall(t, "", c.args...)
		if !strings.Contains(out, c.want) || errors.Is(err, errUsage) != c.err {
			t.Errorf("%q: %v\n%s", c.args, err, out)
		}
	}
	none := write(t, filepath.Join(t.TempDir(), "c.yml"), "supervisor: none\n")
	if _, err := nebCall(t, "", "status", "--config", none); err == nil ||
		!strings.Contains(err.Error(), "--supervisor") {
		t.Errorf("supervisor none: %v", err)
	}
}

func TestNebQuestionEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, end := io.Pipe()
	defer end.Close()
	if _, err := agrees(ctx, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
