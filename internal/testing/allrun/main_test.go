package main

import (
	"io"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const events = `
{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"a line of a good test\n"}
{"Action":"pass","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestCorpus","Output":"x_test.go:1: N2C_CORPUS is not set: it names the folder\n"}
{"Action":"skip","Package":"p","Test":"TestCorpus"}
{"Action":"output","Package":"p","Test":"TestLazy","Output":"y_test.go:1: no time\n"}
{"Action":"skip","Package":"p","Test":"TestLazy"}
{"Action":"output","Package":"p","Test":"TestBad","Output":"z_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestBad"}
{"Action":"output","Package":"p","Test":"TestPanics","Output":"panic: oh\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
{"Action":"output","Package":"empty","Output":"?   \tempty\t[no test files]\n"}
{"Action":"skip","Package":"empty"}
{"ImportPath":"broken","Action":"build-output","Output":"syntax error\n"}
`
	var out strings.Builder
	skipped, err := report(strings.NewReader(events[1:]), &out, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(skipped, ","); got != "p TestLazy" {
		t.Errorf("skipped are %q, want TestLazy alone", got)
	}
	skipped, err = report(strings.NewReader(events[1:]), io.Discard, false)
	if got := strings.Join(skipped, ","); err != nil || got != "p TestCorpus,p TestLazy" {
		t.Errorf("with recordings, skipped are %q, %v, want TestCorpus too", got, err)
	}
	for _, want := range []string{"no time", "wrong", "panic: oh", "FAIL\tp", "[no test files]", "syntax error", "N2C_CORPUS"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "a line of a good test") {
		t.Errorf("the output of a test that passed is printed:\n%s", out.String())
	}
}
