package nagios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// setter parses the value of an option, which is not empty, and stores it.
type setter func(value string) error

// optionTable names the options that matter here, in the spellings of all
// flavours, and what each sets.
func (l *loader) optionTable() map[string]setter {
	c := l.cfg
	table := map[string]setter{
		"log_file":            l.path(&c.LogFile),
		"log_archive_path":    l.path(&c.LogArchivePath),
		"log_rotation_method": rotation(&c.RotatesLog),

		"use_daemon_log":        boolean(&c.Logging.DaemonLog),
		"log_service_retries":   boolean(&c.Logging.ServiceRetries),
		"log_host_retries":      boolean(&c.Logging.HostRetries),
		"log_external_commands": boolean(&c.Logging.ExternalCommands),
		"log_passive_checks":    boolean(&c.Logging.PassiveChecks),
		"log_initial_states":    boolean(&c.Logging.InitialStates),
		"log_current_states":    boolean(&c.Logging.CurrentStates),

		"status_file":            l.path(&c.StatusFile),
		"xsddefault_status_log":  l.path(&c.StatusFile), // Nagios 3 still knows this name
		"status_update_interval": seconds(&c.StatusUpdateInterval),
		"object_cache_file":      l.path(&c.ObjectCacheFile),

		"process_performance_data": boolean(&c.ProcessPerformanceData),

		"broker_module":        l.brokerModule,
		"event_broker_options": integer(&c.EventBrokerOptions),

		"execute_host_checks":           boolean(&c.HostChecks.Execute),
		"accept_passive_host_checks":    boolean(&c.HostChecks.AcceptPassive),
		"execute_service_checks":        boolean(&c.ServiceChecks.Execute),
		"accept_passive_service_checks": boolean(&c.ServiceChecks.AcceptPassive),
		"enable_flap_detection":         boolean(&c.FlapDetection),
		"retain_state_information":      boolean(&c.RetainState),

		"nagios_user":  text(&c.User),
		"naemon_user":  text(&c.User),
		"icinga_user":  text(&c.User),
		"shinken_user": text(&c.User),

		"nagios_group":  text(&c.Group),
		"naemon_group":  text(&c.Group),
		"icinga_group":  text(&c.Group),
		"shinken_group": text(&c.Group),

		"resource_file":           l.pathList(&l.resourceFiles),
		"cfg_file":                l.pathList(&l.objectFiles),
		"cfg_dir":                 l.pathList(&l.objectDirs),
		"xodtemplate_config_file": l.pathList(&l.objectFiles),
		"xodtemplate_config_dir":  l.pathList(&l.objectDirs),

		"include_file":    func(value string) error { return l.readMain(l.absolute(value)) },
		"include_dir":     func(value string) error { return l.includeDir(l.absolute(value)) },
		"config_rel_path": l.path(&l.base),
	}
	l.addPerfdataOptions(table, "host", &c.HostPerfdata)
	l.addPerfdataOptions(table, "service", &c.ServicePerfdata)
	return table
}

func (l *loader) addPerfdataOptions(table map[string]setter, object string, p *Perfdata) {
	table[object+"_perfdata_file"] = l.path(&p.File)
	table[object+"_perfdata_file_template"] = func(value string) error {
		p.Template = UnescapeTemplate(value)
		return nil
	}
	table[object+"_perfdata_file_mode"] = perfdataMode(&p.Mode)
	table[object+"_perfdata_file_processing_interval"] = seconds(&p.ProcessingInterval)
	table[object+"_perfdata_file_processing_command"] = text(&p.ProcessingCommand.Name)
	table[object+"_perfdata_process_empty_results"] = boolean(&p.ProcessEmpty)
}

func (l *loader) path(field *string) setter {
	return func(value string) error {
		*field = l.absolute(value)
		return nil
	}
}

func (l *loader) pathList(list *[]string) setter {
	return func(value string) error {
		*list = append(*list, l.absolute(value))
		return nil
	}
}

func (l *loader) brokerModule(value string) error {
	path, args, _ := strings.Cut(value, " ")
	l.cfg.BrokerModules = append(l.cfg.BrokerModules, BrokerModule{l.absolute(path), strings.TrimSpace(args)})
	return nil
}

func text(field *string) setter {
	return func(value string) error {
		*field = value
		return nil
	}
}

func integer(field *int) setter {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
		*field = n
		return nil
	}
}

func boolean(field *bool) setter {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is neither 0 nor 1", value)
		}
		*field = n > 0
		return nil
	}
}

// seconds parses a number of seconds, of less than a century.
func seconds(field *time.Duration) setter {
	const most = 100 * 365 * 24 * 3600
	return func(value string) error {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n >= 0 && n <= most) {
			return fmt.Errorf("%q is not a number of seconds", value)
		}
		*field = time.Duration(n * float64(time.Second))
		return nil
	}
}

// rotation parses how often a log is rotated: never, hourly, daily, weekly or
// monthly.
func rotation(field *bool) setter {
	return func(value string) error {
		if len(value) != 1 || !strings.Contains("nhdwm", value) {
			return fmt.Errorf("%q is none of n, h, d, w, m", value)
		}
		*field = value != "n"
		return nil
	}
}

// perfdataMode parses a mode as the cores do: a value with a p is a pipe, a value
// with a w a file that is written anew, any other a file that is appended to.
func perfdataMode(field *PerfdataMode) setter {
	return func(value string) error {
		switch {
		case strings.Contains(value, "p"):
			*field = PipeMode
		case strings.Contains(value, "w"):
			*field = WriteMode
		default:
			*field = AppendMode
		}
		return nil
	}
}
