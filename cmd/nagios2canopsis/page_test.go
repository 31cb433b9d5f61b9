package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLongLinesAreBrokenForPeopleOnly(t *testing.T) {
	const text = "Note: some words, and aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, and é"
	for width, want := range map[int][]string{
		0:  {text},
		22: {"Note: some words,", "and", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,", "and é"},
		99: {text},
	} {
		if diff := cmp.Diff(want, broken(text, width)); diff != "" {
			t.Errorf("%d columns: %s", width, diff)
		}
	}
	var out strings.Builder
	p := page{w: &out, width: 22}
	if p.paragraph(text); !strings.HasPrefix(out.String(), "Note: some words,\n  and\n") {
		t.Errorf("%q", out.String())
	}
}
