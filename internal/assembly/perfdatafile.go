package assembly

import (
	"regexp"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
)

// perfdataFile is one of the two perfdata files, as both configurations
// together describe it.
type perfdataFile struct {
	key      string // in our configuration
	reader   string // its name if it has one of its own
	class    perfdata.Class
	path     string
	mode     nagios.PerfdataMode
	format   *perfdata.Format
	archives []string
	template template
}

// perfdataFiles describes the files that are read, without those that can't be
// read: that is a fault only of what our own configuration sets.
func (s *selection) perfdataFiles() (files []*perfdataFile) {
	unusable := make(map[string]bool) // paths of files whose lines can't be read
	for _, f := range []struct {
		perfdataFile
		own         config.PerfdataFile
		supervisors nagios.Perfdata
		option      string
	}{
		{
			perfdataFile{key: "readers.perfdata.host", reader: perfdataHost, class: perfdata.Host},
			s.readers.Perfdata.Host, s.supervisor.HostPerfdata, "host_perfdata_file",
		},
		{
			perfdataFile{key: "readers.perfdata.service", reader: perfdataService, class: perfdata.Service},
			s.readers.Perfdata.Service, s.supervisor.ServicePerfdata, "service_perfdata_file",
		},
	} {
		file := f.perfdataFile
		err := s.describe(&file, f.own, f.supervisors)
		if s.canBeRead(&file, f.own, f.option, err) {
			if lacks := s.lacks(&file); lacks != "" {
				s.notice("%s", lacks)
			}
			files = append(files, &file)
		} else if err != nil {
			unusable[file.path] = true
		}
	}
	return slices.DeleteFunc(files, func(f *perfdataFile) bool {
		if !unusable[f.path] || s.readers.Perfdata.Spool.Path != "" {
			return false
		}
		s.notice("the lines of %ss in %s are not read either: those that can't be read stand between them",
			f.class, f.path)
		return true
	})
}

// canBeRead decides whether a file is read, and notes why it isn't. err is what is
// wrong with its template.
func (s *selection) canBeRead(f *perfdataFile, own config.PerfdataFile, option string, err error) bool {
	spool, on := s.readers.Perfdata.Spool.Path, s.readers.Perfdata.Enabled == config.On
	named := own.Path == "" && own.Mode == "" && spool == "" // by the supervisor alone
	var device *nagios.AccessError
	if named {
		device = s.supervisor.Unusable(option)
	}
	switch {
	case err != nil && own.Template != "":
		s.fault(f.key+".template", err.Error())
	case f.path == "" && spool == "" && s.Supervisor == nil:
		s.leaveOut(f.key + ".path is not set")
	case f.path == "" && spool == "":
		s.leaveOut(option + " is not set")
	case device != nil && on:
		s.fault("readers.perfdata.enabled", "is on, but "+device.Error())
	case device != nil: // a blind spot
		s.leaveOut(device.Error())
	case err != nil && on:
		s.fault(f.key+".template", err.Error())
	case err != nil:
		s.leaveOut(err.Error())
		s.notice("%s", s.unusable(f, err))
	default:
		if own.Path == "" && spool == "" {
			s.checkReadable(option)
		}
		return true
	}
	return false
}

// describe sets what both configurations say of a file.
func (s *selection) describe(f *perfdataFile, own config.PerfdataFile, supervisors nagios.Perfdata) (err error) {
	f.path, f.mode = own.Path, supervisors.Mode
	if f.path == "" {
		f.path = supervisors.File
	}
	if own.Mode != "" {
		f.mode = nagios.PerfdataMode(own.Mode[0])
	}
	if target := movedTo(supervisors.ProcessingCommand.Line); target != "" {
		f.archives = []string{target}
	}
	f.template = s.templateOf(f, own, supervisors)
	f.format, err = perfdata.Compile(f.template.text, f.class)
	return err
}

var macroInPath = regexp.MustCompile(`\$[A-Z0-9_]+\$`)

// movedTo returns the glob pattern of the files that a processing command such
// as "/bin/mv FILE DIR/service-perfdata.$TIMET$" makes; empty if it makes none.
func movedTo(line string) string {
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "mv" && !strings.HasSuffix(words[0], "/mv") {
		return ""
	}
	pattern := macroInPath.ReplaceAllString(words[2], "*")
	if !strings.HasPrefix(pattern, "/") || pattern == words[2] {
		return ""
	}
	return pattern
}
