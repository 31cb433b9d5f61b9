#include "report.h"

#include <sys/time.h>
#include <unistd.h>

#include "core.h"
#include "layout.h"
#include "record.h"
#include "spool.h"

/* The pairs of hosts and services whose keys differ. */
struct keys {
	const char *check, *state;
	struct key state_id, state_type, attempt, max_attempts, check_type, last_check, execution_time, latency, command;
	struct key output, perf_data, long_output;
	struct key display_name, notes, notes_url, action_url, groups;
	const char *variable;
};

#define KEYS(X)                                                                                         \
	{                                                                                               \
		.check = X "CHECK", .state = X "STATE", .state_id = KEY_TEXT(X "STATEID"),              \
		.state_type = KEY_TEXT(X "STATETYPE"), .attempt = KEY_TEXT(X "ATTEMPT"),                \
		.max_attempts = KEY_TEXT("MAX" X "ATTEMPTS"), .check_type = KEY_TEXT(X "CHECKTYPE"),    \
		.last_check = KEY_TEXT("LAST" X "CHECK"), .execution_time = KEY_TEXT(X "EXECUTIONTIME"), \
		.latency = KEY_TEXT(X "LATENCY"), .command = KEY_TEXT(X "CHECKCOMMAND"),                \
		.output = KEY_TEXT(X "OUTPUT"), .perf_data = KEY_TEXT(X "PERFDATA"),                    \
		.long_output = KEY_TEXT("LONG" X "OUTPUT"), .display_name = KEY_TEXT(X "DISPLAYNAME"),  \
		.notes = KEY_TEXT(X "NOTES"), .notes_url = KEY_TEXT(X "NOTESURL"),                      \
		.action_url = KEY_TEXT(X "ACTIONURL"), .groups = KEY_TEXT(X "GROUPNAMES"),              \
		.variable = "_" X                                                                       \
	}

static const struct keys host_keys = KEYS("HOST"), service_keys = KEYS("SERVICE");

static const struct keys *keys_of(bool service)
{
	return service ? &service_keys : &host_keys;
}

static const struct object *fields_of(bool service)
{
	return service ? &layout->service : &layout->host;
}

static void hand_over(void)
{
	size_t length;
	const char *record = record_end(&length);

	spool_put(record, length);
}

/* ---- what records have in common ---- */

static void begin(const char *type, const struct timeval *at, const char *host_name, const char *description)
{
	struct timeval now;

	if (!is_moment(at)) { /* a record without a time can't be read */
		gettimeofday(&now, NULL);
		at = &now;
	}
	record_begin(type);
	record_moment(KEY("TIMET"), at);
	record_text(KEY("HOSTNAME"), host_name, NAME_SIZE);
	record_text(KEY("SERVICEDESC"), description, NAME_SIZE);
}

static void conditions(const struct object *at, const void *object)
{
	record_flag(KEY("ACKNOWLEDGED"), int_at(object, at->acknowledged));
	record_flag(KEY("FLAPPING"), int_at(object, at->is_flapping));
	record_number(KEY("DOWNTIMEDEPTH"), int_at(object, at->downtime_depth));
}

static void inventory(const struct keys *keys, const struct object *at, const void *object)
{
	record_inventory(&keys->display_name, text_at(object, at->display_name));

	const struct object_list *groups = pointer_at(object, at->groups);
	if (groups) {
		record_list_open(&keys->groups);
		for (int i = 0; groups && i < MOST_VARIABLES; i++, groups = groups->next)
			if (groups->object)
				record_list_item(text_at(groups->object, layout->group_name));
		record_list_close();
	}
	record_inventory(&keys->notes, text_at(object, at->notes));
	record_inventory(&keys->notes_url, text_at(object, at->notes_url));
	record_inventory(&keys->action_url, text_at(object, at->action_url));

	const struct custom_variable *variable = pointer_at(object, at->custom_variables);
	for (int i = 0; variable && i < MOST_VARIABLES; i++, variable = variable->next)
		record_variable(keys->variable, variable->name, variable->value);
}

