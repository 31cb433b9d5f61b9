/* Which core has loaded the module, and what it exports. */
#ifndef N2C_CORE_H
#define N2C_CORE_H

#include <stdbool.h>
#include <stddef.h>

struct layout;

enum family { UNKNOWN_CORE, NAGIOS, ICINGA, NAEMON };

typedef int callback(int number, void *data);

struct core {
	enum family family;
	int major, minor, patch;
	char program[48];            /* "Nagios 4.4.6" */
	int api;                     /* the value of __neb_api_version with which it loads the module */
	const struct layout *layout; /* the table of its objects; NULL if the release is not supported */
	int first_callback;          /* the number of the callback for process events; the others follow */
	int object_in_tail;          /* the index of the object in the tail of a check's structure */
	bool acks_expire;            /* whether an acknowledgement's structure has an end time */

	int (*register_callback)(int number, void *module, int priority, callback *);
	int (*deregister_callback)(int number, callback *);
	int (*set_module_info)(void *module, int what, const char *text);
	const void *(*find_host)(const char *name);
	const void *(*find_service)(const char *host_name, const char *description);
	const void **hosts;          /* the heads of the core's lists */
	const void **services;
	const int *broker_options;
};

extern struct core core;

void core_recognise(void);

enum { LOG_WARNING = 2, LOG_INFO = 262144 };

/* Writes a line to the core's log. Must not be called once the core is gone. */
void core_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
