/*
 * What one load of the module leaves to the next in the same process. A reload
 * unloads the library, and with it the memory in which records wait: they wait
 * on in an anonymous file (memfd_create(2), Linux 3.17), which the next load
 * finds among the descriptors of the process.
 */
#ifndef N2C_INHERITANCE_H
#define N2C_INHERITANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Of how many records a module knows that they are lost, and how many of these its reader was not told. */
struct losses {
	uint64_t all, untold;
};

/* Leaves all that is in the ring to the next module with the same spool directory; false if that is impossible. */
bool inheritance_leave(const char *directory, struct losses);

/* Puts what was left into the ring; false if nothing was. */
bool inheritance_take(const char *directory, struct losses *);

#endif
