#include "acks.h"

#include <stdint.h>
#include <string.h>

/* Open addressing with linear probing; at most three quarters full. */
enum { SLOTS = 1 << 16, MOST = SLOTS / 4 * 3 };

static struct ack slots[SLOTS];
unsigned acks_count;

void acks_reset(void)
{
	if (acks_count > 0)
		memset(slots, 0, sizeof slots);
	acks_count = 0;
}

static unsigned home(const void *object)
{
	return (unsigned)(((uintptr_t)object >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 48);
}

static unsigned next(unsigned slot)
{
	return (slot + 1) % SLOTS;
}

static unsigned find(const void *object)
{
	unsigned slot = home(object);

	while (slots[slot].object && slots[slot].object != object)
		slot = next(slot);
	return slot;
}

void acks_add(const void *object, time_t end_time, bool in_effect)
{
	struct ack *ack = &slots[find(object)];

	if (!ack->object) {
		if (acks_count == MOST)
			return;
		acks_count++;
		*ack = (struct ack){.object = object};
	}
	ack->end_time = end_time;
	ack->in_effect |= in_effect;
}

struct ack *acks_find(const void *object)
{
	struct ack *ack = &slots[find(object)];

	return ack->object ? ack : NULL;
}

/* Moves up the entries after the freed slot that belong before it, so that no search ends too early. */
void acks_remove(struct ack *ack)
{
	unsigned hole = (unsigned)(ack - slots);

	for (unsigned slot = next(hole); slots[slot].object; slot = next(slot)) {
		unsigned from_home = (slot - home(slots[slot].object)) % SLOTS;

		if (from_home >= (slot - hole) % SLOTS) {
			slots[hole] = slots[slot];
			hole = slot;
		}
	}
	slots[hole] = (struct ack){0};
	acks_count--;
}
