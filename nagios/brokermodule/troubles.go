package brokermodule

import (
	"errors"
	"fmt"
	"io/fs"
)

// Troubles returns what is wrong, each with what to do; nothing if all is well.
func (s Status) Troubles() []string {
	var troubles []string
	add := func(format string, args ...any) { troubles = append(troubles, fmt.Sprintf(format, args...)) }
	if s.isShinken() {
		s.addShinken(add)
	} else {
		s.addConfigured(add)
		s.addRunning(add)
	}
	if s.Spool.Lost > 0 {
		add("%d records were lost since the module was loaded, "+
			"because the disk was full or the directory was missing: "+
			"see the supervisor's log", s.Spool.Lost)
	}
	return troubles
}

// addConfigured adds what is wrong with the supervisor's configuration.
func (s Status) addConfigured(add func(format string, args ...any)) {
	if !s.Configured {
		add("%s has no broker_module line for the module: nagios2canopsis neb enable", s.Supervisor.Path)
		return
	}
	if s.FileError != nil {
		add("%v; most supervisors do not start with it", s.FileError)
	}
	if s.Supervisor.EventBrokerOptions != -1 {
		add("event_broker_options is %d and must be -1, or the core does not report everything to the module: "+
			"nagios2canopsis neb enable", s.Supervisor.EventBrokerOptions)
	}
	if s.SpoolError != nil && (s.PID != 0 || !errors.Is(s.SpoolError, fs.ErrNotExist)) {
		add("%v", s.SpoolError)
	}
}

// addRunning adds what is wrong with the running supervisor.
func (s Status) addRunning(add func(format string, args ...any)) {
	switch {
	case s.PID == 0:
		add("no supervisor is seen to run with %s", s.Supervisor.Path)
	case s.Configured && s.Loaded.Unknown:
		add("whether the module is loaded is unknown: repeat this as root")
	case s.Configured && !s.Loaded.Yes:
		add("the module is not loaded: reload or restart the supervisor; if that does not help, see its log")
	case !s.Configured && s.Loaded.Yes:
		add("the module is still loaded: reload or restart the supervisor to unload it")
	case s.Configured && s.Loaded.Older:
		add("the loaded file is not the one that is installed: restart the supervisor to load the new one")
	}
	if s.PID != 0 && s.Loaded.Yes && s.Configured && !s.Spool.Alive(s.now) {
		add("the module has written nothing for 2 minutes, although it writes every half minute: " +
			"see the supervisor's log")
	}
}

// addShinken adds what is wrong with the module of Shinken's broker, which may run
// on another machine than the arbiter.
func (s Status) addShinken(add func(format string, args ...any)) {
	switch {
	case errors.Is(s.SpoolError, fs.ErrNotExist):
		add("the spool directory %s does not exist: install the module in Shinken's broker (shinken/README.md), or "+
			"name the directory to which it writes by readers.module.path", s.Spool.Dir)
	case s.SpoolError != nil:
		add("%v", s.SpoolError)
	case !s.Loaded.Yes:
		add("the module has written nothing to %s for 2 minutes, although it writes every half minute: see the log of "+
			"Shinken's broker (shinken/README.md)", s.Spool.Dir)
	}
}