static void host_inventory(const void *host)
{
	record_inventory(KEY("HOSTADDRESS"), text_at(host, layout->host.address));
	record_inventory(KEY("HOSTALIAS"), text_at(host, layout->host.alias));
	inventory(&host_keys, &layout->host, host);
}

static void object_inventory(bool service, const void *object)
{
	const void *host = service ? pointer_at(object, layout->service.host) : object;

	if (host)
		host_inventory(host);
	if (service)
		inventory(&service_keys, &layout->service, object);
}

/*
 * Without its arguments, which may contain passwords. No core sets the field
 * check_command_args of services.
 */
static const char *command_of(const struct object *at, const void *object)
{
	const void *command = pointer_at(object, at->check_command);

	return command ? text_at(command, layout->command_name) : NULL;
}

/*
 * The values of a record are in about forty places of the memory, few of them in
 * the cache. They are fetched early, while other pairs are written. Without this
 * the module needs a fifth more time with a few hundred services.
 */
static void fetch_object(const struct object *at, const void *object)
{
	enum { LINE = 64 };

	for (unsigned offset = 0; offset <= at->next; offset += LINE)
		__builtin_prefetch((const char *)object + offset);
}

static void fetch_details(const struct object *at, const void *object)
{
	__builtin_prefetch(text_at(object, at->display_name));
	__builtin_prefetch(pointer_at(object, at->check_command));
	__builtin_prefetch(pointer_at(object, at->groups));
	__builtin_prefetch(pointer_at(object, at->custom_variables));
}

static void fetch_host_details(const void *host)
{
	__builtin_prefetch(text_at(host, layout->host.address));
	__builtin_prefetch(text_at(host, layout->host.alias));
	fetch_details(&layout->host, host);
}

/* ---- checks and states ---- */

static void state(const struct keys *keys, int state, int state_type, int attempt, int max_attempts, int check_type)
{
	record_number(&keys->state_id, state);
	if (state_type == 0 || state_type == 1)
		record_text(&keys->state_type, state_type == 1 ? "HARD" : "SOFT", NAME_SIZE);
	record_attempts(&keys->attempt, attempt);
	record_attempts(&keys->max_attempts, max_attempts);
	if (check_type == 0 || check_type == 1)
		record_text(&keys->check_type, check_type == 1 ? "PASSIVE" : "ACTIVE", NAME_SIZE);
}

static void texts(const struct keys *keys, const char *output, const char *perf_data, const char *long_output)
{
	record_text(&keys->output, output, OUTPUT_SIZE);
	record_text(&keys->perf_data, perf_data, PERF_DATA_SIZE);
	record_long_text(&keys->long_output, long_output, core.family != NAEMON); /* Naemon escapes line feeds only */
}

static void durations(const struct keys *keys, double execution_time, double latency)
{
	record_seconds(&keys->execution_time, execution_time, 0, LONGEST_CHECK);
	record_seconds(&keys->latency, latency, -LONGEST_SECONDS, LONGEST_SECONDS);
}

/* The two structures have the same fields in another order. */
#define CHECK(check, keys, type_of_check)                                                                     \
	do {                                                                                                  \
		state(keys, (check)->state, (check)->state_type, (check)->attempt, (check)->max_attempts,     \
		      type_of_check);                                                                         \
		durations(keys, (check)->execution_time, (check)->latency);                                    \
		record_number(KEY("RETURNCODE"), (check)->return_code);                                       \
		record_number(KEY("TIMEOUT"), (check)->timeout);                                              \
		if ((check)->early_timeout)                                                                   \
			record_flag(KEY("EARLYTIMEOUT"), 1);                                                  \
	} while (0)

static void check_of(bool service, const void *object, const char *command)
{
	const struct keys *keys = keys_of(service);

	if (object && layout) {
		if (!command)
			command = command_of(fields_of(service), object);
		record_text(&keys->command, command, NAME_SIZE);
		conditions(fields_of(service), object);
		object_inventory(service, object);
	} else {
		record_text(&keys->command, command, NAME_SIZE);
	}
}

