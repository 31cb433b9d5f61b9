/*
 * A limited memory for the records that can't be written now. When it is full, the
 * oldest records are dropped as a whole.
 */
#ifndef N2C_RING_H
#define N2C_RING_H

#include <stddef.h>

enum { RING_SIZE = 8 << 20 };

void ring_reset(void);
unsigned ring_count(void);

/* Adds a record and returns how many old ones were dropped for it. */
unsigned ring_push(const char *record, size_t length);

/* The oldest record. There must be one. */
const char *ring_first(size_t *length);
void ring_pop(void);

#endif
