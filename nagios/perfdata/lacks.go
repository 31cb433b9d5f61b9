package perfdata

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
)

// The templates that have all that is used of a check result, with real tabs.
const (
	BestHostTemplate = "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$" +
		"\tHOSTSTATEID::$HOSTSTATEID$\tHOSTSTATETYPE::$HOSTSTATETYPE$\tHOSTATTEMPT::$HOSTATTEMPT$" +
		"\tMAXHOSTATTEMPTS::$MAXHOSTATTEMPTS$\tLASTHOSTCHECK::$LASTHOSTCHECK$" +
		"\tHOSTEXECUTIONTIME::$HOSTEXECUTIONTIME$\tHOSTLATENCY::$HOSTLATENCY$" +
		"\tHOSTCHECKTYPE::$HOSTCHECKTYPE$\tHOSTCHECKCOMMAND::$HOSTCHECKCOMMAND$\tHOSTOUTPUT::$HOSTOUTPUT$" +
		"\tLONGHOSTOUTPUT::$LONGHOSTOUTPUT$\tHOSTPERFDATA::$HOSTPERFDATA$"
	BestServiceTemplate = "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$" +
		"\tSERVICEDESC::$SERVICEDESC$\tSERVICESTATEID::$SERVICESTATEID$" +
		"\tSERVICESTATETYPE::$SERVICESTATETYPE$\tSERVICEATTEMPT::$SERVICEATTEMPT$" +
		"\tMAXSERVICEATTEMPTS::$MAXSERVICEATTEMPTS$\tLASTSERVICECHECK::$LASTSERVICECHECK$" +
		"\tSERVICEEXECUTIONTIME::$SERVICEEXECUTIONTIME$\tSERVICELATENCY::$SERVICELATENCY$" +
		"\tSERVICECHECKTYPE::$SERVICECHECKTYPE$\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$" +
		"\tSERVICEOUTPUT::$SERVICEOUTPUT$\tLONGSERVICEOUTPUT::$LONGSERVICEOUTPUT$\tSERVICEPERFDATA::$SERVICEPERFDATA$"
)

// meanings is a set.
type meanings uint32

const everything = ^meanings(0)

func (s *meanings) add(m pairs.Meaning)     { *s |= 1 << m }
func (s meanings) has(m pairs.Meaning) bool { return s>>m&1 == 1 }

// HasState reports whether the lines hold the state in which the check left its
// object. Those of Nagios' default templates don't.
func (f *Format) HasState() bool { return f.present.has(pairs.State) }

// HasOutput reports whether the lines hold the text of the check. Those of
// PNP4Nagios' templates don't.
func (f *Format) HasOutput() bool { return f.present.has(pairs.Output) }

// HasEnd reports whether the lines hold the moment at which a result was
// processed. Those of a template without it only have the start of the check.
func (f *Format) HasEnd() bool { return f.present.has(pairs.EndOfCheck) }

// Lacks returns what matters and is not in the lines, or not for sure: a phrase
// each, with what follows from it.
func (f *Format) Lacks() (phrases []string) {
	object, has := strings.ToUpper(f.class.String()), f.present.has
	if !f.HasOutput() {
		phrases = append(phrases, "no $"+object+"OUTPUT$: check results come without their text")
	}
	switch {
	case !f.HasState():
		phrases = append(phrases, "no $"+object+"STATEID$: check results wait for the log, and take their state "+
			"from it or from the status file")
	case !has(pairs.StateType):
		phrases = append(phrases, "no $"+object+"STATETYPE$: it is unknown whether a problem is still retried (soft), "+
			"so mapping.soft_states can't leave it out")
	}
	if !has(pairs.EndOfCheck) && !has(pairs.ExecutionTime) {
		phrases = append(phrases, "no $TIMET$: events have the time at which the check began")
	}
	if len(f.unsure) > 0 {
		phrases = append(phrases, "values may contain what separates them ("+strings.Join(f.unsure, ", ")+
			"): a line can be cut at the wrong place")
	}
	return phrases
}

// Improve returns a template that has all that is used of a check result. One
// that makes KEY::VALUE lines is kept, and what it lacks is added to its end, so
// that other programs that read such lines go on as before; extended is true
// then. In the place of any other one comes BestHostTemplate or
// BestServiceTemplate.
func Improve(template string, class Class) (better string, extended bool) {
	best := BestHostTemplate
	if class == Service {
		best = BestServiceTemplate
	}
	template = strings.TrimRight(template, "\t\r\n")
	present, ok := pairsIn(template, class)
	if !ok {
		return best, false
	}
	var b strings.Builder
	b.WriteString(template)
	for part := range strings.SplitSeq(best, "\t") {
		if key, _, _ := pairs.CutKey(part); !present.has(class.MeaningOf(key)) {
			b.WriteString("\t" + part)
		}
	}
	return b.String(), true
}

// pairsIn returns what a template has that makes KEY::VALUE lines. Keys may be
// odd here: Graphios' users have some with a dash.
func pairsIn(template string, class Class) (present meanings, ok bool) {
	if first, _, _ := strings.Cut(template, "\t"); first != pairs.Prefix+strings.ToUpper(class.String())+"PERFDATA" {
		return 0, false
	}
	for part := range strings.SplitSeq(template, "\t") {
		key, value, ok := strings.Cut(part, "::")
		if !ok {
			return 0, false
		}
		present.add(class.MeaningOf(key))
		present.add(class.MeaningOf(strings.Trim(value, "$")))
	}
	return present, true
}
