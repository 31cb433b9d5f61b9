/*
 * What one load of the module leaves to the next one in the same process. A
 * reload unloads the library, and with it the memory in which records wait. So
 * they are moved to an anonymous file (memfd_create(2), Linux 3.17), which the
 * next load finds among the descriptors of the process.
 */
#ifndef N2C_INHERITANCE_H
#define N2C_INHERITANCE_H

#include <stdbool.h>
#include <stdint.h>

/* How many records were lost, and how many of these no LOST record has reported yet. */
struct losses {
	uint64_t all, unreported;
};

/* Leaves the records in the ring to the next load with the same spool directory; false if that is impossible. */
bool inheritance_leave(const char *directory, struct losses);

/* Moves what was left into the ring; false if there was nothing. */
bool inheritance_take(const char *directory, struct losses *);

#endif
