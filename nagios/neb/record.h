/*
 * One record of the hand-over format (docs/HANDOVER.md), built in a static
 * buffer: DATATYPE first, then a TAB before each KEY::VALUE, LF at the end.
 */
#ifndef N2C_RECORD_H
#define N2C_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

enum {
	RECORD_SIZE = 128 << 10,
	NAME_SIZE = 4 << 10,       /* limits of values as written, escapes included */
	INVENTORY_SIZE = 40 << 10, /* of all that describes the object */
	OUTPUT_SIZE = 32 << 10,
	PERF_DATA_SIZE = 32 << 10,
	CUT_SIZE = 1 << 10,        /* of the list of what was cut */
};

/* The bounds of values that the reader keeps too (docs/HANDOVER.md, "Bounds"). */
enum {
	LONGEST_SECONDS = 1000000000, /* of a latency */
	LONGEST_CHECK = 604800,
	MOST_ATTEMPTS = 1073741824,
	MOST_VARIABLES = 1000, /* of one object, and its groups: a broken list must not block the core */
};
static const int64_t LATEST_MOMENT = 7258118400; /* the year 2200 */
static const int64_t LATEST_DATE = 253402300799; /* the end of the year 9999 */

/* A key as it is written; of a fixed size, so that it is copied without a loop or a call. */
struct key {
	char text[31];
	unsigned char length;
};
#define KEY_TEXT(name) {"\t" name "::", sizeof "\t" name "::" - 1}
#define KEY(name)                                             \
	({                                                    \
		static const struct key key_ = KEY_TEXT(name); \
		&key_;                                        \
	})

/* Reports whether a moment is within the bounds of the format. */
bool is_moment(const struct timeval *);

/* Begins the record "DATATYPE::type". */
void record_begin(const char *type);

/* Ends it; it can be read until the next one is begun. */
const char *record_end(size_t *length);

/*
 * Each of these writes a pair, or none when the value is not known or out of
 * bounds: a text that is NULL, a time of 0, a duration that is not a number. A longer
 * text is cut at its limit, and its key added to TRUNCATED.
 */
void record_text(const struct key *, const char *value, size_t bound);
void record_number(const struct key *, int64_t value);
void record_count(const struct key *, uint64_t value);
void record_flag(const struct key *, int value);
void record_attempts(const struct key *, int value);
void record_time(const struct key *, time_t);
void record_moment(const struct key *, const struct timeval *);
void record_seconds(const struct key *, double value, double lowest, double highest);

/*
 * The further lines of an output. The core has already escaped line feeds, most
 * cores backslashes too. Limited by the room that is left.
 */
void record_long_text(const struct key *, const char *value, bool backslashes_escaped);

/* A pair of the object's inventory; prefix and name make its key. */
void record_inventory(const struct key *, const char *value);
void record_variable(const char *prefix, const char *name, const char *value);

/* A list of names: open, one item each, close. */
void record_list_open(const struct key *);
void record_list_item(const char *name);
void record_list_close(void);

#endif
