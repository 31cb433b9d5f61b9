package eventmap

import (
	"maps"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func (d *draft) sourceType() string {
	if d.entity.IsHost() {
		return "component"
	}
	return "resource"
}

// numbered writes a number of the supervisor that is negative when not reported.
func (d *draft) numbered(n int8) {
	if n < 0 {
		d.notReported()
		return
	}
	d.integer(int64(n))
}

// counted writes a number that counts from 1 and is 0 when not reported.
func (d *draft) counted(n int) {
	if n <= 0 {
		d.notReported()
		return
	}
	d.integer(int64(n))
}

// measured writes execution time or latency. Both are 0 when not reported. They are
// also 0 for a passive check; then the type of the check is known.
func (d *draft) measured(seconds float64) {
	check := d.rec.Check
	if seconds == supervision.Unmeasured ||
		check.Execution == 0 && check.Latency == 0 && check.CheckType == supervision.CheckTypeNotReported {
		d.notReported()
		return
	}
	d.number(seconds)
}

func (d *draft) maxAttempts() int {
	if n := d.rec.Check.MaxAttempts; n > 0 {
		return n
	}
	if own := d.own(); own != nil {
		return own.MaxAttempts
	}
	return 0
}

func (d *draft) commandName() string {
	command := d.rec.Check.Command
	if command == "" {
		command = d.ofOwn(checkCommand)
	}
	name, _, _ := strings.Cut(command, "!")
	return name
}

// setPerfdata normalises the performance data.
func (d *draft) setPerfdata() {
	raw, _ := d.m.charset.clean(d.rec.Check.Perfdata) // perf_data_raw reports the repairs
	var dropped bool
	d.space, dropped = appendPerfdata(d.space[:0], raw, d.m.options.Canopsis, d.m.options.MaxPerfdata)
	if dropped {
		d.repairs |= MetricDropped
	}
	if d.perfdata = raw; string(d.space) != raw {
		d.perfdata = string(d.space)
		d.repairs |= PerfdataNormalised
	}
}

func (d *draft) contactgroups() {
	d.list = d.list[:0]
	if own := d.own(); own != nil {
		d.list = append(d.list, own.ContactGroups...)
	}
	d.sorted()
}

// flag writes one of the flags, if they are known.
func (d *draft) flag(write func(*supervision.Flags)) {
	if d.flags == nil {
		d.notReported()
		return
	}
	write(d.flags)
}

// tags writes the alarm tags: an object of strings, which is the only form that
// Canopsis accepts since 22.10, or the list of strings of the Python generations.
func (d *draft) tags() {
	if len(d.m.tags) == 0 {
		d.leaveOut()
		return
	}
	asList := d.m.options.Canopsis.python()
	opening, closing := byte('{'), byte('}')
	if asList {
		opening, closing = '[', ']'
	}
	d.buf = append(d.buf, opening)
	begin := len(d.buf)
	for _, tag := range d.m.tags {
		value := d.name(tag.value.expand(&d.subject))
		if value == "" && len(tag.value) > 0 {
			continue
		}
		if len(d.buf) > begin {
			d.buf = append(d.buf, ',')
		}
		switch {
		case !asList:
			d.text(tag.name)
			d.buf = append(d.buf, ':')
			d.text(value)
		case value == "":
			d.text(tag.name)
		default:
			d.text(tag.name + ": " + value)
		}
	}
	d.buf = append(d.buf, closing)
}

// tag is an alarm tag of the configuration.
type tag struct {
	name  string
	value template
}

// compileTags compiles the tags in the order of their names.
func compileTags(tags map[string]string, cs charset) (compiled []tag, faults []error) {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value, err := parseTemplate(tags[name], false)
		if clean, _ := cs.cleanName(name); err == nil && (clean != name || name == "") {
			err = errTagName
		}
		if err != nil {
			faults = append(faults, &option.Fault{Name: "tags." + name, Err: err})
		}
		compiled = append(compiled, tag{name, value})
	}
	return compiled, faults
}

// note returns the note of the record. A reader that only saw a flag change has
// none.
func (d *draft) note() supervision.Note {
	if d.rec.Note == nil {
		return supervision.Note{}
	}
	return *d.rec.Note
}
