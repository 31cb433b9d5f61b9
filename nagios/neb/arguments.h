/* The arguments of broker_module=. */
#ifndef N2C_ARGUMENTS_H
#define N2C_ARGUMENTS_H

#include <limits.h>
#include <stdint.h>

enum {
	CHECKS = 1 << 0,
	STATES = 1 << 1,
	ACKNOWLEDGEMENTS = 1 << 2,
	DOWNTIMES = 1 << 3,
	COMMENTS = 1 << 4,
	FLAPPING = 1 << 5,
	PROCESS = 1 << 6,
	ALL_EVENTS = (1 << 7) - 1,
};

struct arguments {
	char spool[PATH_MAX];
	uint64_t segment_size; /* bytes */
	unsigned segment_age;  /* seconds */
	unsigned events;
};

/*
 * Reads "key=value key=value", separated by spaces or commas; text may be NULL.
 * For each argument that can't be used it logs one line and uses the default.
 */
void arguments_read(struct arguments *, const char *text);

#endif
