/*
 * Loads the module as a core does, and carries out one command for each line of
 * standard input. It prints the results, and then "ok".
 *
 *   loader RELEASE VERSION ACKS_EXPIRE
 *
 * Words of a line are separated by spaces, their bytes escaped by %XX. A word
 * "name=value" sets a field, "name" alone sets it to NULL, and "name*=N,text"
 * sets it to N bytes of the text repeated.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "events.h"
#include "objects.h"

enum { MOST_WORDS = 4096 };

static int acks_expire;
static void *module;

static char *unescape(char *word)
{
	char *to = word;

	for (char *from = word; *from; from++)
		if (*from == '%' && from[1]) {
			char hex[3] = {from[1], from[2], 0};
			*to++ = (char)strtol(hex, NULL, 16);
			from += 2;
		} else {
			*to++ = *from;
		}
	*to = 0;
	return word;
}

/* "count,text": the text repeated up to so many bytes. */
static char *repeat(const char *value)
{
	char *text;
	size_t size = strtoul(value, &text, 10), length = strlen(++text);
	char *repeated = keep_memory(size + 1);

	for (size_t n = 0; n + length <= size; n += length)
		memcpy(repeated + n, text, length);
	return repeated;
}

/* Cuts off and returns the value of "name=value" or "name*=count,text", NULL if there is none. */
static char *value_of(char *word)
{
	char *value = strchr(word, '=');

	if (value) {
		*value++ = 0;
		unescape(value);
		if (value - word > 2 && value[-2] == '*') {
			value[-2] = 0;
			value = repeat(value);
		}
	}
	unescape(word);
	return value;
}

/* ---- the module ---- */

static void load(char **words)
{
	int (*init)(int, char *, void *);
	int *api;

	module = dlopen(unescape(words[1]), RTLD_NOW | RTLD_GLOBAL);
	if (!module) {
		say("error", dlerror());
		return;
	}
	api = dlsym(module, "__neb_api_version");
	printf("api %d\n", api ? *api : -1);
	*(void **)&init = dlsym(module, "nebmodule_init");
	/* the core's copy of the arguments is gone after init */
	char *arguments = words[2] ? strdup(unescape(words[2])) : NULL;
	printf("init %d\n", init(0, arguments, module));
	free(arguments);
}

static void unload(int reason)
{
	int (*deinit)(int, int);

	*(void **)&deinit = dlsym(module, "nebmodule_deinit");
	printf("deinit %d\n", deinit(1, reason));
	for (int i = 0; i < CALLBACKS; i++)
		if (callbacks[i])
			printf("error callback %d is still registered\n", i);
	if (dlclose(module) != 0)
		say("error", dlerror());
	module = NULL;
}

/* ---- events ---- */

static const struct event_kind *kind_of(const char *name)
{
	const struct event_kind *kind = event_kinds;

	while (kind->name && strcmp(kind->name, name) != 0)
		kind++;
	if (!kind->name) {
		fprintf(stderr, "no event %s\n", name);
		abort();
	}
	return kind;
}

static int later(const struct event_kind *kind)
{
	return strcmp(kind->name, "acknowledgement") == 0 ? acks_expire : first_callback == 0;
}

static void copy_field(void *event, const struct event_kind *kind, const char *to, void *object, const char *from)
{
	const struct field *fields = strcmp(kind->name, "host_check") == 0 ? host_fields : service_fields;
	const struct field *field = field_of(fields, from);

	for (int i = 0; kind->fields[i].name; i++)
		if (strcmp(kind->fields[i].name, to) == 0 && field)
			memcpy((char *)event + kind->fields[i].at, (char *)object + field->at[release],
			       field->type == 'i' ? sizeof(int) : sizeof(void *));
}

/* As broker.c does: the structure of a check points to the strings of the object. */
static void from_object(void *event, const struct event_kind *kind, void *object)
{
	static const char *const names[][2] = {
		{"host_name", "host_name"},       {"host_name", "name"},           {"service_description", "description"},
		{"check_type", "check_type"},     {"current_attempt", "current_attempt"}, {"max_attempts", "max_attempts"},
		{"state_type", "state_type"},     {"state", "current_state"},      {"output", "plugin_output"},
		{"execution_time", "execution_time"}, {"latency", "latency"},      {"long_output", "long_plugin_output"},
		{"perf_data", "perf_data"},
	};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		copy_field(event, kind, names[i][0], object, names[i][1]);
}

static void set_event_field(void *event, const struct event_kind *kind, const char *name, const char *value)
{
	for (int i = 0; kind->fields[i].name; i++)
		if (strcmp(kind->fields[i].name, name) == 0) {
			if (kind->fields[i].at < kind->size[later(kind)])
				set_field(event, kind->fields[i].at, kind->fields[i].type, value);
			return;
		}
	fprintf(stderr, "no field %s in %s\n", name, kind->name);
	abort();
}

