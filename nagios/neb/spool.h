/*
 * The spool directory: segments that records are appended to, and the memory
 * that holds records while the directory can't take them (docs/HANDOVER.md).
 */
#ifndef N2C_SPOOL_H
#define N2C_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MODULE_NAME "neb"
#define MODULE_VERSION "1.0"

/* Sets everything to the beginning, and takes over what waits from before a reload. Opens nothing: the core may still fork. */
void spool_reset(const char *directory, uint64_t segment_size, unsigned segment_age);

/* Tells the process that will write. A descriptor inherited from another one is closed unwritten. */
void spool_process(pid_t);

/* The core has forked its helpers: what they have inherited is not written to again. */
void spool_leave_to_helpers(void);

/* Finds out whether somebody has deleted the segment; then another one is begun. */
void spool_look(void);

/* Takes a record: writes it, or keeps it in memory. */
void spool_put(const char *record, size_t length);

/* Tries what is overdue. */
void spool_tick(void);

/* How many seconds ago something was written; without end if nothing was yet. */
unsigned spool_idle(void);

/* Whether records wait in memory. */
int spool_waits(void);

/* How many records were lost since the core was started, as far as the loads of the module know of each other. */
uint64_t spool_lost(void);

/* Writes what waits, with one try, and closes. What can't be written waits on if the core only reloads. */
void spool_close(bool for_reload);

#endif
