/* The functions that a core exports to its modules, in three sets of names. */
#ifndef LOADER_CORE_H
#define LOADER_CORE_H

#include <stddef.h>

extern const char *core_version;
extern unsigned long event_broker_options;

/* 7 in Nagios 3 and Icinga 1, 0 in Nagios 4 and Naemon. */
extern const int first_callback;

enum { CALLBACKS = 64 };
typedef int callback(int number, void *data);
extern callback *callbacks[CALLBACKS];

/* Prints a line "tag text" with the text's bytes escaped by %XX. */
void say(const char *tag, const char *text);

#endif