/* event KIND [object HOST [SERVICE]] fields... ; the memory is of exactly the structure's size. */
static void *make_event(const struct event_kind *kind, char **words, int count)
{
	char *event = malloc((size_t)kind->size[later(kind)]);
	int first = 2;

	memset(event, 0xA5, (size_t)kind->size[later(kind)]);
	for (int i = 0; kind->fields[i].name; i++)
		if (kind->fields[i].at < kind->size[later(kind)])
			set_field(event, kind->fields[i].at, kind->fields[i].type, NULL);
	if (kind->object[0])
		set_field(event, kind->object[later(kind)], 'p', NULL);

	if (count > 3 && strcmp(words[2], "object") == 0) {
		int service = strncmp(kind->name, "service", 7) == 0 || (words[4] && strncmp(words[4], "/", 1) == 0);
		void *object = find_object(unescape(words[3]), service ? unescape(words[4]) + 1 : NULL);
		if (!object)
			abort();
		if (strstr(kind->name, "_check"))
			from_object(event, kind, object);
		memcpy(event + kind->object[later(kind)], &object, sizeof object);
		first = service ? 5 : 4;
	}
	for (int i = first; i < count; i++) {
		char *value = value_of(words[i]);
		set_event_field(event, kind, words[i], value);
	}
	return event;
}

static void deliver(const struct event_kind *kind, void *event)
{
	callback *function = callbacks[first_callback + kind->callback];
	int result = function ? function(first_callback + kind->callback, event) : 0;

	if (result != 0)
		printf("error callback %s returned %d\n", kind->name, result);
}

static void tell(char **words, int count)
{
	const struct event_kind *kind = kind_of(words[1]);
	void *event = make_event(kind, words, count);

	deliver(kind, event);
	free(event);
}

/* storm N KIND ...: the event N times, between two writes that a tracer sees. */
static void storm(char **words, int count)
{
	long n = strtol(words[1], NULL, 10);
	const struct event_kind *kind = kind_of(words[2]);
	void *event = make_event(kind, words + 1, count - 1);

	fflush(stdout);
	(void)!write(-1, "BEGIN", 5);
	while (n-- > 0)
		deliver(kind, event);
	(void)!write(-1, "END", 3);
	free(event);
}

/* ---- objects ---- */

static void object(char **words, int count)
{
	int service = strcmp(words[0], "service") == 0, first = service ? 3 : 2;
	void *o = service ? service_of(unescape(words[1]), unescape(words[2])) : host_of(unescape(words[1]));

	for (int i = first; i < count; i++) {
		char *value = value_of(words[i]);
		set_object(o, service ? service_fields : host_fields, words[i], value);
	}
}

/* ---- the process ---- */

/* How Nagios 3 and Icinga 1 become daemons: the parent ends by exit, which runs destructors. */
static void become_daemon(void)
{
	fflush(stdout);
	if (fork() > 0)
		exit(0);
	setsid();
	printf("pid %d\n", (int)getpid());
}

/* How Nagios 4's command worker ends: a fork ends while the core continues. */
static void fork_worker(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dlclose(module);
		exit(0);
	}
	waitpid(child, NULL, 0);
}

static void count_descriptors(void)
{
	DIR *entries = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(entries))
		n++;
	closedir(entries);
	printf("descriptors %d\n", n - 3);
}

static void limit(const char *size)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = size ? strtoul(size, NULL, 10) : l.rlim_max;
	setrlimit(RLIMIT_FSIZE, &l);
}

static void pause_for(const char *milliseconds)
{
	long ms = strtol(milliseconds, NULL, 10);
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static void obey(char **words, int count)
{
	const char *verb = words[0];

	if (strcmp(verb, "load") == 0)
		load(words);
	else if (strcmp(verb, "unload") == 0)
		unload((int)strtol(words[1], NULL, 10));
	else if (strcmp(verb, "event") == 0)
		tell(words, count);
	else if (strcmp(verb, "storm") == 0)
		storm(words, count);
	else if (strcmp(verb, "host") == 0 || strcmp(verb, "service") == 0)
		object(words, count);
	else if (strcmp(verb, "forget") == 0)
		free_objects();
	else if (strcmp(verb, "broker_options") == 0)
		event_broker_options = strtoul(words[1], NULL, 0);
	else if (strcmp(verb, "daemon") == 0)
		become_daemon();
	else if (strcmp(verb, "worker") == 0)
		fork_worker();
	else if (strcmp(verb, "descriptors") == 0)
		count_descriptors();
	else if (strcmp(verb, "limit") == 0)
		limit(words[1]);
	else if (strcmp(verb, "pause") == 0)
		pause_for(words[1]);
	else if (strcmp(verb, "layout") == 0)
		release = (int)strtol(words[1], NULL, 10);
	else
		printf("error no command %s\n", verb);
}

int main(int argc, char **argv)
{
	static char *words[MOST_WORDS + 1];
	char *line = NULL;
	size_t space = 0;

	if (argc != 4)
		return 2;
	while (release < RELEASES && strcmp(releases[release], argv[1]) != 0)
		release++;
	if (release == RELEASES)
		return 2;
	core_version = argv[2];
	acks_expire = (int)strtol(argv[3], NULL, 10);
	signal(SIGXFSZ, SIG_IGN);
	printf("pid %d\n", (int)getpid());
	fflush(stdout);

	while (getline(&line, &space, stdin) > 0) {
		int count = 0;
		char *rest = line;

		line[strcspn(line, "\n")] = 0;
		while (count < MOST_WORDS && (words[count] = strsep(&rest, " ")) != NULL)
			count++;
		words[count] = NULL;
		obey(words, count);
		puts("ok");
		fflush(stdout);
	}
	free_objects();
	free(line);
	return 0;
}
