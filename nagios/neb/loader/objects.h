/* The objects of the core of the tests, laid out as those of a chosen release. */
#ifndef LOADER_OBJECTS_H
#define LOADER_OBJECTS_H

enum { RELEASES = 10 };

struct field {
	const char *name;
	char type; /* s text, i int, l long or time, d double, t timeval, p pointer */
	int at[RELEASES];
};

extern const char *const releases[RELEASES];
extern const unsigned host_size[RELEASES], service_size[RELEASES];
extern const struct field host_fields[], service_fields[];
extern const int group_name_at[RELEASES], command_name_at[RELEASES];

extern int release; /* the row in use */

/* A field by name; NULL if there is none, or if the release lacks it. */
const struct field *field_of(const struct field *, const char *name);

/* Sets a field from text; a value of NULL sets a text or pointer to NULL. Texts are copied and kept. */
void set_field(void *base, int at, char type, const char *value);

/* Creates the object if there is none of the name. */
void *host_of(const char *name);
void *service_of(const char *host_name, const char *description);
void *find_object(const char *host_name, const char *description);

void set_object(void *object, const struct field *, const char *name, const char *value);
void free_objects(void);

/* A copy that lives until free_objects, NULL for NULL. */
char *keep(const char *text);
void *keep_memory(unsigned long size);

#endif
