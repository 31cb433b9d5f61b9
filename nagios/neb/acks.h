/*
 * The acknowledged objects. No core announces the end of an acknowledgement
 * (measured in nine), so the module checks whether an object that was
 * acknowledged still is.
 */
#ifndef N2C_ACKS_H
#define N2C_ACKS_H

#include <stdbool.h>
#include <time.h>

struct ack {
	const void *object;
	time_t end_time; /* 0 if it doesn't expire, or if that isn't known */
	bool in_effect;  /* the object has been seen with its flag set */
};

/* How many there are. While it is 0, nothing has to be looked up. */
extern unsigned acks_count;

void acks_reset(void);

/* Adds or replaces an entry. Does nothing when the table is full: the connector then sees the end at the next check. */
void acks_add(const void *object, time_t end_time, bool in_effect);

/* The acknowledgement of an object, or NULL; valid until the next add or remove. */
struct ack *acks_find(const void *object);

void acks_remove(struct ack *);

#endif
