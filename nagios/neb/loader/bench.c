/*
 * Measures the module's callback for service checks and the bare one, a round of
 * each in turn, and prints the ratio of their times.
 *
 *   bench MODULE BARE DIRECTORY ROUNDS [frozen]
 *
 * With "frozen" a process has the segment open and watches the directory, and is stopped.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "events.h"
#include "objects.h"

enum { SERVICES = 500, ROUND = 1000, WARM_UP = 2000, BARE_FILE_SIZE = 16 << 20 };

static void *events[SERVICES];
static callback *ours, *bare;
static void (*bare_set)(int, const char *, size_t);

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- a realistic core: a thousand objects, records of some 700 bytes ---- */

static void set(void *object, const struct field *fields, const char *name, const char *value)
{
	set_object(object, fields, name, value);
}

static void fill(const struct event_kind *kind, char *event, void *object)
{
	static const char *const copied[][2] = {
		{"host_name", "host_name"}, {"service_description", "description"},
		{"output", "plugin_output"}, {"perf_data", "perf_data"},
	};

	for (int i = 0; kind->fields[i].name; i++)
		set_field(event, kind->fields[i].at, kind->fields[i].type, NULL);
	for (unsigned c = 0; c < sizeof copied / sizeof *copied; c++)
		for (int i = 0; kind->fields[i].name; i++)
			if (strcmp(kind->fields[i].name, copied[c][0]) == 0)
				memcpy(event + kind->fields[i].at,
				       (char *)object + field_of(service_fields, copied[c][1])->at[release], sizeof(void *));
	for (int i = 0; kind->fields[i].name; i++) {
		if (strcmp(kind->fields[i].name, "type") == 0)
			set_field(event, kind->fields[i].at, 'i', "701");
		if (strcmp(kind->fields[i].name, "time") == 0 || strstr(kind->fields[i].name, "_time"))
			if (kind->fields[i].type == 't')
				set_field(event, kind->fields[i].at, 't', "1700000000,123456");
		if (strcmp(kind->fields[i].name, "latency") == 0)
			set_field(event, kind->fields[i].at, 'd', "0.012345");
		if (strcmp(kind->fields[i].name, "execution_time") == 0)
			set_field(event, kind->fields[i].at, 'd', "0.345678");
	}
	memcpy(event + kind->object[1], &object, sizeof object);
}

static void make_world(void)
{
	const struct event_kind *kind = event_kinds;
	char host_name[64], text[128];

	while (strcmp(kind->name, "service_check") != 0)
		kind++;
	for (int i = 0; i < SERVICES; i++) {
		snprintf(host_name, sizeof host_name, "srv-app-%03d.example.org", i / 10);
		if (!find_object(host_name, NULL)) {
			void *host = host_of(host_name);
			snprintf(text, sizeof text, "10.1.2.%d", i / 10);
			set(host, host_fields, "address", text);
			set(host, host_fields, "alias", "Application server in the second hall");
			set(host, host_fields, "group", "linux-servers");
			set(host, host_fields, "group", "paris");
			set(host, host_fields, "var.SITE", "paris-2");
		}
		snprintf(text, sizeof text, "Filesystem /var/lib/%d", i % 10);
		void *service = service_of(host_name, text);
		set(service, service_fields, "command", "check_nrpe_disk");
		set(service, service_fields, "group", "storage");
		set(service, service_fields, "max_attempts", "3");
		set(service, service_fields, "plugin_output", "DISK OK - free space: /var/lib 12345 MiB (61% inode=87%);");
		set(service, service_fields, "perf_data", "/var/lib=7892MiB;16189;18213;0;20237 inodes=13%;80;90;0;100");
		events[i] = calloc(1, (size_t)kind->size[1]);
		fill(kind, events[i], service);
	}
}

/* ---- files ---- */

