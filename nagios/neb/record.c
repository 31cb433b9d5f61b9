#include "record.h"

#include <emmintrin.h>
#include <string.h>

static struct {
	char *end;               /* where the next byte goes */
	size_t inventory;        /* bytes that the inventory may still take */
	char *list;              /* the open list's first item, or NULL */
	const struct key *list_key;
	bool list_cut;
	size_t cut_length;
	char cut[CUT_SIZE];      /* keys of cut values, separated by commas */
	char bytes[RECORD_SIZE];
} record;

/* The end for values: TRUNCATED and LF must fit after it. */
#define LIMIT (record.bytes + RECORD_SIZE - CUT_SIZE - 32)

/*
 * The hot path: a record has about thirty keys and values, so they are copied in
 * pieces of fixed size, without a call. After LIMIT there is room for the extra
 * bytes that such a copy writes.
 */
static void put_key(const struct key *key)
{
	memcpy(record.end, key->text, sizeof key->text);
	record.end += key->length;
}

static void put(const char *bytes, size_t length)
{
	memcpy(record.end, bytes, length);
	record.end += length;
}

static void put_byte(char byte)
{
	*record.end++ = byte;
}

static size_t room(size_t bound)
{
	size_t left = record.end < LIMIT ? (size_t)(LIMIT - record.end) : 0;

	return bound < left ? bound : left;
}

/* ---- texts ---- */

/* Indexed by byte: the character after the backslash, 0 for a byte that is not escaped. */
static const char escapes[256] = {['\\'] = '\\', ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r'};

/* A bit for each byte of the block that must be escaped. */
static unsigned specials(__m128i block)
{
	__m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')), tab = _mm_cmpeq_epi8(block, _mm_set1_epi8('\t'));
	__m128i lf = _mm_cmpeq_epi8(block, _mm_set1_epi8('\n')), cr = _mm_cmpeq_epi8(block, _mm_set1_epi8('\r'));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(backslash, tab), _mm_or_si128(lf, cr)));
}

/* Copies 8 to 15 bytes as two halves that overlap, if none of them must be escaped. */
static bool copy_short(char *to, const char *from, size_t length)
{
	int64_t first, last;

	memcpy(&first, from, sizeof first);
	memcpy(&last, from + length - sizeof last, sizeof last);
	if (specials(_mm_set_epi64x(last, first)) != 0)
		return false;
	memcpy(to, &first, sizeof first);
	memcpy(to + length - sizeof last, &last, sizeof last);
	return true;
}

/* Copies bytes up to the first that must be escaped, and returns how many; writes none past to + length. */
static size_t copy_plain(char *to, const char *from, size_t length)
{
	size_t n = 0;

	for (; n + 16 <= length; n += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(from + n));
		unsigned mask = specials(block);

		_mm_storeu_si128((__m128i *)(to + n), block);
		if (mask)
			return n + (size_t)__builtin_ctz(mask);
	}
	if (length - n >= 8 && copy_short(to + n, from + n, length - n))
		return length;
	for (; n < length && !escapes[(unsigned char)from[n]]; n++)
		to[n] = from[n];
	return n;
}

/* Steps back from a UTF-8 character that was cut in two, so that the rest of the text stays UTF-8. */
static char *whole_character(const char *start, char *end)
{
	for (int have = 1; have <= 4 && end - have >= start; have++) {
		unsigned char byte = (unsigned char)end[-have];

		if (byte < 0x80)
			break;
		if (byte >= 0xC0) {
			int need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
			return need > have ? end - have : end;
		}
	}
	return end;
}

/* What a core has already escaped as we do: nothing, line feeds, or line feeds and backslashes. */
enum escaped { NOTHING, LINE_FEEDS, BACKSLASHES };

