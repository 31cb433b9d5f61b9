package main

import (
	"slices"
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
	skipped, err := report(strings.NewReader(events[1:]), &out)
	if err != nil {
		t.Fatal(err)
	}
	want := []result{
		{"p", "TestCorpus", "x_test.go:1: N2C_CORPUS is not set: it names the folder\n"},
		{"p", "TestLazy", "y_test.go:1: no time\n"},
	}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped are %q, want %q", skipped, want)
	}
	for _, want := range []string{"wrong", "panic: oh", "FAIL\tp", "[no test files]", "syntax error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "a line of a good test") {
		t.Errorf("the output of a test that passed is printed:\n%s", out.String())
	}
}

func TestJudge(t *testing.T) {
	corpus := result{"p", "TestCorpus", "N2C_CORPUS is not set"}
	lazy := result{"p", "TestLazy", "no time"}
	for _, c := range []struct {
		skipped        []result
		haveRecordings bool
		ok             bool
	}{
		{nil, true, true},
		{[]result{corpus}, false, true},
		{[]result{corpus}, true, false},
		{[]result{corpus, lazy}, false, false},
	} {
		var out strings.Builder
		if err := judge(c.skipped, c.haveRecordings, &out); (err == nil) != c.ok {
			t.Errorf("%q with recordings %v: %v", c.skipped, c.haveRecordings, err)
		}
		for _, s := range c.skipped {
			if !strings.Contains(out.String(), s.test) || !strings.Contains(out.String(), s.output) {
				t.Errorf("%q is not printed:\n%s", s, out.String())
			}
		}
	}
}
