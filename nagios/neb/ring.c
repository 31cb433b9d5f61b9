#include "ring.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Each record follows its length and is not split. When it doesn't fit before the
 * end, the rest of the memory stays unused and it goes to the beginning.
 */
static struct {
	size_t first, free; /* offsets of the oldest record and of the first free byte */
	size_t end;         /* where the records before the wrap end, if wrapped */
	bool wrapped;       /* free is before first */
	unsigned count;
	char bytes[RING_SIZE];
} ring;

static size_t space(size_t length)
{
	return (sizeof(uint32_t) + length + 7) & ~(size_t)7;
}

void ring_reset(void)
{
	ring.first = ring.free = ring.end = 0;
	ring.wrapped = false;
	ring.count = 0;
}

unsigned ring_count(void)
{
	return ring.count;
}

const char *ring_first(size_t *length)
{
	uint32_t stored;

	memcpy(&stored, ring.bytes + ring.first, sizeof stored);
	*length = stored;
	return ring.bytes + ring.first + sizeof stored;
}

void ring_pop(void)
{
	size_t length;

	ring_first(&length);
	ring.first += space(length);
	ring.count--;
	if (ring.count == 0) {
		ring_reset();
	} else if (ring.wrapped && ring.first == ring.end) {
		ring.first = 0;
		ring.wrapped = false;
	}
}

/* Whether so many bytes are free at ring.free, in one piece. Wraps when they are free at the beginning instead. */
static bool has_space(size_t needed)
{
	if (ring.wrapped)
		return ring.first - ring.free >= needed;
	if (RING_SIZE - ring.free >= needed)
		return true;
	if (ring.first < needed)
		return false;
	ring.end = ring.free;
	ring.free = 0;
	ring.wrapped = true;
	return true;
}

unsigned ring_push(const char *record, size_t length)
{
	uint32_t stored = (uint32_t)length;
	unsigned dropped = 0;

	while (!has_space(space(length))) {
		ring_pop();
		dropped++;
	}
	memcpy(ring.bytes + ring.free, &stored, sizeof stored);
	memcpy(ring.bytes + ring.free + sizeof stored, record, length);
	ring.free += space(length);
	ring.count++;
	return dropped;
}
