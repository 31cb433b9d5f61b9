/*
 * The spool directory: segments to which records are appended, and the memory in
 * which records wait while none can be written (docs/HANDOVER.md).
 */
#ifndef N2C_SPOOL_H
#define N2C_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MODULE_VERSION "1.0"

/* Resets everything, and takes over the records that waited before a reload. Opens nothing: the core may still fork. */
void spool_reset(const char *directory, uint64_t segment_size, unsigned segment_age);

/* Sets the process that will write. A descriptor inherited from another process is closed and not written to. */
void spool_process(pid_t);

/* The core has forked its helpers: nothing more is written to the segment that they have inherited. */
void spool_leave_to_helpers(void);

/* Checks whether somebody has deleted the segment; if so, another one is begun. */
void spool_look(void);

/* Writes a record, or keeps it in memory. */
void spool_put(const char *record, size_t length);

/* Writes records that wait, if a try is due. */
void spool_tick(void);

/* How many seconds ago a record was written; UINT_MAX if none was yet. */
unsigned spool_idle(void);

/* Whether records wait in memory. */
int spool_waits(void);

/* How many records were lost since the start of the core. A reload resets the number, unless records wait. */
uint64_t spool_lost(void);

/* Tries once to write the records that wait, and closes. At a reload, the rest waits for the next load. */
void spool_close(bool for_reload);

#endif
