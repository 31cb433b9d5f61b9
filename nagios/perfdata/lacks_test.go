package perfdata

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	lacksState = "no $SERVICESTATEID$: check results wait for the log, and take their state from it or from the " +
		"status file"
	lacksOutput = "no $SERVICEOUTPUT$: check results come without their text"
	lacksTime   = "no $TIMET$: events have the time at which the check began"
)

func TestLacks(t *testing.T) {
	for _, tt := range []struct {
		name, template string
		class          Class
		want           []string
	}{
		{"Nagios' default, service", DefaultServiceTemplate, Service, []string{lacksState}},
		{
			"Nagios' default, host", DefaultHostTemplate, Host,
			[]string{strings.ReplaceAll(lacksState, "SERVICE", "HOST")},
		},
		{
			"the host's state is not the service's", DefaultServiceTemplate + "\t$HOSTSTATE$", Service,
			[]string{lacksState},
		},
		{"PNP4Nagios, service", pnpServiceTemplate, Service, []string{lacksOutput}},
		{"PNP4Nagios, host", pnpHostTemplate, Host, []string{strings.ReplaceAll(lacksOutput, "SERVICE", "HOST")}},
		{"the best one, service", BestServiceTemplate, Service, nil},
		{"the best one, host", BestHostTemplate, Host, nil},
		{"everything, without keys", richTemplate, Service, nil},
		{
			"Icinga's sample", "[SERVICEPERFDATA]\t$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEEXECUTIONTIME$" +
				"\t$SERVICELATENCY$\t$SERVICEOUTPUT$\t$SERVICEPERFDATA$", Service, []string{lacksState},
		},
		{
			"Graphios, with a dash in a key", "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$" +
				"\tSERVICEDESC::$SERVICEDESC$\tSERVICEPERFDATA::$SERVICEPERFDATA$\tSERVICESTATE::$SERVICESTATE$" +
				"\tSERVICESTATETYPE::$SERVICESTATETYPE$\tPERFDATA-UNIT::$_SERVICEPERFDATA-UNIT$", Service,
			[]string{lacksOutput},
		},
		{
			"a script's, without state and output", "$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEPERFDATA$", Service,
			[]string{lacksOutput, lacksState},
		},
		{
			"nagiosgraph",
			"$LASTSERVICECHECK$||$HOSTNAME$||$SERVICEDESC$||$SERVICEOUTPUT$||$SERVICEPERFDATA$", Service,
			[]string{lacksState, lacksTime, "values may contain what separates them " +
				`($HOSTNAME$ from $SERVICEDESC$ by "||", $SERVICEDESC$ from $SERVICEOUTPUT$ by "||", ` +
				`$SERVICEOUTPUT$ from $SERVICEPERFDATA$ by "||"): a line can be cut at the wrong place`},
		},
		{
			"a state without its type", "$LASTHOSTCHECK$\t$HOSTNAME$\t$HOSTSTATE$\t$HOSTEXECUTIONTIME$\t$HOSTOUTPUT$",
			Host, []string{"no $HOSTSTATETYPE$: it is unknown whether a problem is still retried (soft), " +
				"so mapping.soft_states can't leave it out"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := mustCompile(t, tt.template, tt.class)
			if diff := cmp.Diff(tt.want, f.Lacks()); diff != "" {
				t.Error(diff)
			}
			lacks := strings.Join(f.Lacks(), "\n")
			if f.HasState() == strings.Contains(lacks, "STATEID$") {
				t.Errorf("HasState is %v", f.HasState())
			}
			if f.HasOutput() == strings.Contains(lacks, "OUTPUT$:") {
				t.Errorf("HasOutput is %v", f.HasOutput())
			}
		})
	}
	if !Pairs().HasState() || !Pairs().HasOutput() {
		t.Error("lines that describe themselves may have everything")
	}
}

func TestImprove(t *testing.T) {
	for _, tt := range []struct {
		name, template string
		class          Class
		want           string
		extended       bool
	}{
		{
			"PNP4Nagios, host", pnpHostTemplate, Host, pnpHostTemplate + "\tHOSTATTEMPT::$HOSTATTEMPT$" +
				"\tMAXHOSTATTEMPTS::$MAXHOSTATTEMPTS$\tLASTHOSTCHECK::$LASTHOSTCHECK$" +
				"\tHOSTEXECUTIONTIME::$HOSTEXECUTIONTIME$\tHOSTLATENCY::$HOSTLATENCY$\tHOSTCHECKTYPE::$HOSTCHECKTYPE$" +
				"\tHOSTOUTPUT::$HOSTOUTPUT$\tLONGHOSTOUTPUT::$LONGHOSTOUTPUT$", true,
		},
		{"nothing is lacking", BestServiceTemplate, Service, BestServiceTemplate, true},
		{"Nagios' default, service", DefaultServiceTemplate, Service, BestServiceTemplate, false},
		{"Nagios' default, host", DefaultHostTemplate, Host, BestHostTemplate, false},
		{"the other class", pnpHostTemplate, Service, BestServiceTemplate, false},
		{"only begins like pairs", "DATATYPE::HOSTPERFDATA\t$TIMET$\t$HOSTNAME$", Host, BestHostTemplate, false},
		{"no template at all", "empty", Host, BestHostTemplate, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, extended := Improve(tt.template, tt.class)
			if diff := cmp.Diff(tt.want, got); diff != "" || extended != tt.extended {
				t.Errorf("extended %v\n%s", extended, diff)
			}
		})
	}
}

// What Improve returns lacks nothing, whatever keys the template has of its own.
func TestWhatIsImprovedLacksNothing(t *testing.T) {
	for _, template := range []string{
		pnpServiceTemplate, DefaultServiceTemplate,
		"DATATYPE::SERVICEPERFDATA\tPERFDATA-UNIT::$_SERVICEPERFDATA-UNIT$\n",
		"DATATYPE::SERVICEPERFDATA\tTIME::$TIMET$\tSTATE::$SERVICESTATE$\tHOST::$HOSTNAME$",
	} {
		better, _ := Improve(template, Service)
		if lacks := mustCompile(t, better, Service).Lacks(); len(lacks) > 0 {
			t.Errorf("%q: %q", better, lacks)
		}
		if again, _ := Improve(better, Service); again != better {
			t.Errorf("%q was improved to %q", better, again)
		}
	}
}

func TestTheReadmeShowsTheBestTemplate(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := "service_perfdata_file_template=" + strings.ReplaceAll(BestServiceTemplate, "\t", `\t`) + "\n"
	if !strings.Contains(string(readme), line) {
		t.Errorf("README.md lacks the line\n%s", line)
	}
}
