#include "events.h"

#include <stddef.h>

#define HEAD {"type", 'i', 0}, {"flags", 'i', 4}, {"attr", 'i', 8}, {"time", 't', 16}

const struct event_kind event_kinds[] = {
	{"process", 0, {32, 32}, {0, 0}, {HEAD}},
	{"service_check", 6, {192, 200}, {184, 192},
	 {HEAD, {"host_name", 's', 32}, {"service_description", 's', 40}, {"check_type", 'i', 48},
	  {"current_attempt", 'i', 52}, {"max_attempts", 'i', 56}, {"state_type", 'i', 60}, {"state", 'i', 64},
	  {"timeout", 'i', 68}, {"command_name", 's', 72}, {"start_time", 't', 96}, {"end_time", 't', 112},
	  {"early_timeout", 'i', 128}, {"execution_time", 'd', 136}, {"latency", 'd', 144}, {"return_code", 'i', 152},
	  {"output", 's', 160}, {"long_output", 's', 168}, {"perf_data", 's', 176}}},
	{"host_check", 7, {184, 192}, {176, 184},
	 {HEAD, {"host_name", 's', 32}, {"current_attempt", 'i', 40}, {"check_type", 'i', 44},
	  {"max_attempts", 'i', 48}, {"state_type", 'i', 52}, {"state", 'i', 56}, {"timeout", 'i', 60},
	  {"command_name", 's', 64}, {"start_time", 't', 88}, {"end_time", 't', 104}, {"early_timeout", 'i', 120},
	  {"execution_time", 'd', 128}, {"latency", 'd', 136}, {"return_code", 'i', 144}, {"output", 's', 152},
	  {"long_output", 's', 160}, {"perf_data", 's', 168}}},
	{"comment", 8, {120, 120}, {0, 0},
	 {HEAD, {"comment_type", 'i', 32}, {"host_name", 's', 40}, {"service_description", 's', 48},
	  {"entry_time", 'l', 56}, {"author_name", 's', 64}, {"comment_data", 's', 72}, {"persistent", 'i', 80},
	  {"source", 'i', 84}, {"entry_type", 'i', 88}, {"expires", 'i', 92}, {"expire_time", 'l', 96},
	  {"comment_id", 'l', 104}}},
	{"downtime", 9, {136, 136}, {0, 0},
	 {HEAD, {"downtime_type", 'i', 32}, {"host_name", 's', 40}, {"service_description", 's', 48},
	  {"entry_time", 'l', 56}, {"author_name", 's', 64}, {"comment_data", 's', 72}, {"start_time", 'l', 80},
	  {"end_time", 'l', 88}, {"fixed", 'i', 96}, {"duration", 'l', 104}, {"triggered_by", 'l', 112},
	  {"downtime_id", 'l', 120}}},
	{"flapping", 10, {96, 96}, {88, 88},
	 {HEAD, {"flapping_type", 'i', 32}, {"host_name", 's', 40}, {"service_description", 's', 48},
	  {"percent_change", 'd', 56}, {"high_threshold", 'd', 64}, {"low_threshold", 'd', 72}}},
	{"program_status", 11, {128, 128}, {0, 0}, {HEAD}},
	{"host_status", 12, {40, 40}, {32, 32}, {HEAD}},
	{"service_status", 13, {40, 40}, {32, 32}, {HEAD}},
	{"command", 17, {64, 64}, {0, 0}, {HEAD, {"command_type", 'i', 32}}},
	{"acknowledgement", 22, {104, 112}, {96, 96},
	 {HEAD, {"acknowledgement_type", 'i', 32}, {"host_name", 's', 40}, {"service_description", 's', 48},
	  {"state", 'i', 56}, {"author_name", 's', 64}, {"comment_data", 's', 72}, {"is_sticky", 'i', 80},
	  {"persistent_comment", 'i', 84}, {"notify_contacts", 'i', 88}, {"end_time", 'l', 104}}},
	{0},
};