/* Writes at most bound bytes, and returns whether the whole text is in them. */
static bool put_escaped(const char *text, size_t bound, enum escaped escaped)
{
	size_t left = strnlen(text, bound + 1);
	char *const start = record.end, *const limit = start + bound;

	while (left > 0) {
		size_t free = (size_t)(limit - record.end);
		size_t plain = copy_plain(record.end, text, left < free ? left : free);

		record.end += plain;
		text += plain;
		left -= plain;
		if (left == 0)
			return true;
		if (limit - record.end < 2)
			break;
		record.end[0] = '\\';
		record.end[1] = escapes[(unsigned char)*text];
		if (*text == '\\' && left > 1 &&
		    ((text[1] == 'n' && escaped >= LINE_FEEDS) || (text[1] == '\\' && escaped == BACKSLASHES))) {
			record.end[1] = text[1];
			text++;
			left--;
		}
		record.end += 2;
		text++;
		left--;
	}
	if (left > 0)
		record.end = whole_character(start, record.end);
	return left == 0;
}

/* Adds a key to TRUNCATED, without the TAB before and the :: after the text of a key. */
static void note_cut(const char *prefix, size_t prefix_length, const char *name, size_t name_length)
{
	size_t length = prefix_length + name_length;

	if (record.cut_length + length + 1 > CUT_SIZE)
		return; /* the list is full: it has the first keys that were cut */
	if (record.cut_length > 0)
		record.cut[record.cut_length++] = ',';
	memcpy(record.cut + record.cut_length, prefix, prefix_length);
	memcpy(record.cut + record.cut_length + prefix_length, name, name_length);
	record.cut_length += length;
}

static void note_cut_key(const struct key *key)
{
	note_cut(key->text + 1, key->length - 3u, "", 0);
}

static void put_text(const struct key *key, const char *value, size_t bound, enum escaped escaped)
{
	if (!value)
		return;
	bound = room(bound + key->length);
	if (bound < key->length) {
		note_cut_key(key);
		return;
	}
	put_key(key);
	if (!put_escaped(value, bound - key->length, escaped))
		note_cut_key(key);
}

void record_text(const struct key *key, const char *value, size_t bound)
{
	put_text(key, value, bound, NOTHING);
}

void record_long_text(const struct key *key, const char *value, bool backslashes_escaped)
{
	put_text(key, value, RECORD_SIZE, backslashes_escaped ? BACKSLASHES : LINE_FEEDS);
}

/* ---- the object's inventory, limited as a whole ---- */

void record_inventory(const struct key *key, const char *value)
{
	char *start = record.end;

	if (!value)
		return;
	if (record.inventory < key->length) {
		note_cut_key(key);
		return;
	}
	size_t left = record.inventory - key->length;
	put_text(key, value, left < NAME_SIZE ? left : NAME_SIZE, NOTHING);
	record.inventory -= (size_t)(record.end - start);
}

/* Whether a name can be part of a key: it must not contain what separates pairs, keys and values. */
static bool is_key(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (escapes[(unsigned char)name[i]] || name[i] == ',' ||
		    (name[i] == ':' && (i + 1 == length || name[i + 1] == ':')))
			return false;
	return length > 0;
}

void record_variable(const char *prefix, const char *name, const char *value)
{
	enum { LONGEST_KEY = 256 };

	if (!name || !value)
		return;
	size_t prefix_length = strlen(prefix), length = strnlen(name, LONGEST_KEY);
	if (length == LONGEST_KEY || !is_key(name, length))
		return; /* no configuration can have such a name */

	size_t key_length = 1 + prefix_length + length + 2;
	if (record.inventory < key_length || room(key_length) < key_length) {
		note_cut(prefix, prefix_length, name, length);
		return;
	}
	char *start = record.end;
	put_byte('\t');
	put(prefix, prefix_length);
	put(name, length);
	put("::", 2);

	size_t left = record.inventory - key_length;
	if (!put_escaped(value, room(left < NAME_SIZE ? left : NAME_SIZE), NOTHING))
		note_cut(prefix, prefix_length, name, length);
	record.inventory -= (size_t)(record.end - start);
}

void record_list_open(const struct key *key)
{
	record.list = NULL;
	record.list_key = key;
	record.list_cut = false;
	if (record.inventory < key->length || room(key->length) < key->length) {
		record.list_cut = true;
		return;
	}
	put_key(key);
	record.inventory -= key->length;
	record.list = record.end;
}

