#include "objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

int release;

/* Found by the module by name, as in every core. */
void *host_list, *service_list;
void *find_host(const char *name);
void *find_service(const char *host_name, const char *description);

/* ---- memory: pieces of exactly the size in the core, so that a checker detects a read beyond it ---- */

static void **kept;
static unsigned long kept_count, kept_space;

static void remember(void *piece)
{
	if (kept_count == kept_space) {
		kept_space = kept_space ? 2 * kept_space : 1024;
		kept = realloc(kept, kept_space * sizeof *kept);
	}
	kept[kept_count++] = piece;
}

void *keep_memory(unsigned long size)
{
	void *piece = calloc(1, size);

	remember(piece);
	return piece;
}

char *keep(const char *text)
{
	if (!text)
		return NULL;
	char *copy = strdup(text);
	remember(copy);
	return copy;
}

void free_objects(void)
{
	for (unsigned long i = 0; i < kept_count; i++)
		free(kept[i]);
	free(kept);
	kept = NULL;
	kept_count = kept_space = 0;
	host_list = service_list = NULL;
}

/* ---- fields ---- */

static void set_pointer(void *base, int at, const void *value)
{
	memcpy((char *)base + at, &value, sizeof value);
}

static void *pointer(const void *base, int at)
{
	void *value;

	memcpy(&value, (const char *)base + at, sizeof value);
	return value;
}

void set_field(void *base, int at, char type, const char *value)
{
	char *to = (char *)base + at;
	int i;
	long l;
	double d;
	struct timeval t = {0};

	switch (type) {
	case 's':
		set_pointer(base, at, keep(value));
		break;
	case 'i':
		i = value ? (int)strtol(value, NULL, 10) : 0;
		memcpy(to, &i, sizeof i);
		break;
	case 'l':
		l = value ? strtol(value, NULL, 10) : 0;
		memcpy(to, &l, sizeof l);
		break;
	case 'd':
		d = value ? strtod(value, NULL) : 0;
		memcpy(to, &d, sizeof d);
		break;
	case 't': /* seconds, comma, microseconds: as they are in the structure */
		if (value && sscanf(value, "%ld,%ld", &t.tv_sec, &t.tv_usec) < 1)
			abort();
		memcpy(to, &t, sizeof t);
		break;
	case 'p':
		set_pointer(base, at, value ? (void *)strtoul(value, NULL, 0) : NULL);
		break;
	}
}

const struct field *field_of(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields->at[release] >= 0 ? fields : NULL;
	return NULL;
}

static int at(const struct field *fields, const char *name)
{
	const struct field *field = field_of(fields, name);

	if (!field)
		abort();
	return field->at[release];
}

/* ---- lists ---- */

struct variable {
	const char *name, *value;
	int modified;
	struct variable *next;
};

struct list {
	void *object;
	struct list *next;
};

static void add_variable(void *object, int where, const char *name, const char *value)
{
	struct variable *variable = keep_memory(sizeof *variable), *last = pointer(object, where);

	variable->name = keep(name);
	variable->value = keep(value);
	while (last && last->next)
		last = last->next;
	if (last)
		last->next = variable;
	else
		set_pointer(object, where, variable);
}

static void add_group(void *object, int where, const char *name)
{
	struct list *item = keep_memory(sizeof *item), *last = pointer(object, where);

	item->object = keep_memory(64);
	set_pointer(item->object, group_name_at[release], keep(name));
	while (last && last->next)
		last = last->next;
	if (last)
		last->next = item;
	else
		set_pointer(object, where, item);
}

static void set_command(void *object, int where, const char *name)
{
	void *command = keep_memory(32);

	set_pointer(command, command_name_at[release], keep(name));
	set_pointer(object, where, command);
}

void set_object(void *object, const struct field *fields, const char *name, const char *value)
{
	const struct field *field = field_of(fields, name);
	int hosts = fields == host_fields;

	if (strncmp(name, "var.", 4) == 0)
		add_variable(object, at(fields, "custom_variables"), name + 4, value);
	else if (strcmp(name, "group") == 0)
		add_group(object, at(fields, hosts ? "hostgroups_ptr" : "servicegroups_ptr"), value);
	else if (strcmp(name, "command") == 0)
		set_command(object, at(fields, "check_command_ptr"), value);
	else if (field)
		set_field(object, field->at[release], field->type, value);
	else
		printf("note no field %s in this release\n", name);
}

/* ---- finding ---- */

static int same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

void *find_host(const char *name)
{
	void *host = host_list;

	while (host && !same(pointer(host, at(host_fields, "name")), name))
		host = pointer(host, at(host_fields, "next"));
	return host;
}

void *find_service(const char *host_name, const char *description)
{
	void *service = service_list;

	while (service && (!same(pointer(service, at(service_fields, "host_name")), host_name) ||
			   !same(pointer(service, at(service_fields, "description")), description)))
		service = pointer(service, at(service_fields, "next"));
	return service;
}

void *find_object(const char *host_name, const char *description)
{
	return description ? find_service(host_name, description) : find_host(host_name);
}

static void *append(void **list, unsigned size, int next)
{
	void *object = keep_memory(size), *last = *list;

	while (last && pointer(last, next))
		last = pointer(last, next);
	if (last)
		set_pointer(last, next, object);
	else
		*list = object;
	return object;
}

void *host_of(const char *name)
{
	void *host = find_host(name);

	if (!host) {
		host = append(&host_list, host_size[release], at(host_fields, "next"));
		set_pointer(host, at(host_fields, "name"), keep(name));
	}
	return host;
}

void *service_of(const char *host_name, const char *description)
{
	void *service = find_service(host_name, description);

	if (!service) {
		void *host = find_host(host_name);
		service = append(&service_list, service_size[release], at(service_fields, "next"));
		/* as in the cores, the service has its host's name itself or a copy of it */
		set_pointer(service, at(service_fields, "host_name"), keep(host_name));
		set_pointer(service, at(service_fields, "description"), keep(description));
		set_pointer(service, at(service_fields, "host_ptr"), host);
	}
	return service;
}
