package brokermodule

import (
	"fmt"
	"path/filepath"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// ClaimedSpool returns why a spool directory belongs to another supervisor than
// cfg: the module's line of another configuration names it, or another
// supervisor's process writes to it. What two supervisors write to one directory
// can't be distinguished. Nil means that no other user is known.
func ClaimedSpool(dir string, cfg *nagios.Config, others []*nagios.Config) error {
	return claimedSpool(procDir, dir, cfg, others)
}

func claimedSpool(proc, dir string, cfg *nagios.Config, others []*nagios.Config) error {
	const remedy = "name another one with --spool"
	for _, other := range others {
		if m, found := Find(other); found && real(m.Spool) == real(dir) && real(other.Path) != real(cfg.Path) {
			return fmt.Errorf("the spool directory %s is that of another supervisor: %s names it (%s)",
				dir, m.Origin, remedy)
		}
	}
	if p, found := writerOf(proc, dir); found && real(p.Config) != real(cfg.Path) {
		return fmt.Errorf("the spool directory %s is that of another supervisor: process %d, with %s, writes to it "+
			"(%s)", dir, p.PID, p.Config, remedy)
	}
	return nil
}

// writerOf returns the supervisor's process that wrote the newest segment of a
// spool directory, if it still runs.
func writerOf(proc, dir string) (nagios.Process, bool) {
	spool, _ := handover.Look(dir) // what can't be read has no known writer
	if spool.Header.PID == 0 {
		return nagios.Process{}, false
	}
	for _, p := range nagios.Processes(proc) {
		if p.PID == spool.Header.PID {
			return p, true
		}
	}
	return nagios.Process{}, false
}

// real returns a path without the links on its way; as it is where that can't be
// known.
func real(path string) string {
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		return followed
	}
	return filepath.Clean(path)
}
