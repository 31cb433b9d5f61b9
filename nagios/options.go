package nagios

import (
	"fmt"
	"path/filepath"
	"strings"
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
		"log_rotation_method": l.rotation(&c.RotatesLog),

		"use_daemon_log":         l.flag(&c.Logging.DaemonLog),
		"log_service_retries":    l.flag(&c.Logging.ServiceRetries),
		"log_long_plugin_output": l.flag(&c.Logging.LongOutput),
		"log_host_retries":       l.flag(&c.Logging.HostRetries),
		"log_external_commands":  l.flag(&c.Logging.ExternalCommands),
		"log_passive_checks":     l.flag(&c.Logging.PassiveChecks),
		"log_initial_states":     l.flag(&c.Logging.InitialStates),
		"log_current_states":     l.flag(&c.Logging.CurrentStates),

		"status_file":            l.path(&c.StatusFile),
		"xsddefault_status_log":  l.path(&c.StatusFile), // Nagios 3 still knows this name
		"status_update_interval": statusInterval(&c.StatusUpdateInterval),
		"object_cache_file":      l.path(&c.ObjectCacheFile),

		"process_performance_data": l.boolean(&c.ProcessPerformanceData),

		"broker_module":        l.brokerModule,
		"event_broker_options": brokerOptions(&c.EventBrokerOptions),

		"execute_host_checks":           l.boolean(&c.HostChecks.Execute),
		"accept_passive_host_checks":    l.boolean(&c.HostChecks.AcceptPassive),
		"execute_service_checks":        l.boolean(&c.ServiceChecks.Execute),
		"accept_passive_service_checks": l.boolean(&c.ServiceChecks.AcceptPassive),
		"enable_flap_detection":         l.boolean(&c.FlapDetection),
		"retain_state_information":      l.flag(&c.RetainState),

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
	table[object+"_perfdata_file_mode"] = perfdataMode(p)
	table[object+"_perfdata_file_processing_interval"] = processingInterval(&p.ProcessingInterval)
	table[object+"_perfdata_file_processing_command"] = text(&p.ProcessingCommand.Name)
	table[object+"_perfdata_process_empty_results"] = l.boolean(&p.ProcessEmpty)
}

func (l *loader) path(field *string) setter {
	return func(value string) error {
		*field = l.absolute(value)
		if !filepath.IsAbs(value) {
			l.relative = append(l.relative, value)
		}
		return oddPath(value)
	}
}

// oddPath returns what is odd about a path: the cores take the whole value, with
// quotes, and with a comment behind it.
func oddPath(value string) error {
	switch {
	case strings.ContainsAny(value[:1], `"'`):
		return fmt.Errorf("the supervisor takes the quotes of %s for a part of the path", value)
	case strings.Contains(value, " ;"), strings.Contains(value, " #"), strings.ContainsAny(value, "\t"):
		return fmt.Errorf("the supervisor takes the whole of %q for the path, with what is behind the blank", value)
	}
	return nil
}

func (l *loader) pathList(list *[]string) setter {
	return func(value string) error {
		*list = append(*list, l.absolute(value))
		return nil
	}
}

func (l *loader) brokerModule(value string) error {
	path, args, _ := strings.Cut(value, " ")
	l.cfg.BrokerModules = append(l.cfg.BrokerModules, BrokerModule{
		Path: l.absolute(path), Args: strings.TrimSpace(args), Origin: l.cfg.Origin("broker_module"),
	})
	return nil
}

func text(field *string) setter {
	return func(value string) error {
		*field = value
		return nil
	}
}
