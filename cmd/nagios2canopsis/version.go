package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis"
)

// unset is what build is until the linker sets it.
const unset = "unset"

// build is what make adds to the version: the commit, or nothing if that is the
// one of the version's tag.
var build = unset

// version returns the version, and the commit unless it is the version's own. A
// program that was built without make takes the commit from what Go notes in it.
func version() string {
	if build != unset {
		return nagios2canopsis.Version() + build
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nagios2canopsis.Version() + "+unknown"
	}
	return versionOf(nagios2canopsis.Version(), info)
}

// versionOf returns the version of a build that Go made by itself: from a
// checkout, whose commit it notes, or from a module of a proxy.
func versionOf(version string, info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		commit = commit[:min(len(commit), 7)]
		if settings["vcs.modified"] == "true" {
			commit += "-dirty"
		}
		return version + "+g" + commit
	}
	switch module := strings.TrimPrefix(info.Main.Version, "v"); module {
	case version:
		return version
	case "", "(devel)":
		return version + "+unknown"
	default:
		return version + "+v" + module
	}
}

func versionCommand(_ context.Context, env environment) error {
	if _, err := parse(env, "version", "Prints the version.\n", nil); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "nagios2canopsis", version())
	return nil
}
