package pairs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseMoment reads the time at which something happened.
func parseMoment(s string) (time.Time, error) {
	t, ok := supervision.ParseTime(s)
	switch {
	case strings.Trim(s, ".0123456789") != "":
		return time.Time{}, fmt.Errorf("%s is not a number of seconds", Quote(s))
	case !ok || t.IsZero() || t.Unix() > supervision.LatestMoment:
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

// parseSeconds reads a duration as Nagios prints it ("0.144"), within bounds; else it
// returns supervision.Unmeasured. Latencies may be negative when the clock was set back.
func parseSeconds(s string, lowest, highest float64) (float64, bool) {
	v, ok := ParseDecimal(s)
	if !ok || v < lowest || v > highest {
		return supervision.Unmeasured, false
	}
	return v, true
}

func parseCount(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n > supervision.MostAttempts {
		return 0, false
	}
	return int(n), true
}

func parseStateType(s string) (supervision.StateType, bool) {
	switch s {
	case "SOFT", "0":
		return supervision.Soft, true
	case "HARD", "1":
		return supervision.Hard, true
	}
	return supervision.StateTypeNotReported, false
}

func parseCheckType(s string) (supervision.CheckType, bool) {
	switch s {
	case "ACTIVE", "0":
		return supervision.Active, true
	case "PASSIVE", "1":
		return supervision.Passive, true
	}
	return supervision.CheckTypeNotReported, false
}

// Quote shows the start of a value in the text of an error.
func Quote(s string) string {
	const shown = 40
	if len(s) > shown {
		return strconv.Quote(s[:shown]) + "…"
	}
	return strconv.Quote(s)
}
