/* Makes records of what the core reports, and passes them to the spool. */
#ifndef N2C_REPORT_H
#define N2C_REPORT_H

#include <stdbool.h>

#include "acks.h"
#include "event.h"

void report_process(const char *type, const struct event *);
void report_alive(const struct event *);

void report_host_check(const struct host_check *, const void *host);
void report_service_check(const struct service_check *, const void *service);

/* The present state of an object; the table must be proved. */
void report_host_state(const struct event *, const void *host);
void report_service_state(const struct event *, const void *service);

void report_acknowledgement(const struct acknowledgement *, time_t end_time);

/* An acknowledgement that the core has retained, known from its comment; the table must be proved. */
void report_loaded_acknowledgement(const struct comment *, const void *object, const struct ack *);

/* The end of one, of a host or a service; the table must be proved. */
void report_end_of_acknowledgement(const struct event *, bool service, const void *object, const char *reason);

void report_comment(const char *type, const struct comment *, bool loaded);
void report_downtime(const char *type, const struct downtime *, bool loaded);
void report_flapping(const struct flapping *);

#endif
