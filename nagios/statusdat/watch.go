package statusdat

import "github.com/nagios2canopsis/nagios2canopsis/internal/bell"

// changes are hints that the file may have changed. What counts is what the
// look finds.
type changes struct {
	seen  <-chan struct{}
	close func()
}

// watch waits for the file to be replaced. The supervisor writes its temporary
// file in the same directory, so the hint may come bell.Company late.
func (s *Source) watch() changes {
	b := bell.WatchFile(s.path, bell.Company, s.log)
	return changes{seen: b.Rings(), close: b.Close}
}
