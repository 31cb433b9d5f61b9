package nagios

import (
	"fmt"
	"strconv"
	"strings"
)

// everyEvent are the bits of event_broker_options for all kinds of events
// (BROKER_EVERYTHING, include/broker.h).
const everyEvent = 1048575

// andRestart ends a remedy.
const andRestart = ", and restart the supervisor"

func (s *survey) module() {
	options := s.cfg.EventBrokerOptions
	if !s.with.Module || s.cfg.Flavour == Shinken || options&everyEvent == everyEvent {
		return
	}
	s.add("event_broker_options", strconv.Itoa(options), "the supervisor does not report everything to the "+
		"broker module",
		s.byStatusFile("the present state of each object"), "set event_broker_options=-1 (nagios2canopsis neb enable)")
}

// checks looks for a supervisor that takes no results at all, as the passive
// member of a cluster does.
func (s *survey) checks() {
	for _, of := range s.classes() {
		if of.checks.Execute || of.checks.AcceptPassive {
			continue
		}
		s.add("execute_"+of.singular+"_checks", "0",
			"there are no check results of "+of.plural+", because accept_passive_"+of.singular+"_checks is 0 too",
			"no reader can show them", "set one of them to 1, unless another supervisor checks the "+of.plural)
	}
}

func (s *survey) flapping() {
	if !s.cfg.FlapDetection {
		s.add("enable_flap_detection", "0", "the supervisor does not detect flapping", "no reader can show it",
			"set enable_flap_detection=1 if flapping is to be sent")
	}
}

func (s *survey) log() {
	c := s.cfg
	if s.with.Log == Unavailable {
		unseen, instead := s.withoutLog()
		s.addMissing("log_file", c.LogFile, unseen, instead, andRestart)
	}
	if s.with.Log != InUse {
		return
	}
	if c.Flavour == Icinga && !c.Logging.DaemonLog {
		s.addOff("use_daemon_log", "Icinga writes nothing to its log", s.byStatusFile("what lasts until it is written"))
		return
	}
	if !c.Logging.ExternalCommands {
		s.addOff("log_external_commands", "acknowledgements, comments and cancelled downtimes are not in the log",
			s.byStatusFile("them"))
	}
	if of := s.withoutEveryResult(); of != "" && !c.Logging.PassiveChecks {
		s.addOff("log_passive_checks", "passive check results of "+of+" that change nothing are not in the log",
			s.byStatusFile(lastResults))
	}
	for _, of := range s.classes() {
		s.retries(of)
	}
	s.startOfTheLog()
	if !s.with.LogArchive && c.RotatesLog {
		s.addMissing("log_archive_path", c.LogArchivePath, "rotated logs are looked for beside the log only: "+
			"lines that were rotated away while the connector was stopped may not be found",
			s.byStatusFile("what lasts until the connector starts"), ", or readers.log.archive")
	}
}

func (s *survey) withoutLog() (unseen, instead string) {
	unseen = "changes of state, acknowledgements, comments, downtimes and flapping are not seen at once"
	stateless := names(s.classes(), func(of class) bool { return of.reader.Use == InUse && !of.reader.HasState })
	if stateless != "" {
		unseen += ", and check results of " + stateless + " take their state from the status file alone"
	}
	return unseen, s.byStatusFile("those that last until it is written")
}

// retries looks for soft states that are not logged. Shinken logs them whatever
// the option is.
func (s *survey) retries(of class) {
	if of.logsRetries || s.cfg.Flavour == Shinken {
		return
	}
	option := "log_" + of.singular + "_retries"
	switch {
	case !s.hasEveryResult(of):
		s.addOff(option, "problems of "+of.plural+" that are still retried (soft states) are not in the log",
			s.byStatusFile("those that last until it is written"))
	case !of.reader.HasState:
		macro := strings.ToUpper(of.singular)
		s.add(option, "0", "neither the log nor the perfdata template has the "+
			"state of "+of.plural+" whose problem is still retried (soft states)",
			"their check results are sent with the state before",
			"set "+option+"=1, or add $"+macro+"STATEID$ and $"+macro+"STATETYPE$ to "+
				of.singular+"_perfdata_file_template")
	}
}

// startOfTheLog looks for objects that the log alone shows, and not before they
// change.
func (s *survey) startOfTheLog() {
	c, of := s.cfg, s.withoutEveryResult()
	if of == "" || s.statusFileWorks() || c.Logging.InitialStates {
		return
	}
	instead := nothingElse
	if c.Logging.CurrentStates && (c.RotatesLog || c.Flavour == Naemon) {
		instead = "the log shows it after its next rotation"
	}
	s.addOff("log_initial_states", "the state of "+of+" that do not change after a start is not seen", instead)
	if !c.RetainState && c.Flavour != Shinken {
		s.addOff("retain_state_information", "problems of "+of+" that end while the supervisor restarts "+
			"stay open", instead)
	}
}

