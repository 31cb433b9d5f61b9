package eventmap

import (
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
)

// Version is a generation of Canopsis. Two generations differ in what they
// accept on the bus.
type Version uint8

// The generations. Canopsis 4.3 closed the list of event types, and began to
// replace timestamps that are over 24 hours away. perf_data is read since 23.10;
// since 24.10 only listed units are accepted.
const (
	Canopsis2    Version = iota + 1 // 2.x: Python engines, event type downtime
	Canopsis3                       // 3.x: Python engines, event type pbehavior
	Canopsis40                      // 4.0 to 4.2
	Canopsis43                      // 4.3 to 23.04
	Canopsis2310                    // 23.10 and 24.04
	Canopsis2410                    // 24.10 and newer
)

// generations lists the first release of each generation, and its name in
// documentation.
var generations = [...]struct {
	version      Version
	major, minor int
	name         string
}{
	{Canopsis2, 2, 0, "2.x"},
	{Canopsis3, 3, 0, "3.x"},
	{Canopsis40, 4, 0, "4.0 to 4.2"},
	{Canopsis43, 4, 3, "4.3 to 23.04"},
	{Canopsis2310, 23, 10, "23.10 to 24.04"},
	{Canopsis2410, 24, 10, "24.10 and newer"},
}

// ParseVersion returns the generation of a release such as "24.10", "4.2" or
// "2". A release that is newer than all generations counts as the newest. A
// missing minor number means 0. The error is a fault of the option canopsis.
func ParseVersion(release string) (Version, error) {
	majorText, rest, _ := strings.Cut(release, ".")
	minorText, _, _ := strings.Cut(rest, ".")
	if minorText == "" {
		minorText = "0"
	}
	major, err := strconv.Atoi(majorText)
	minor, err2 := strconv.Atoi(minorText)
	if err != nil || err2 != nil || major < generations[0].major {
		return 0, option.Faultf("canopsis", "%q is no Canopsis release (2.0 or newer, as in \"24.10\")", release)
	}
	found := generations[0].version
	for _, g := range generations {
		if major > g.major || major == g.major && minor >= g.minor {
			found = g.version
		}
	}
	return found, nil
}

// String returns the range of releases.
func (v Version) String() string {
	for _, g := range generations {
		if g.version == v {
			return g.name
		}
	}
	return "unknown version"
}

// python reports whether the engines are written in Python: they use a default for
// an absent key but don't accept null, and want tags as a list.
func (v Version) python() bool { return v <= Canopsis3 }

// replacesOldTime reports whether Canopsis replaces a timestamp that is over 24
// hours away by the time of processing.
func (v Version) replacesOldTime() bool { return v >= Canopsis43 }

// storesNegative reports whether Canopsis can store negative metrics: the Go
// parser drops the whole perf_data for one minus sign.
func (v Version) storesNegative() bool { return v.python() }

// acceptsUnit reports whether a metric may carry the unit. Canopsis 24.10 has a
// list (AllowedPerfDataUnits in canopsis.toml, this is its default); 23.10
// accepts letters or "%". Generations before it ignore perf_data: they get the
// form that is safe after an upgrade. The Python parser accepts letters, "%" and
// "/".
func (v Version) acceptsUnit(unit string) bool {
	switch v {
	case Canopsis2, Canopsis3:
		return strings.Trim(unit, asciiLetters+"%/") == ""
	case Canopsis2310:
		return unit == "%" || strings.Trim(unit, asciiLetters) == ""
	}
	switch unit {
	case "", "%", "s", "us", "ms", "B", "KB", "MB", "TB", "c":
		return true
	case "°C":
		return v == Canopsis2410
	}
	return false
}

const asciiLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
