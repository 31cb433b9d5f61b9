package assembly

// ResultsFrom says in one line where the check results of a site come from.
func (s *Site) ResultsFrom() string {
	m := s.module
	switch {
	case m.owns:
		return "the broker module brings everything (" + m.spool + ", from " + m.from + "); " +
			"log and perfdata files are left alone unless they are switched on"
	case m.spool != "":
		return "the broker module (" + m.spool + ", from " + m.from +
			") does not write now: the files are read until it does"
	}
	return "no broker module: the supervisor's files are read"
}