func (s *survey) perfdata() {
	classes := s.classes()
	wanted := names(classes, func(of class) bool { return of.reader.Use != SwitchedOff })
	if wanted == "" {
		return
	}
	if !s.cfg.ProcessPerformanceData {
		s.add("process_performance_data", "0", s.eachResultOf(wanted), s.byStatusFile(lastResults),
			"set process_performance_data=1, host_perfdata_file and service_perfdata_file"+s.orModule())
		return
	}
	for _, of := range classes {
		switch file := of.singular + "_perfdata_file"; {
		case of.reader.Use == Unavailable && of.perfdata.Mode == PipeMode && of.perfdata.File != "":
			s.addUnusable(file, of.perfdata.File, s.eachResultOf(of.plural), s.byStatusFile(lastResults),
				"create the pipe, or set "+file+"_mode=a"+s.modeRemedy(of))
		case of.reader.Use == Unavailable:
			s.addMissing(file, of.perfdata.File, s.eachResultOf(of.plural), s.byStatusFile(lastResults),
				s.orModule())
		case of.reader.Use == InUse:
			s.perfdataFile(of)
		}
	}
}

// eachResultOf names the results that are not seen one by one.
func (s *survey) eachResultOf(plural string) string {
	if s.with.Log == InUse {
		return "check results of " + plural + " that change nothing are not seen one by one"
	}
	return "check results of " + plural + " are not seen one by one"
}

// perfdataFile looks for results that don't reach the file, or don't stay there.
func (s *survey) perfdataFile(of class) {
	if !of.perfdata.ProcessEmpty {
		s.withoutEmpty(of)
	}
	if of.perfdata.File == "" {
		return // something else writes the file that is read, npcdmod for one
	}
	mode := of.singular + "_perfdata_file_mode"
	remedy := "set " + mode + "=a, and let logrotate or a processing command move the file away" + s.modeRemedy(of)
	switch of.perfdata.Mode {
	case PipeMode:
		s.add(mode, "p", "check results that are written while nobody reads the pipe, or while it is full, are lost",
			s.byStatusFile(lastResults), remedy)
	case WriteMode:
		s.add(mode, "w", "the supervisor empties the file when it starts and after each processing command: "+
			"results that were not read by then are lost",
			s.byStatusFile(lastResults), remedy)
	}
}

// modeRemedy continues a remedy where a text behind the mode makes it another one,
// such as the p of "a ; append".
func (s *survey) modeRemedy(of class) string {
	p := of.perfdata
	if p.ModeBehind == "" {
		return ""
	}
	option := of.singular + "_perfdata_file_mode"
	return fmt.Sprintf("; the text %q behind the mode (%s) makes it %c, because the supervisor looks for the letters "+
		"p and w in the whole value: remove that text", p.ModeBehind, s.cfg.Origin(option), p.Mode)
}

// withoutEmpty reports that results without performance data don't reach the file.
func (s *survey) withoutEmpty(of class) {
	file := of.perfdata.File
	if file == "" {
		file = "the perfdata files"
	}
	instead := s.byStatusFile(lastResults)
	if s.with.Log == InUse {
		instead = "the log shows their changes of state, and " + instead
		if !s.statusFileWorks() {
			instead = "the log shows their changes of state, and nothing the others"
		}
	}
	s.addOff(of.singular+"_perfdata_process_empty_results",
		"check results of "+of.plural+" without performance data are not written to "+file, instead)
}

func (s *survey) status() {
	const option = "status_update_interval"
	interval := s.cfg.StatusUpdateInterval
	seconds := strings.TrimSuffix(inSeconds(interval), " s")
	switch {
	case s.with.Status == Unavailable:
		instead := nothingElse
		if s.with.Log == InUse {
			instead = "the log shows what changes"
		}
		s.addMissing("status_file", s.cfg.StatusFile,
			"the present state of each object, and the end of acknowledgements and comments, are not seen",
			instead, andRestart)
	case s.with.Status != InUse:
	case interval == 0:
		s.add(option, seconds, "the status file is not written while the "+
			"supervisor runs", nothingElse, "set "+option+"=10")
	case interval > usualStatusInterval:
		s.add(option, seconds, "what comes and goes between two writings of the status file is not seen in it",
			"what it alone shows, such as the end of an acknowledgement, "+
				"is up to "+inSeconds(interval)+" late", "set "+option+"=10")
	}
}

func (s *survey) objects() {
	if s.with.Objects == Unavailable {
		s.addMissing("object_cache_file", s.cfg.ObjectCacheFile,
			"groups, addresses, custom variables and URLs are not seen", nothingElse, andRestart)
	}
}
