package supervision

import "strconv"

// ReadState reads a state as a word ("WARNING", "DOWN") or as a number. Odd reports
// that no such state exists: a passive result or a check file may have any number,
// and the supervisor keeps it. Such a state is UNKNOWN of a service, which is how
// Nagios names it (common/objects.c, service_state_name). A host's it calls
// "(unknown)" and treats as a problem: that is UNREACHABLE, as Nagios makes of a
// passive result that is no known one; so is a service's word UNKNOWN. OK is false
// for what is neither a word nor a number.
func ReadState(host bool, text string) (s State, odd, ok bool) {
	if s, ok = stateNamed(host, text); ok {
		return s, false, true
	}
	if text == "(unknown)" || host && text == "UNKNOWN" {
		s, odd = StateNumbered(host, -1)
		return s, odd, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return StateNotReported, false, false
	}
	s, odd = StateNumbered(host, n)
	return s, odd, true
}

// StateNumbered returns the state of a number; see ReadState.
func StateNumbered(host bool, n int64) (s State, odd bool) {
	highest := Unknown
	if host {
		highest = Unreachable
	}
	if n < 0 || n > int64(highest) {
		return highest, true
	}
	return State(n), false
}

func stateNamed(host bool, word string) (State, bool) {
	if host {
		switch word {
		case "UP":
			return Up, true
		case "DOWN":
			return Down, true
		case "UNREACHABLE":
			return Unreachable, true
		}
		return StateNotReported, false
	}
	switch word {
	case "OK":
		return OK, true
	case "WARNING":
		return Warning, true
	case "CRITICAL":
		return Critical, true
	case "UNKNOWN":
		return Unknown, true
	}
	return StateNotReported, false
}

// OddState is why a state is odd, as an Oddity's reason.
func OddState(host bool) string {
	if host {
		return "no state of a host: taken for UNREACHABLE"
	}
	return "no state of a service: taken for UNKNOWN"
}
