// Package nagios2canopsis holds what the whole repository shares: its version.
package nagios2canopsis

import (
	_ "embed"
	"strings"
)

//go:embed VERSION
var versionFile string

// Version is the version that the file VERSION states.
func Version() string { return strings.TrimSpace(versionFile) }