void report_host_check(const struct host_check *check, const void *host)
{
	if (host && layout)
		fetch_host_details(host);
	begin(host_keys.check, &check->event.at, check->host_name, NULL);
	record_moment(&host_keys.last_check, &check->started);
	record_moment(KEY("CHECKENDTIME"), &check->ended);
	/* Nagios before 3.3 and Icinga before 1.5 announce every host check as active; the object has the type. */
	CHECK(check, &host_keys, host && layout ? int_at(host, layout->host.check_type) : check->check_type);
	check_of(false, host, check->command_name);
	texts(&host_keys, check->output, check->perf_data, check->long_output);
	hand_over();
}

void report_service_check(const struct service_check *check, const void *service)
{
	const void *host = NULL;

	if (service && layout)
		fetch_object(&layout->service, service);
	begin(service_keys.check, &check->event.at, check->host_name, check->description);
	if (service && layout)
		host = pointer_at(service, layout->service.host);
	if (host)
		fetch_object(&layout->host, host);
	record_moment(&service_keys.last_check, &check->started);
	record_moment(KEY("CHECKENDTIME"), &check->ended);
	if (host) {
		fetch_details(&layout->service, service);
		fetch_host_details(host);
	}
	CHECK(check, &service_keys, check->check_type);
	check_of(true, service, check->command_name);
	texts(&service_keys, check->output, check->perf_data, check->long_output);
	hand_over();
}

static void report_state(const struct event *event, bool service, const void *object)
{
	const struct keys *keys = keys_of(service);
	const struct object *at = fields_of(service);

	begin(keys->state, &event->at, text_at(object, at->name), service ? text_at(object, at->description) : NULL);
	state(keys, int_at(object, at->state), int_at(object, at->state_type), int_at(object, at->attempt),
	      int_at(object, at->max_attempts), int_at(object, at->check_type));
	record_moment(&keys->last_check, &(struct timeval){.tv_sec = time_at(object, at->last_check)});
	durations(keys, double_at(object, at->execution_time), double_at(object, at->latency));
	check_of(service, object, NULL);
	texts(keys, text_at(object, at->output), text_at(object, at->perf_data), text_at(object, at->long_output));
	hand_over();
}

void report_host_state(const struct event *event, const void *host)
{
	report_state(event, false, host);
}

void report_service_state(const struct event *event, const void *service)
{
	report_state(event, true, service);
}

/* ---- acknowledgements ---- */

void report_acknowledgement(const struct acknowledgement *ack, time_t end_time)
{
	bool service = ack->type == SERVICE_ACKNOWLEDGEMENT;

	begin("ACKNOWLEDGEMENT", &ack->event.at, ack->host_name, service ? ack->description : NULL);
	record_number(&keys_of(service)->state_id, ack->state);
	record_text(KEY("AUTHOR"), ack->author, NAME_SIZE);
	record_text(KEY("COMMENT"), ack->comment, OUTPUT_SIZE);
	/* In Naemon every number except 0 is sticky, but only 2 is announced as such. */
	if (ack->sticky || core.family != NAEMON)
		record_flag(KEY("STICKY"), ack->sticky);
	record_flag(KEY("PERSISTENT"), ack->persistent);
	record_flag(KEY("NOTIFY"), ack->notify);
	record_time(KEY("EXPIRES"), end_time);
	hand_over();
}

void report_loaded_acknowledgement(const struct comment *comment, const void *object, const struct ack *ack)
{
	bool service = comment->type == SERVICE_COMMENT;
	const struct object *at = fields_of(service);
	const struct timeval entered = {.tv_sec = comment->entry_time};

	begin("ACKNOWLEDGEMENT", &entered, comment->host_name, service ? comment->description : NULL);
	record_number(&keys_of(service)->state_id, int_at(object, at->state));
	record_text(KEY("AUTHOR"), comment->author, NAME_SIZE);
	record_text(KEY("COMMENT"), comment->comment, OUTPUT_SIZE);
	record_flag(KEY("STICKY"), int_at(object, at->acknowledgement_type) == STICKY);
	record_flag(KEY("PERSISTENT"), comment->persistent);
	record_time(KEY("EXPIRES"), ack->end_time);
	record_flag(KEY("LOADED"), 1);
	hand_over();
}

