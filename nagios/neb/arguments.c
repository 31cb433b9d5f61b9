#include "arguments.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core.h"

#define CONFIG "/etc/nagios2canopsis/config.yml"

static const struct arguments defaults = {
	.spool = "/var/spool/nagios2canopsis/neb",
	.segment_size = 16 << 20,
	.segment_age = 60,
	.events = ALL_EVENTS,
};

static const struct {
	const char *name;
	unsigned bit;
} events[] = {
	{"checks", CHECKS},     {"states", STATES},     {"acknowledgements", ACKNOWLEDGEMENTS}, {"downtimes", DOWNTIMES},
	{"comments", COMMENTS}, {"flapping", FLAPPING}, {"process", PROCESS},                   {"all", ALL_EVENTS},
};

/* The arguments of the older module neb2amqp, and the key of the connector's configuration that replaces each. */
static const struct {
	const char *name, *now;
} old[] = {
	{"name", "connector_name"},
	{"connector", "connector"},
	{"host", "publish.amqp.urls"},
	{"port", "publish.amqp.urls"},
	{"virtual_host", "publish.amqp.urls, as its path"},
	{"ssl", "publish.amqp.urls, which then begin with amqps://"},
	{"userid", "publish.amqp.user"},
	{"password", "publish.amqp.password_file"},
	{"exchange_name", "publish.amqp.exchange"},
	{"max_size", "mapping.max_output, mapping.max_long_output and mapping.max_perfdata"},
	{"cache_size", "journal.max_size"},
	{"cache_file", "journal.path"},
	{"rate", "publish.amqp.window"},
	{"debug", "log.level"},
	{"acknowledgement", "mapping.events.ack and mapping.events.ackremove"},
	{"downtime", "mapping.events.downtime and mapping.events.downtime_comment"},
	{"exchange_type", NULL},
	{"autosync", NULL},
	{"autoflush", NULL},
	{"flush", NULL},
	{"flush_interval", NULL},
	{"purge", NULL},
	{"hostgroups", NULL},
	{"servicegroups", NULL},
	{"custom_variables", NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A number with a unit: K, M, G for bytes, s, m, h for seconds. Not by strtoul, which newer glibc renames. */
static bool number(const char *text, const char *units, const uint64_t *factors, uint64_t least, uint64_t most,
		   uint64_t *to)
{
	uint64_t n = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9' && n <= most; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	if (*text) {
		const char *unit = strchr(units, *text);
		if (!unit || n > most)
			return false;
		n *= factors[unit - units];
		text++;
	}
	if (*text || n < least || n > most)
		return false;
	*to = n;
	return true;
}

static void bad(const char *name, const char *value, const char *allowed)
{
	core_log(LOG_WARNING, "argument %s=%s: %s; the default is used", name, value, allowed);
}

static void read_size(struct arguments *a, const char *value)
{
	static const uint64_t factors[] = {1 << 10, 1 << 20, 1 << 30};

	if (!number(value, "KMG", factors, 64 << 10, 1 << 30, &a->segment_size))
		bad("segment_size", value, "a number of bytes, or of K, M or G, from 64K to 1G");
}

static void read_age(struct arguments *a, const char *value)
{
	static const uint64_t factors[] = {1, 60, 3600};
	uint64_t seconds;

	if (number(value, "smh", factors, 1, 86400, &seconds))
		a->segment_age = (unsigned)seconds;
	else
		bad("segment_age", value, "a number of seconds, or of s, m or h, from 1 to 24h");
}

static void read_spool(struct arguments *a, const char *value)
{
	if (value[0] == '/' && strlen(value) < sizeof a->spool)
		snprintf(a->spool, sizeof a->spool, "%s", value);
	else
		bad("spool", value, "the path of a directory, from /");
}

/* Returns the event's bit, 0 if it has none of the names. */
static unsigned event_bit(const char *name)
{
	for (unsigned i = 0; i < COUNT(events); i++)
		if (strcmp(name, events[i].name) == 0)
			return events[i].bit;
	return 0;
}

static unsigned read_event(const char *name)
{
	unsigned bit = event_bit(name);

	if (bit == 0)
		core_log(LOG_WARNING,
			 "argument events=%s: one or more of checks,states,acknowledgements,downtimes,comments,flapping,process, "
			 "or all; left out",
			 name);
	return bit;
}

/* Values are not logged, because one may be a password. */
static bool is_old(const char *name)
{
	for (unsigned i = 0; i < COUNT(old); i++) {
		if (strcmp(name, old[i].name) != 0)
			continue;
		if (old[i].now)
			core_log(LOG_WARNING, "argument %s of neb2amqp has no meaning here: set %s in " CONFIG, name, old[i].now);
		else
			core_log(LOG_WARNING,
				 "argument %s of neb2amqp has no meaning here, and nothing needs to be set instead", name);
		return true;
	}
	return false;
}

static void read_pair(struct arguments *a, const char *name, const char *value)
{
	if (strcmp(name, "spool") == 0)
		read_spool(a, value);
	else if (strcmp(name, "segment_size") == 0)
		read_size(a, value);
	else if (strcmp(name, "segment_age") == 0)
		read_age(a, value);
	else if (!is_old(name))
		core_log(LOG_WARNING, "unknown argument %s: there are spool, segment_size, segment_age and events", name);
}

void arguments_read(struct arguments *a, const char *text)
{
	char copy[2 * PATH_MAX], *rest = copy, *token;
	unsigned chosen = 0;
	bool in_events = false; /* commas separate its values and the arguments alike */

	*a = defaults;
	if (!text)
		return;
	if (strlen(text) >= sizeof copy) {
		core_log(LOG_WARNING, "the arguments are longer than %zu bytes; the defaults are used", sizeof copy);
		return;
	}
	strcpy(copy, text);
	while ((token = strsep(&rest, " \t\r\n,")) != NULL) {
		char *value = strchr(token, '=');

		if (!*token)
			continue;
		if (value) {
			*value++ = '\0';
			in_events = strcmp(token, "events") == 0;
			if (in_events)
				chosen |= read_event(value);
			else
				read_pair(a, token, value);
		} else if (token[0] == '/') {
			read_spool(a, token);
		} else if (in_events) {
			chosen |= read_event(token);
		} else {
			core_log(LOG_WARNING,
				 "argument %s is not key=value (neb2amqp took it for the host of the broker: "
				 "set publish.amqp.urls in " CONFIG ")",
				 token);
		}
	}
	if (chosen != 0)
		a->events = chosen;
}
