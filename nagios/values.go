package nagios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The values of options are read as Nagios 3 and 4, Naemon and Icinga 1 read
// them (base/config.c, xdata/xpddefault.c, naemon/configuration.c): a number ends
// at the first character that is none, so "60 ; seconds" is 60. Shinken has
// removed the comment before (objects/config.py, split_semicolon).

// boolean parses a switch: atoi(value) > 0. Shinken knows words
// (property.py, BoolProp).
func (l *loader) boolean(field *bool) setter {
	return func(value string) error {
		if l.shinken {
			return shinkensBoolean(field, value)
		}
		n, isNumber := atoi(value)
		*field = n > 0
		if !isNumber {
			return fmt.Errorf("%q is neither 0 nor 1: the supervisor takes it for 0", value)
		}
		return nil
	}
}

// flag parses a switch with which the cores do not start unless it is 0 or 1
// alone.
func (l *loader) flag(field *bool) setter {
	return func(value string) error {
		if l.shinken {
			return shinkensBoolean(field, value)
		}
		n, isNumber := atoi(value)
		if isNumber {
			*field = n > 0
		}
		if value != "0" && value != "1" {
			return fmt.Errorf("%q is not 0 or 1 alone: the supervisor does not start with it", value)
		}
		return nil
	}
}

func shinkensBoolean(field *bool, value string) error {
	value = strings.ToLower(value)
	switch {
	case slices.Contains([]string{"1", "yes", "true", "on"}, value):
		*field = true
	case slices.Contains([]string{"0", "no", "false", "off"}, value):
		*field = false
	default:
		return fmt.Errorf("%q is not one of 0, 1, no, yes, false, true, off, on", value)
	}
	return nil
}

// brokerOptions parses bits: strtoul with base 0. So -1 is everything, whatever
// stands behind it.
func brokerOptions(field *int) setter {
	return func(value string) error {
		n, isNumber := strtoul(value)
		*field = int(n)
		if !isNumber {
			return fmt.Errorf("%q is not a whole number: the supervisor takes it for 0", value)
		}
		return nil
	}
}

// statusInterval parses a number of seconds: atoi. Naemon takes 0 for never; the
// others do not start with less than 1.
func statusInterval(field *time.Duration) setter {
	return func(value string) error {
		n, isNumber := atoi(value)
		if !isNumber || n < 0 {
			return fmt.Errorf("%q is not a number of seconds", value)
		}
		*field = time.Duration(n) * time.Second
		return nil
	}
}

// processingInterval parses a number of seconds: strtoul with base 0, so a
// negative one is very long.
func processingInterval(field *time.Duration) setter {
	const century = 100 * 365 * 24 * 3600
	return func(value string) error {
		n, isNumber := strtoul(value)
		if !isNumber || n > century {
			*field = 0 // never
			return fmt.Errorf("%q is not a number of seconds: the supervisor never runs the command", value)
		}
		*field = time.Duration(n) * time.Second
		return nil
	}
}

// rotation parses how often a log is rotated: never, hourly, daily, weekly or
// monthly. The cores take the letter alone, Shinken the first one.
func (l *loader) rotation(field *bool) setter {
	return func(value string) error {
		if !strings.ContainsAny(value[:1], "nhdwm") {
			return fmt.Errorf("%q is none of n, h, d, w, m", value)
		}
		*field = value[0] != 'n'
		if len(value) > 1 && !l.shinken {
			return fmt.Errorf("%q is not one letter alone: the supervisor does not start with it", value)
		}
		return nil
	}
}

// perfdataMode parses a mode: a value with a p anywhere is a pipe, else one with a
// w a file that is written anew, any other a file that is appended to. Letters of
// a comment count too.
func perfdataMode(p *Perfdata) setter {
	return func(value string) error {
		switch {
		case strings.Contains(value, "p"):
			p.Mode = PipeMode
		case strings.Contains(value, "w"):
			p.Mode = WriteMode
		default:
			p.Mode = AppendMode
		}
		p.ModeBehind = ""
		if first, rest := value[:1], value[1:]; strings.Contains("awp", first) && first[0] != byte(p.Mode) {
			p.ModeBehind = strings.TrimSpace(rest)
		}
		return nil
	}
}
