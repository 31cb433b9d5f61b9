/*
 * Where the fields of a core's objects are. One table is valid for several
 * releases. The core's version decides which table it is; then the table is
 * proved on the objects themselves, before anything is read through it.
 */
#ifndef N2C_LAYOUT_H
#define N2C_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "event.h"

/* Offsets in a host or a service. 0 means that the release lacks the field, except for name. */
struct object {
	uint16_t name; /* of a service: its host's name */
	uint16_t display_name;
	uint16_t max_attempts;
	uint16_t notes;
	uint16_t notes_url;
	uint16_t action_url;
	uint16_t custom_variables;
	uint16_t acknowledged;
	uint16_t acknowledgement_type;
	uint16_t acknowledgement_end;
	uint16_t check_type;
	uint16_t state;
	uint16_t state_type;
	uint16_t attempt;
	uint16_t output;
	uint16_t long_output;
	uint16_t perf_data;
	uint16_t last_check;
	uint16_t last_time_ok; /* of a host: last_time_up */
	uint16_t latency;
	uint16_t execution_time;
	uint16_t has_been_checked;
	uint16_t downtime_depth;
	uint16_t is_flapping;
	uint16_t check_command;
	uint16_t groups;
	uint16_t next;
	uint16_t alias;       /* hosts only */
	uint16_t address;     /* hosts only */
	uint16_t description; /* services only */
	uint16_t host;        /* services only */
};

struct layout {
	const char *name; /* the first release that has it */
	struct object host, service;
	uint16_t group_name;   /* in a host group or service group */
	uint16_t command_name; /* in a command */
};

extern const struct layout nagios_3_0, icinga_1_6, nagios_4_0, nagios_4_5;
extern const struct layout naemon_1_0_4, naemon_1_1_0, naemon_1_4_0, naemon_1_4_2, naemon_1_4_3, naemon_1_5_0;

/* The lists that hang from objects are the same in every release. */
struct custom_variable {
	const char *name;
	const char *value;
	int modified;
	const struct custom_variable *next;
};

struct object_list {
	const void *object;
	const struct object_list *next;
};

/* Forgets all results; the table is NULL until it is proved. */
void layout_reset(void);

/* The table, once it is proved; else NULL. */
extern const struct layout *layout;

/* Proves the table on the first hosts and services, once there are any. */
void layout_prove(void);

/* Compares the first check of each kind with its object. */
void layout_compare_host(const void *host, const struct host_check *);
void layout_compare_service(const void *service, const struct service_check *);

/* Whether the numbers of an object are in the range of what a core can have. */
bool layout_plausible(const struct object *, const void *object);

/* Drops the table: from now on only what the structures of the events contain is reported. */
void layout_reject(const char *why);

/* The name of the table in use, "none" if there is none. */
const char *layout_name(void);

static inline int int_at(const void *object, unsigned offset)
{
	int value;
	memcpy(&value, (const char *)object + offset, sizeof value);
	return value;
}

static inline double double_at(const void *object, unsigned offset)
{
	double value;
	memcpy(&value, (const char *)object + offset, sizeof value);
	return value;
}

static inline time_t time_at(const void *object, unsigned offset)
{
	time_t value;
	memcpy(&value, (const char *)object + offset, sizeof value);
	return value;
}

static inline const void *pointer_at(const void *object, unsigned offset)
{
	const void *value;
	memcpy(&value, (const char *)object + offset, sizeof value);
	return value;
}

static inline const char *text_at(const void *object, unsigned offset)
{
	return pointer_at(object, offset);
}

#endif
