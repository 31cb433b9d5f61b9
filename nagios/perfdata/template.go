package perfdata

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// The templates that Nagios 3, 4, Naemon and Icinga 1 use when nagios.cfg has
// none (base/perfdata.h), with real tabs.
const (
	DefaultHostTemplate    = "[HOSTPERFDATA]\t$TIMET$\t$HOSTNAME$\t$HOSTEXECUTIONTIME$\t$HOSTOUTPUT$\t$HOSTPERFDATA$"
	DefaultServiceTemplate = "[SERVICEPERFDATA]\t$TIMET$\t$HOSTNAME$\t$SERVICEDESC$" +
		"\t$SERVICEEXECUTIONTIME$\t$SERVICELATENCY$\t$SERVICEOUTPUT$\t$SERVICEPERFDATA$"
)

// The templates of the lines that PNP4Nagios' broker module writes (0.6.25,
// src/npcdmod.c), whatever nagios.cfg has, with real tabs. States are numbers.
const (
	NpcdmodHostTemplate = "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$" +
		"\tHOSTPERFDATA::$HOSTPERFDATA$\tHOSTCHECKCOMMAND::$HOSTCHECKCOMMAND$" +
		"\tHOSTSTATE::$HOSTSTATEID$\tHOSTSTATETYPE::$HOSTSTATETYPE$"
	NpcdmodServiceTemplate = "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$" +
		"\tSERVICEDESC::$SERVICEDESC$\tSERVICEPERFDATA::$SERVICEPERFDATA$" +
		"\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$" +
		"\tSERVICESTATE::$SERVICESTATEID$\tSERVICESTATETYPE::$SERVICESTATETYPE$"
)

// Class is the class of objects that the lines of a template are about.
type Class = pairs.Class

// The classes that have perfdata.
const (
	Host    = pairs.Host
	Service = pairs.Service
)

// maxMacros bounds the macros of a template.
const maxMacros = 128

// Format knows the form of the lines that one template makes.
type Format struct {
	class Class
	// prefix is the text before the first macro. It distinguishes lines of
	// different formats, and marks where a record begins.
	prefix  string
	fields  []field
	pairs   bool              // KEY::VALUE lines
	aliases map[string]string // of pairs: the macro behind a key of its own
	present meanings
	unsure  []string // separators that values may contain, for people
}

// field is one macro of a template and the literal text behind it.
type field struct {
	macro   string
	meaning pairs.Meaning
	sep     string
	// later counts how often sep stands in the template behind the field's own.
	later int
	// extends: the value may itself contain sep.
	extends bool
}

// Compile derives the form of the lines from a host_perfdata_file_template or
// service_perfdata_file_template, whose \t are real tabs already. A template
// that starts with DATATYPE:: and consists of tab-separated KEY::… pairs makes
// self-describing lines (see Pairs). The values of any other one are separated
// by the literal text between the macros. Line feeds at its end make empty lines
// between the records, and are left out.
//
// The error names the template and what its lines lack: the time (TIMET, or the
// time of the check), the host, the service, or a separator between two values.
func Compile(template string, class Class) (*Format, error) {
	f, err := compile(strings.TrimRight(template, "\n"), class)
	if err != nil {
		return nil, fmt.Errorf("%s perfdata template %q: %w", class, template, err)
	}
	return f, nil
}

func compile(template string, class Class) (*Format, error) {
	if strings.ContainsAny(template, "\n\x00") {
		return nil, errors.New("a record must be one line, but the template has a line feed")
	}
	if f, err := compilePairs(template, class); f != nil || err != nil {
		return f, err
	}
	prefix, fields, err := scanTemplate(template)
	if err != nil {
		return nil, err
	}
	if len(fields) > maxMacros {
		return nil, fmt.Errorf("more than %d macros", maxMacros)
	}
	f := &Format{class: class, prefix: prefix, fields: fields}
	for i := range f.fields {
		if err := f.prepare(i); err != nil {
			return nil, err
		}
	}
	return f, f.checkComplete()
}

// prepare finds out how the value of field i is separated from the next one.
func (f *Format) prepare(i int) error {
	fd := &f.fields[i]
	fd.meaning = f.class.MeaningOf(fd.macro)
	f.present.add(fd.meaning)
	if i == len(f.fields)-1 {
		return nil
	}
	if fd.sep == "" {
		return fmt.Errorf("nothing separates $%s$ from $%s$", fd.macro, f.fields[i+1].macro)
	}
	for _, later := range f.fields[i+1:] {
		fd.later += strings.Count(later.sep, fd.sep)
	}
	visible := !strings.ContainsFunc(fd.sep, isControl)
	fd.extends = fd.meaning.IsText() ||
		visible && (fd.meaning == pairs.HostName || fd.meaning == pairs.ServiceName) ||
		fd.meaning == pairs.Other
	if visible && fd.extends && fd.meaning != pairs.Other {
		f.unsure = append(f.unsure, fmt.Sprintf("$%s$ from $%s$ by %q", fd.macro, f.fields[i+1].macro, fd.sep))
	}
	return nil
}

// checkComplete refuses a template whose lines could never become a record.
func (f *Format) checkComplete() error {
	has := f.present.has
	switch {
	case !has(pairs.EndOfCheck) && !has(pairs.StartOfCheck):
		return fmt.Errorf("no time: neither $TIMET$ nor $LAST%sCHECK$", strings.ToUpper(f.class.String()))
	case !has(pairs.HostName):
		return errors.New("no $HOSTNAME$")
	case f.class == Service && !has(pairs.ServiceName):
		return errors.New("no $SERVICEDESC$")
	}
	return nil
}

// scanTemplate cuts a template into its macros. $$ is a dollar sign, as in
// Nagios' process_macros.
func scanTemplate(template string) (prefix string, fields []field, err error) {
	var literal strings.Builder
	put := func() {
		if len(fields) == 0 {
			prefix = literal.String()
		} else {
			fields[len(fields)-1].sep = literal.String()
		}
		literal.Reset()
	}
	for rest := template; ; {
		text, tail, found := strings.Cut(rest, "$")
		literal.WriteString(text)
		if !found {
			put()
			return prefix, fields, nil
		}
		macro, after, closed := strings.Cut(tail, "$")
		switch {
		case !closed:
			return "", nil, fmt.Errorf("the macro $%s has no closing $", macro)
		case macro == "":
			literal.WriteByte('$')
		default:
			put()
			fields = append(fields, field{macro: macro})
		}
		rest = after
	}
}

// Parse reads a line, without its line feed. The record's strings share the
// line's memory. Values that make no sense are returned beside it. The error names
// the field and what is wrong with it.
func (f *Format) Parse(line string) (supervision.Record, []supervision.Strange, error) {
	if f.pairs {
		return pairs.ParseLine(line, f.aliases)
	}
	var array [32]string
	values := array[:0]
	if len(f.fields) > len(array) {
		values = make([]string, 0, len(f.fields))
	}
	values, ambiguous, err := f.split(line, values)
	if err != nil {
		return supervision.Record{}, nil, err
	}
	if ambiguous {
		if better, ok := f.search(line); ok {
			values = better
		}
	}
	b := pairs.NewBuilder(f.class)
	for i := range f.fields {
		fd, value := &f.fields[i], values[i]
		if fd.meaning == pairs.LongOutput {
			value = pairs.UnescapeLong(value)
		}
		if err := b.Put(fd.meaning, fd.macro, value); err != nil {
			return supervision.Record{}, nil, fmt.Errorf("field %d %s: %w", i+1, fd.macro, err)
		}
	}
	return b.Record()
}
