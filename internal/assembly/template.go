package assembly

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
)

// template is the template of a perfdata file's lines.
type template struct {
	text string // with real tabs
	own  bool   // from our own configuration
	used bool   // lines are written by it: not so by npcdmod, for one, which has a form of its own
}

// templateOf returns the template of a file's lines. Of a spool directory that
// nothing is known of, it is Nagios' default; KEY::VALUE lines are read besides.
func (s *selection) templateOf(f *perfdataFile, own config.PerfdataFile, supervisors nagios.Perfdata) template {
	service := f.class == perfdata.Service
	switch {
	case own.Template != "":
		return template{text: nagios.UnescapeTemplate(own.Template), own: true, used: true}
	case s.npcdmodWrites(f) && service:
		return template{text: perfdata.NpcdmodServiceTemplate}
	case s.npcdmodWrites(f):
		return template{text: perfdata.NpcdmodHostTemplate}
	case f.path != "" && supervisors.Template != "":
		return template{text: supervisors.Template, used: true}
	case service:
		return template{text: perfdata.DefaultServiceTemplate, used: f.path != ""}
	}
	return template{text: perfdata.DefaultHostTemplate, used: f.path != ""}
}

// npcdmodWrites reports whether PNP4Nagios' broker module writes what is read of a
// spool directory: it is loaded, and no processing command moves a file there.
func (s *selection) npcdmodWrites(f *perfdataFile) bool {
	spool := s.readers.Perfdata.Spool.Path
	movedThere := func(pattern string) bool { return filepath.Dir(pattern) == filepath.Clean(spool) }
	return spool != "" && s.npcdmod() != "" && !slices.ContainsFunc(f.archives, movedThere)
}

// npcdmod returns the name of PNP4Nagios' broker module; empty if it is not
// loaded.
func (s *selection) npcdmod() string {
	for _, m := range s.supervisor.BrokerModules {
		if name := filepath.Base(m.Path); strings.HasPrefix(name, "npcdmod") {
			return name
		}
	}
	return ""
}

// lacks says what the lines of a perfdata file lack, and how to change that;
// empty if they lack nothing that matters.
func (s *selection) lacks(f *perfdataFile) string {
	if !f.template.used {
		return s.npcdmodLacks(f)
	}
	lacks := f.format.Lacks()
	if len(lacks) == 0 {
		return ""
	}
	return s.aboutTemplate(f, strings.Join(lacks, "; "))
}

// unusable says why a perfdata file is left alone, and how to change that.
func (s *selection) unusable(f *perfdataFile, err error) string {
	return s.aboutTemplate(f, fmt.Sprintf("%v; %s is not read: check results of %ss are not seen one by one",
		err, f.whatIsRead(s), f.class))
}

func (f *perfdataFile) whatIsRead(s *selection) string {
	if f.path != "" {
		return f.path
	}
	return s.readers.Perfdata.Spool.Path
}

// aboutTemplate adds to a text on a template where it is set, and the line to
// put in its place.
func (s *selection) aboutTemplate(f *perfdataFile, text string) string {
	better, extended := perfdata.Improve(f.template.text, f.class)
	better = strings.NewReplacer("\t", `\t`, "\r", `\r`, "\n", `\n`).Replace(better)
	others := "any other program that reads the file must know such lines"
	if extended {
		others = "it is the same template with more at its end, " +
			"so another program that reads the file goes on as before"
	}
	if f.template.own || s.Supervisor == nil {
		key := f.key + ".template"
		return s.config.Fault(key, fmt.Sprintf(
			"%s; change it to '%s', here and in the program that writes the file (%s)", text, better, others)).Error()
	}
	option := f.class.String() + "_perfdata_file_template"
	origin := s.supervisor.Origin(option)
	if origin == "" {
		origin = "default"
	}
	return fmt.Sprintf("%s (%s): %s; change the line, and restart the supervisor (%s): %s=%s",
		option, origin, text, others, option, better)
}

// npcdmodLacks says what the lines lack that PNP4Nagios' broker module writes to
// a spool directory by itself: the output. One notice is enough for hosts and
// services.
func (s *selection) npcdmodLacks(f *perfdataFile) string {
	if f.class != perfdata.Service || !s.npcdmodWrites(f) {
		return ""
	}
	return fmt.Sprintf("%s writes the perfdata files, without output: check results come without their text; "+
		"let service_perfdata_file and host_perfdata_file take its place, with templates that have it "+
		"(PNP4Nagios' bulk mode with NPCD): service_perfdata_file_template=%s", s.npcdmod(),
		strings.ReplaceAll(perfdata.BestServiceTemplate, "\t", `\t`))
}