void record_list_item(const char *name)
{
	if (!name || record.list_cut)
		return;
	char *const start = record.end;
	size_t bound = room(record.inventory);
	size_t taken = (size_t)(start - record.list);
	if (taken >= NAME_SIZE || bound == 0) {
		record.list_cut = true;
		return;
	}
	if (bound > NAME_SIZE - taken)
		bound = NAME_SIZE - taken;
	if (start > record.list) {
		put_byte(',');
		bound--;
	}
	if (!put_escaped(name, bound, NOTHING)) {
		record.end = start; /* half a name could be that of another group */
		record.list_cut = true;
	}
	record.inventory -= (size_t)(record.end - start);
}

void record_list_close(void)
{
	if (record.list_cut)
		note_cut_key(record.list_key);
	record.list = NULL;
}

/* ---- numbers: without snprintf, because this is the hot path ---- */

static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

static void put_count(uint64_t value)
{
	enum { MOST = 20 };
	char digits[2 * MOST], *at = digits + MOST; /* the second half is never read */

	if (value < 10) {
		put_byte((char)('0' + value));
		return;
	}
	for (; value >= 100; value /= 100) {
		at -= 2;
		memcpy(at, pairs + 2 * (value % 100), 2);
	}
	if (value >= 10) {
		at -= 2;
		memcpy(at, pairs + 2 * value, 2);
	} else {
		*--at = (char)('0' + value);
	}
	memcpy(record.end, at, MOST);
	record.end += digits + MOST - at;
}

/* Microseconds as a fraction, without trailing zeros. */
static void put_fraction(unsigned micros)
{
	char digits[8] = ".";
	int length = 7;

	if (micros == 0)
		return;
	memcpy(digits + 1, pairs + 2 * (micros / 10000), 2);
	memcpy(digits + 3, pairs + 2 * (micros / 100 % 100), 2);
	memcpy(digits + 5, pairs + 2 * (micros % 100), 2);
	while (digits[length - 1] == '0')
		length--;
	memcpy(record.end, digits, sizeof digits);
	record.end += length;
}

static void put_number(int64_t value)
{
	if (value < 0)
		put_byte('-');
	put_count(value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* Numbers are never cut: the limits of the texts leave room for all of them. */
static bool has_room(const struct key *key)
{
	return room(key->length + 32u) == key->length + 32u;
}

void record_count(const struct key *key, uint64_t value)
{
	if (!has_room(key))
		return;
	put_key(key);
	put_count(value);
}

void record_number(const struct key *key, int64_t value)
{
	if (!has_room(key))
		return;
	put_key(key);
	put_number(value);
}

void record_flag(const struct key *key, int value)
{
	record_number(key, value != 0);
}

void record_attempts(const struct key *key, int value)
{
	if (value >= 0 && value <= MOST_ATTEMPTS)
		record_number(key, value);
}

void record_time(const struct key *key, time_t value)
{
	if (value > 0 && value <= LATEST_DATE)
		record_number(key, value);
}

bool is_moment(const struct timeval *moment)
{
	return moment->tv_sec >= 1 && moment->tv_sec <= LATEST_MOMENT;
}

void record_moment(const struct key *key, const struct timeval *moment)
{
	int64_t seconds = moment->tv_sec;
	unsigned micros = moment->tv_usec > 0 && moment->tv_usec < 1000000 ? (unsigned)moment->tv_usec : 0;

	if (!is_moment(moment) || !has_room(key))
		return;
	put_key(key);
	put_number(seconds);
	put_fraction(micros);
}

void record_seconds(const struct key *key, double value, double lowest, double highest)
{
	if (!(value >= lowest && value <= highest) || !has_room(key)) /* NaN is neither */
		return;
	int64_t micros = (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5));

	put_key(key);
	if (micros < 0) {
		put_byte('-');
		micros = -micros;
	}
	put_count((uint64_t)micros / 1000000);
	put_fraction((unsigned)(micros % 1000000));
}

/* ---- the whole ---- */

void record_begin(const char *type)
{
	record.end = record.bytes;
	record.inventory = INVENTORY_SIZE;
	record.cut_length = 0;
	put("DATATYPE::", 10);
	put(type, strlen(type));
}

const char *record_end(size_t *length)
{
	if (record.cut_length > 0) {
		put_key(KEY("TRUNCATED"));
		put(record.cut, record.cut_length);
	}
	put_byte('\n');
	*length = (size_t)(record.end - record.bytes);
	return record.bytes;
}
