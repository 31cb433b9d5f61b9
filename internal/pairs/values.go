package pairs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The bounds of what is read.
const (
	// LongestSeconds bounds durations: some thirty years.
	LongestSeconds = 1e9
	// latestMoment bounds the time at which something happened (the year 2200).
	// Dates that people enter, such as the end of a downtime, may be later.
	latestMoment = 7258118400
)

// parseMoment reads the time at which something happened.
func parseMoment(s string) (time.Time, error) {
	t, ok := supervision.ParseTime(s)
	switch {
	case strings.Trim(s, ".0123456789") != "":
		return time.Time{}, fmt.Errorf("%s is not a number of seconds", Quote(s))
	case !ok || t.IsZero() || t.Unix() > latestMoment:
		return time.Time{}, fmt.Errorf("%s is no sensible time", Quote(s))
	}
	return t, nil
}

// ParseDecimal reads a plain decimal number.
func ParseDecimal(s string) (float64, bool) {
	if strings.Trim(s, "+-.0123456789eE") != "" { // ParseFloat also takes inf, nan, hexadecimal
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// parseSeconds reads a duration as Nagios prints it ("0.144"). Latencies may be
// negative when the clock was set back.
func parseSeconds(s string) (float64, error) {
	v, ok := ParseDecimal(s)
	if !ok || v < -LongestSeconds || v > LongestSeconds {
		return 0, fmt.Errorf("%s is not a number of seconds", Quote(s))
	}
	return v, nil
}

func parseCount(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a number", Quote(s))
	}
	return int(n), nil
}

// parseState reads SERVICESTATE and SERVICESTATEID alike: Shinken's NPCD module
// writes ids under the names of the words.
func parseState(class Class, s string) (supervision.State, error) {
	if s == "PENDING" {
		return supervision.StateNotReported, nil
	}
	if class == Service {
		switch s {
		case "OK", "0":
			return supervision.OK, nil
		case "WARNING", "1":
			return supervision.Warning, nil
		case "CRITICAL", "2":
			return supervision.Critical, nil
		case "UNKNOWN", "3":
			return supervision.Unknown, nil
		}
		return 0, fmt.Errorf("%s is no state of a service", Quote(s))
	}
	switch s {
	case "UP", "0":
		return supervision.Up, nil
	case "DOWN", "1":
		return supervision.Down, nil
	case "UNREACHABLE", "2":
		return supervision.Unreachable, nil
	}
	return 0, fmt.Errorf("%s is no state of a host", Quote(s))
}

func parseStateType(s string) (supervision.StateType, error) {
	switch s {
	case "SOFT", "0":
		return supervision.Soft, nil
	case "HARD", "1":
		return supervision.Hard, nil
	}
	return 0, fmt.Errorf("%s is neither SOFT nor HARD", Quote(s))
}

func parseCheckType(s string) (supervision.CheckType, error) {
	switch s {
	case "ACTIVE", "0":
		return supervision.Active, nil
	case "PASSIVE", "1":
		return supervision.Passive, nil
	}
	return 0, fmt.Errorf("%s is neither ACTIVE nor PASSIVE", Quote(s))
}

// Quote shows the start of a value in the text of an error.
func Quote(s string) string {
	const shown = 40
	if len(s) > shown {
		return strconv.Quote(s[:shown]) + "…"
	}
	return strconv.Quote(s)
}
