package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	checkout := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: modified},
		}
	}
	for _, c := range []struct {
		name, module string
		settings     []debug.BuildSetting
		want         string
	}{
		{"go build in a checkout", "(devel)", checkout("false"), "1.2.3+g0123456"},
		{"with changes", "v1.2.4-0.20260301-0123456+dirty", checkout("true"), "1.2.3+g0123456-dirty"},
		{"go install of the version", "v1.2.3", nil, "1.2.3"},
		{"go install of a commit", "v1.2.4-0.20260301-0123456", nil, "1.2.3+v1.2.4-0.20260301-0123456"},
		{"go build without a repository", "(devel)", nil, "1.2.3+unknown"},
		{"nothing is noted", "", nil, "1.2.3+unknown"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.module}, Settings: c.settings}
		if got := versionOf("1.2.3", info); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
