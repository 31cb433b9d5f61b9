/*
 * Built three times: with -DNAGIOS3 (Nagios 3 and Icinga 1), -DNAGIOS4 and
 * -DNAEMON. The module recognises a core by the names that it exports.
 */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *core_version = "";
unsigned long event_broker_options = 1048575;
callback *callbacks[CALLBACKS];

#ifdef NAGIOS3
const int first_callback = 7;
#else
const int first_callback = 0;
#endif

const char *get_program_version(void);
int neb_register_callback(int number, void *module, int priority, callback *);
int neb_deregister_callback(int number, callback *);
int neb_set_module_info(void *module, int what, const char *text);

void say(const char *tag, const char *text)
{
	printf("%s ", tag);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c <= ' ' || *c == '%' || *c > '~')
			printf("%%%02X", *c);
		else
			putchar(*c);
	putchar('\n');
}

const char *get_program_version(void)
{
	return core_version;
}

int neb_register_callback(int number, void *module, int priority, callback *function)
{
	(void)priority;
	if (!module || number < first_callback || number >= CALLBACKS)
		return -1;
	callbacks[number] = function;
	return 0;
}

int neb_deregister_callback(int number, callback *function)
{
	if (number < 0 || number >= CALLBACKS || callbacks[number] != function)
		return -1;
	callbacks[number] = NULL;
	return 0;
}

int neb_set_module_info(void *module, int what, const char *text)
{
	return module && what >= 0 && what < 6 && text ? 0 : -1;
}

static void log_line(int level, const char *format, va_list arguments)
{
	char line[8192], tag[32];

	vsnprintf(line, sizeof line, format, arguments);
	snprintf(tag, sizeof tag, "log %d", level);
	say(tag, line);
}

#ifdef NAEMON
void nm_log(int level, const char *format, ...);
int neb_register_callback_full(void);

void nm_log(int level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(level, format, arguments);
	va_end(arguments);
}

int neb_register_callback_full(void)
{
	abort();
}
#else
int logit(int level, int display, const char *format, ...);

int logit(int level, int display, const char *format, ...)
{
	va_list arguments;

	if (display != 0)
		abort();
	va_start(arguments, format);
	log_line(level, format, arguments);
	va_end(arguments);
	return 0;
}
#endif

#ifndef NAGIOS3
int qh_init(const char *path);

int qh_init(const char *path)
{
	(void)path;
	abort();
}
#endif
