/*
 * The spool directory as a place in which segments are created and deleted. It is
 * used by its descriptor: whoever may rename it can't make us write elsewhere.
 */
#ifndef N2C_DIRECTORY_H
#define N2C_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MODULE_NAME "neb"

void directory_reset(const char *path);
const char *directory_path(void);

/* Makes the next segment read the names in the directory again. */
void directory_forget(void);

/*
 * Creates a segment whose name sorts behind those that are there. It returns its
 * descriptor, or -1 and the reason, which is valid until the next call of strerror(3).
 */
int directory_create(pid_t, unsigned number, const char **reason);

/* Deletes the segment that was created last, where it was created. */
void directory_delete_last(void);

/* Whether an open segment has no name any more. */
bool directory_has_lost(int segment);

#endif