static char *newest(const char *directory)
{
	static char name[512];
	struct dirent *entry;
	DIR *entries = opendir(directory);

	name[0] = 0;
	while ((entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, "neb-", 4) == 0 && strcmp(entry->d_name, name) > 0)
			snprintf(name, sizeof name, "%s", entry->d_name);
	closedir(entries);
	static char path[1024];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

/* The last record of the segment: the bare callback writes the same. */
static size_t last_record(const char *directory, char *record, size_t space)
{
	char *tail = malloc(space);
	int fd = open(newest(directory), O_RDONLY);
	ssize_t n = pread(fd, tail, space, lseek(fd, 0, SEEK_END) - (off_t)space);

	close(fd);
	tail[n - 1] = 0;
	char *start = strrchr(tail, '\n') + 1;
	size_t length = strlen(start);
	memcpy(record, start, length);
	record[length++] = '\n';
	free(tail);
	return length;
}

static int open_bare(const char *directory)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/bare", directory);
	unlink(path);
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static pid_t frozen_reader(const char *directory)
{
	pid_t child = fork();

	if (child == 0) {
		char byte;
		int fd = open(newest(directory), O_RDONLY), watch = inotify_init1(0);
		inotify_add_watch(watch, directory, IN_MODIFY | IN_CREATE);
		if (read(fd, &byte, 1) == 1)
			raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, NULL, WUNTRACED);
	return child;
}

/* ---- the measurement ---- */

static void measure(callback *function, long long *times, int count)
{
	for (int i = 0; i < count; i++) {
		long long before = now();
		if (function(6, events[i % SERVICES]) != 0)
			abort();
		times[i] = now() - before;
	}
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/*
 * The ratio of both at a rank of each round. The median of the rounds is printed,
 * so that other work of the machine in some rounds has no effect.
 */
static void print_ratio(const char *what, long long *ours_times, long long *bare_times, int rounds, int rank)
{
	long long *ratios = calloc((size_t)rounds, sizeof *ratios), *values = calloc((size_t)rounds, sizeof *values);

	for (int r = 0; r < rounds; r++) {
		qsort(ours_times + r * ROUND, ROUND, sizeof *ours_times, compare);
		qsort(bare_times + r * ROUND, ROUND, sizeof *bare_times, compare);
		values[r] = ours_times[r * ROUND + rank];
		ratios[r] = values[r] * 1000 / bare_times[r * ROUND + rank];
	}
	qsort(ratios, (size_t)rounds, sizeof *ratios, compare);
	qsort(values, (size_t)rounds, sizeof *values, compare);
	printf(" %s-ratio %.3f %s-ns %lld", what, (double)ratios[rounds / 2] / 1000, what, values[rounds / 2]);
	free(ratios);
	free(values);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	const char *directory = argv[3];
	int rounds = (int)strtol(argv[4], NULL, 10);
	static char record[8192], arguments[1024];
	int (*init)(int, char *, void *), (*deinit)(int, int);
	size_t count = (size_t)rounds * ROUND;
	long long *ours_times = calloc(count, sizeof *ours_times), *bare_times = calloc(count, sizeof *bare_times);
	long long *warm = calloc(WARM_UP, sizeof *warm);

	core_version = "4.4.6";
	while (strcmp(releases[release], "nagios-4.0") != 0)
		release++;
	make_world();
	void *module = dlopen(argv[1], RTLD_NOW), *reference = dlopen(argv[2], RTLD_NOW);
	if (!module || !reference)
		return 3;
	*(void **)&init = dlsym(module, "nebmodule_init");
	*(void **)&deinit = dlsym(module, "nebmodule_deinit");
	*(void **)&bare_set = dlsym(reference, "bare_set");
	*(void **)&bare = dlsym(reference, "bare_callback");
	snprintf(arguments, sizeof arguments, "spool=%s", directory);
	if (init(0, arguments, module) != 0)
		return 3;
	ours = callbacks[6];

	measure(ours, warm, WARM_UP);
	size_t length = last_record(directory, record, sizeof record - 1);
	int fd = open_bare(directory);
	bare_set(fd, record, length);
	measure(bare, warm, WARM_UP);
	pid_t reader = argc > 5 ? frozen_reader(directory) : 0;

	for (int r = 0; r < rounds; r++) {
		measure(ours, ours_times + (size_t)r * ROUND, ROUND);
		measure(bare, bare_times + (size_t)r * ROUND, ROUND);
		if (lseek(fd, 0, SEEK_END) > BARE_FILE_SIZE) {
			close(fd);
			fd = open_bare(directory);
			bare_set(fd, record, length);
		}
	}
	if (reader > 0)
		kill(reader, SIGKILL);
	deinit(1, 1);
	printf("%zu bytes", length);
	print_ratio("median", ours_times, bare_times, rounds, ROUND / 2);
	print_ratio("p99", ours_times, bare_times, rounds, ROUND / 100 * 99);
	putchar('\n');
	return 0;
}