void report_end_of_acknowledgement(const struct event *event, bool service, const void *object, const char *reason)
{
	const struct object *at = fields_of(service);

	begin("ACKNOWLEDGEMENTREMOVED", &event->at, text_at(object, at->name),
	      service ? text_at(object, at->description) : NULL);
	record_number(&keys_of(service)->state_id, int_at(object, at->state));
	record_text(KEY("REASON"), reason, NAME_SIZE);
	hand_over();
}

/* ---- comments, downtimes, flapping ---- */

void report_comment(const char *type, const struct comment *comment, bool loaded)
{
	begin(type, &comment->event.at, comment->host_name, comment->type == SERVICE_COMMENT ? comment->description : NULL);
	record_count(KEY("ID"), comment->id);
	record_text(KEY("AUTHOR"), comment->author, NAME_SIZE);
	record_text(KEY("COMMENT"), comment->comment, OUTPUT_SIZE);
	record_time(KEY("ENTRY"), comment->entry_time);
	record_number(KEY("ENTRYTYPE"), comment->entry_type);
	record_flag(KEY("PERSISTENT"), comment->persistent);
	if (comment->expires)
		record_time(KEY("EXPIRES"), comment->expire_time);
	if (loaded)
		record_flag(KEY("LOADED"), 1);
	hand_over();
}

void report_downtime(const char *type, const struct downtime *downtime, bool loaded)
{
	begin(type, &downtime->event.at, downtime->host_name,
	      downtime->type == SERVICE_DOWNTIME ? downtime->description : NULL);
	record_count(KEY("ID"), downtime->id);
	record_text(KEY("AUTHOR"), downtime->author, NAME_SIZE);
	record_text(KEY("COMMENT"), downtime->comment, OUTPUT_SIZE);
	record_time(KEY("ENTRY"), downtime->entry_time);
	record_time(KEY("START"), downtime->start_time);
	record_time(KEY("END"), downtime->end_time);
	record_flag(KEY("FIXED"), downtime->fixed);
	record_count(KEY("DURATION"), downtime->duration);
	record_count(KEY("TRIGGEREDBY"), downtime->triggered_by);
	if (loaded)
		record_flag(KEY("LOADED"), 1);
	hand_over();
}

static void percentage(const struct key *key, double value)
{
	record_seconds(key, value, 0, LONGEST_SECONDS);
}

void report_flapping(const struct flapping *flapping)
{
	bool stopped = flapping->event.type == FLAPPING_STOPPED;

	begin(stopped ? "FLAPPINGSTOPPED" : "FLAPPINGSTARTED", &flapping->event.at, flapping->host_name,
	      flapping->type == SERVICE_FLAPPING ? flapping->description : NULL);
	percentage(KEY("PERCENTCHANGE"), flapping->percent_change);
	percentage(KEY("LOWTHRESHOLD"), flapping->low_threshold);
	percentage(KEY("HIGHTHRESHOLD"), flapping->high_threshold);
	if (stopped && flapping->event.attr == FLAPPING_SWITCHED_OFF)
		record_flag(KEY("DISABLED"), 1);
	hand_over();
}

/* ---- the process ---- */

void report_process(const char *type, const struct event *event)
{
	begin(type, &event->at, NULL, NULL);
	record_number(KEY("PID"), getpid());
	record_text(KEY("PROGRAM"), core.program, NAME_SIZE);
	hand_over();
}

void report_alive(const struct event *event)
{
	begin("ALIVE", &event->at, NULL, NULL);
	record_count(KEY("LOST"), spool_lost());
	hand_over();
}
