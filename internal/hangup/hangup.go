// Package hangup takes SIGHUP over before anything else runs. Until somebody does,
// SIGHUP ends the process, and systemd takes that for an end in good order. A
// reload may come right after the start, while other packages still set
// themselves up.
//
// So importing the package has an effect, and what it keeps is global, as signals
// are. It imports next to nothing: Go sets a package up as soon as those are that
// it imports.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

// received holds one signal: several that come before the first is taken ask for
// the same.
var received = make(chan os.Signal, 1)

func init() { signal.Notify(received, syscall.SIGHUP) }

// Received returns the channel of the signals since the start of the process.
func Received() <-chan os.Signal { return received }

// GiveBack makes SIGHUP do again what it did when the process was started: mostly
// it ends it, at once if one has been received.
func GiveBack() {
	signal.Stop(received) // unlike Reset, it waits for one that is on its way
	select {
	case <-received:
		_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
	default:
	}
}
