#include "core.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"

/* glibc 2.34 moved dlsym into libc under a new version; the old version is found in both. */
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");

struct core core;

static int (*logit)(int level, int display, const char *format, ...);
static int (*nm_log)(int level, const char *format, ...);

/* Copies a data pointer to a function pointer, because ISO C has no cast for it. */
#define LOOK_UP(pointer, name)                       \
	do {                                         \
		void *found = dlsym(RTLD_DEFAULT, name); \
		memcpy(&(pointer), &found, sizeof found); \
	} while (0)

static int number(const char **text)
{
	int n = 0;

	while (**text >= '0' && **text <= '9' && n < 100000)
		n = n * 10 + (*(*text)++ - '0');
	if (**text == '.')
		(*text)++;
	return n;
}

static bool since(int major, int minor, int patch)
{
	if (core.major != major)
		return core.major > major;
	if (core.minor != minor)
		return core.minor > minor;
	return core.patch >= patch;
}

static void naemon(void)
{
	/* A Naemon that is newer than we know has at least the newest number that we know. */
	core.api = since(1, 5, 0) ? 8 : since(1, 4, 3) ? 7 : since(1, 4, 2) ? 6 : since(1, 1, 0) ? 5 : 4;
	core.object_in_tail = 1;
	core.acks_expire = since(1, 4, 0);
	if (!since(1, 0, 0) || since(1, 6, 0))
		return;
	core.layout = since(1, 5, 0)   ? &naemon_1_5_0
		      : since(1, 4, 3) ? &naemon_1_4_3
		      : since(1, 4, 2) ? &naemon_1_4_2
		      : since(1, 4, 0) ? &naemon_1_4_0
		      : since(1, 1, 0) ? &naemon_1_1_0
		      : since(1, 0, 4) ? &naemon_1_0_4
				       : &nagios_4_0;
}

static void nagios_4(void)
{
	core.api = 4;
	core.object_in_tail = 1;
	if (since(4, 0, 0) && !since(4, 6, 0))
		core.layout = since(4, 5, 0) ? &nagios_4_5 : &nagios_4_0;
}

static void nagios_3(void)
{
	core.api = 3;
	core.first_callback = 7;
	if (core.family == NAGIOS) {
		if (core.major == 3)
			core.layout = &nagios_3_0;
	} else if (core.major == 1) {
		core.acks_expire = since(1, 6, 0);
		core.layout = core.acks_expire ? &icinga_1_6 : &nagios_3_0;
	}
}

/*
 * The symbols tell the cores apart: only Naemon has nm_log, only Naemon and
 * Nagios 4 have qh_init. Of the two without qh_init, Icinga 1 has a version that
 * begins with 1.
 */
void core_recognise(void)
{
	const char *(*version)(void);
	const char *text;
	void *qh_init;

	memset(&core, 0, sizeof core);
	LOOK_UP(logit, "logit");
	LOOK_UP(nm_log, "nm_log");
	LOOK_UP(qh_init, "qh_init");
	LOOK_UP(version, "get_program_version");
	LOOK_UP(core.register_callback, "neb_register_callback");
	LOOK_UP(core.deregister_callback, "neb_deregister_callback");
	LOOK_UP(core.set_module_info, "neb_set_module_info");
	LOOK_UP(core.find_host, "find_host");
	LOOK_UP(core.find_service, "find_service");
	LOOK_UP(core.hosts, "host_list");
	LOOK_UP(core.services, "service_list");
	LOOK_UP(core.broker_options, "event_broker_options");

	text = version ? version() : NULL;
	if (!text)
		text = "";
	const char *digits = text;
	core.major = number(&digits);
	core.minor = number(&digits);
	core.patch = number(&digits);

	core.family = nm_log ? NAEMON : qh_init ? NAGIOS : core.major == 1 ? ICINGA : NAGIOS;
	static const char *const names[] = {[NAGIOS] = "Nagios", [ICINGA] = "Icinga", [NAEMON] = "Naemon"};
	snprintf(core.program, sizeof core.program, "%s %.32s", names[core.family], text);

	if (nm_log)
		naemon();
	else if (qh_init)
		nagios_4();
	else
		nagios_3();
	if (!core.register_callback || !core.deregister_callback)
		core.layout = NULL;
}

void core_log(int level, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (nm_log)
		nm_log(level, "nagios2canopsis: %s", line);
	else if (logit)
		logit(level, 0, "nagios2canopsis: %s", line);
}
