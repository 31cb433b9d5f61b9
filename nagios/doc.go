// Package nagios finds the Nagios-family supervisors of this machine and reads
// their main configuration: nagios.cfg of Nagios 3 and 4 and of Shinken,
// naemon.cfg, icinga.cfg, centengine.cfg. It shows which files a supervisor writes, and in which
// form, and what can't be seen because of how the supervisor is set.
//
// Guarantees. Read returns what the supervisor itself makes of the file, of odd
// values too. Options that are absent have the values compiled into Nagios 4.4.6
// (include/defaults.h, base/utils.c), which are those of Nagios 3, Naemon and
// Icinga 1 too, or for Shinken those of Shinken 2.4 (objects/config.py), for
// Centreon Engine those of 18.10 (configuration/state.cc). Lines may be
// continued, included files are followed, also those of object files, relative
// paths begin at the directory of the main file. An unknown option is ignored. A path that isn't
// configured stays empty: its default was chosen when the core was built, and
// every packaged configuration names it. Find never guesses between two
// supervisors that may both be alive: it returns all that run.
//
// Losses. A value that can't be parsed is left at its default and noted in
// Config.Warnings, as is each further file that can't be read. What was switched
// on or off by an external command at run time is not known here.
//
// Needs. Nothing is kept open or watched: read again to see changes. Files of
// more than 16 MiB are refused.
package nagios
