/*
 * What a core passes to a callback. The order and size of the fields were
 * measured in 88 releases of the four cores (README.md). Up to the fields named
 * here they are the same in all of them, except the two tails that are marked.
 */
#ifndef N2C_EVENT_H
#define N2C_EVENT_H

#include <stddef.h>
#include <sys/time.h>
#include <time.h>

/* The kinds of event: the first field of every structure. */
enum {
	PROCESS_START = 100,
	PROCESS_RESTART = 102,
	PROCESS_SHUTDOWN = 103,
	PROCESS_LOOP_STARTS = 105,
	SERVICE_CHECK_PROCESSED = 701,
	HOST_CHECK_PROCESSED = 801,
	COMMENT_ADDED = 900,
	COMMENT_DELETED = 901,
	COMMENT_LOADED = 902,
	FLAPPING_STARTED = 1000,
	FLAPPING_STOPPED = 1001,
	DOWNTIME_ADDED = 1100,
	DOWNTIME_DELETED = 1101,
	DOWNTIME_LOADED = 1102,
	DOWNTIME_STARTED = 1103,
	DOWNTIME_STOPPED = 1104,
	COMMAND_STARTS = 1400,
	COMMAND_ENDS = 1401,
	ACKNOWLEDGEMENT_ADDED = 1700,
};

enum { FLAPPING_SWITCHED_OFF = 2, DOWNTIME_CANCELLED = 2 };                /* attr */
enum { SERVICE_COMMENT = 2, SERVICE_DOWNTIME = 1, SERVICE_FLAPPING = 1, SERVICE_ACKNOWLEDGEMENT = 1 };
enum { COMMENT_OF_ACKNOWLEDGEMENT = 4 };                                   /* entry_type */
enum { STICKY = 2 };                                                       /* acknowledgement_type */
enum { REMOVE_HOST_ACKNOWLEDGEMENT = 51, REMOVE_SERVICE_ACKNOWLEDGEMENT = 52 }; /* command_type */

struct event {
	int type;
	int flags;
	int attr;
	struct timeval at;
};

struct service_check {
	struct event event;
	const char *host_name;
	const char *description;
	int check_type;
	int attempt;
	int max_attempts;
	int state_type;
	int state;
	int timeout;
	const char *command_name;
	const char *command_args;
	const char *command_line;
	struct timeval started;
	struct timeval ended;
	int early_timeout;
	double execution_time;
	double latency;
	int return_code;
	const char *output;
	const char *long_output;
	const char *perf_data;
	const void *tail[2]; /* the object; since Nagios 4 and in Naemon the check result, then the object */
};

struct host_check {
	struct event event;
	const char *host_name;
	int attempt;
	int check_type;
	int max_attempts;
	int state_type;
	int state;
	int timeout;
	const char *command_name;
	const char *command_args;
	const char *command_line;
	struct timeval started;
	struct timeval ended;
	int early_timeout;
	double execution_time;
	double latency;
	int return_code;
	const char *output;
	const char *long_output;
	const char *perf_data;
	const void *tail[2]; /* as above */
};

struct acknowledgement {
	struct event event;
	int type;
	const char *host_name;
	const char *description;
	int state;
	const char *author;
	const char *comment;
	int sticky;
	int persistent;
	int notify;
	const void *object;
	time_t end_time; /* Icinga 1.6, Naemon 1.4.0 and later only */
};

struct downtime {
	struct event event;
	int type;
	const char *host_name;
	const char *description;
	time_t entry_time;
	const char *author;
	const char *comment;
	time_t start_time;
	time_t end_time;
	int fixed;
	unsigned long duration;
	unsigned long triggered_by;
	unsigned long id;
};

struct comment {
	struct event event;
	int type;
	const char *host_name;
	const char *description;
	time_t entry_time;
	const char *author;
	const char *comment;
	int persistent;
	int source;
	int entry_type;
	int expires;
	time_t expire_time;
	unsigned long id;
};

struct flapping {
	struct event event;
	int type;
	const char *host_name;
	const char *description;
	double percent_change;
	double high_threshold;
	double low_threshold;
};

struct status {
	struct event event;
	const void *object;
};

struct command {
	struct event event;
	int command_type;
};

#define AT(type, field, offset) _Static_assert(offsetof(struct type, field) == offset, #type "." #field)
AT(event, at, 16);
AT(service_check, host_name, 32);
AT(service_check, check_type, 48);
AT(service_check, state, 64);
AT(service_check, command_name, 72);
AT(service_check, started, 96);
AT(service_check, early_timeout, 128);
AT(service_check, return_code, 152);
AT(service_check, output, 160);
AT(service_check, tail, 184);
AT(host_check, attempt, 40);
AT(host_check, state, 56);
AT(host_check, command_name, 64);
AT(host_check, started, 88);
AT(host_check, return_code, 144);
AT(host_check, output, 152);
AT(host_check, tail, 176);
AT(acknowledgement, type, 32);
AT(acknowledgement, author, 64);
AT(acknowledgement, sticky, 80);
AT(acknowledgement, object, 96);
AT(acknowledgement, end_time, 104);
AT(downtime, host_name, 40);
AT(downtime, author, 64);
AT(downtime, fixed, 96);
AT(downtime, id, 120);
AT(comment, author, 64);
AT(comment, entry_type, 88);
AT(comment, expire_time, 96);
AT(comment, id, 104);
AT(flapping, percent_change, 56);
AT(flapping, low_threshold, 72);
AT(status, object, 32);
AT(command, command_type, 32);
#undef AT

#endif
