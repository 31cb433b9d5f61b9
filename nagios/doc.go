// Package nagios finds a Nagios-family supervisor on this machine and reads its
// main configuration: nagios.cfg of Nagios 3 and 4 and of Shinken, naemon.cfg,
// icinga.cfg. From it the readers in the packages below learn which files there
// are, and in which form they are written.
//
// Guarantees. What Read gives is what the supervisor itself makes of the file:
// options that are absent have the values compiled into Nagios 4.4.6
// (include/defaults.h, base/utils.c), lines may be continued, included files
// are followed, relative paths begin at the directory of the main file. An
// option that isn't known is passed over. A path that isn't configured stays
// empty: where a core puts its files then was decided when it was built, and no
// packaged configuration leaves it to that. Find never guesses between two
// supervisors that may both be alive.
//
// Losses. A value that can't be understood is left at its default and noted in
// Config.Warnings, as is each further file that can't be read.
//
// Needs. Nothing is kept open or watched: who wants to know of changes reads
// again. Files of more than 16 MiB are refused.
package nagios
