/*
 * The tables: byte offsets on x86-64, measured with the headers of the releases
 * named above each. 0 means that the release or the kind of object lacks the field.
 */
#include "layout.h"

/* Nagios 3, Icinga 1 before 1.6 */
const struct layout nagios_3_0 = {
	.name = "nagios-3.0",
	.host = {
		.name = 0, .display_name = 8, .max_attempts = 88, .notes = 280, .notes_url = 288,
		.action_url = 296, .custom_variables = 384, .acknowledged = 392,
		.acknowledgement_type = 396, .check_type = 400, .state = 404, .state_type = 440,
		.attempt = 444, .output = 416, .long_output = 424, .perf_data = 432, .last_check = 544, .last_time_ok = 568,
		.latency = 480, .execution_time = 488, .has_been_checked = 592, .downtime_depth = 628,
		.is_flapping = 736, .check_command = 800, .groups = 824, .next = 832, .alias = 16,
		.address = 24,
	},
	.service = {
		.name = 0, .display_name = 16, .max_attempts = 64, .notes = 264, .notes_url = 272,
		.action_url = 280, .custom_variables = 304, .acknowledged = 312,
		.acknowledgement_type = 316, .check_type = 324, .state = 328, .state_type = 368,
		.attempt = 400, .output = 344, .long_output = 352, .perf_data = 360, .last_check = 392, .last_time_ok = 480,
		.latency = 544, .execution_time = 552, .has_been_checked = 512, .downtime_depth = 568,
		.is_flapping = 664, .check_command = 720, .groups = 752, .next = 760, .description = 8,
		.host = 696,
	},
	.group_name = 0,
	.command_name = 0,
};

/* Icinga 1.6 to 1.14 */
const struct layout icinga_1_6 = {
	.name = "icinga-1.6",
	.host = {
		.name = 0, .display_name = 8, .max_attempts = 88, .notes = 280, .notes_url = 288,
		.action_url = 296, .custom_variables = 384, .acknowledged = 392,
		.acknowledgement_type = 396, .acknowledgement_end = 864, .check_type = 400, .state = 404,
		.state_type = 440, .attempt = 444, .output = 416, .long_output = 424, .perf_data = 432,
		.last_check = 544, .last_time_ok = 568, .latency = 480, .execution_time = 488, .has_been_checked = 592,
		.downtime_depth = 628, .is_flapping = 736, .check_command = 800, .groups = 824, .next = 832,
		.alias = 16, .address = 24,
	},
	.service = {
		.name = 0, .display_name = 16, .max_attempts = 64, .notes = 264, .notes_url = 272,
		.action_url = 280, .custom_variables = 304, .acknowledged = 312,
		.acknowledgement_type = 316, .acknowledgement_end = 784, .check_type = 324, .state = 328,
		.state_type = 368, .attempt = 400, .output = 344, .long_output = 352, .perf_data = 360,
		.last_check = 392, .last_time_ok = 480, .latency = 544, .execution_time = 552, .has_been_checked = 512,
		.downtime_depth = 568, .is_flapping = 664, .check_command = 720, .groups = 752, .next = 760,
		.description = 8, .host = 696,
	},
	.group_name = 0,
	.command_name = 0,
};

/* Nagios 4.0 to 4.4, Naemon 1.0.0 to 1.0.3 */
const struct layout nagios_4_0 = {
	.name = "nagios-4.0",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 352, .acknowledged = 360,
		.acknowledgement_type = 364, .check_type = 368, .state = 372, .state_type = 408,
		.attempt = 412, .output = 384, .long_output = 392, .perf_data = 400, .last_check = 512, .last_time_ok = 536,
		.latency = 448, .execution_time = 456, .has_been_checked = 560, .downtime_depth = 596,
		.is_flapping = 704, .check_command = 760, .groups = 784, .next = 816, .alias = 24,
		.address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .check_type = 300, .state = 304, .state_type = 344,
		.attempt = 376, .output = 320, .long_output = 328, .perf_data = 336, .last_check = 368, .last_time_ok = 456,
		.latency = 512, .execution_time = 520, .has_been_checked = 488, .downtime_depth = 536,
		.is_flapping = 632, .check_command = 688, .groups = 720, .next = 752, .description = 16,
		.host = 664,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Nagios 4.5 */
const struct layout nagios_4_5 = {
	.name = "nagios-4.5",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 256, .notes_url = 264,
		.action_url = 272, .custom_variables = 360, .acknowledged = 368,
		.acknowledgement_type = 372, .check_type = 376, .state = 380, .state_type = 416,
		.attempt = 420, .output = 392, .long_output = 400, .perf_data = 408, .last_check = 520, .last_time_ok = 544,
		.latency = 456, .execution_time = 464, .has_been_checked = 568, .downtime_depth = 604,
		.is_flapping = 712, .check_command = 768, .groups = 800, .next = 832, .alias = 24,
		.address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 288, .acknowledged = 296,
		.acknowledgement_type = 300, .check_type = 308, .state = 312, .state_type = 352,
		.attempt = 384, .output = 328, .long_output = 336, .perf_data = 344, .last_check = 376, .last_time_ok = 464,
		.latency = 520, .execution_time = 528, .has_been_checked = 496, .downtime_depth = 544,
		.is_flapping = 640, .check_command = 696, .groups = 736, .next = 768, .description = 16,
		.host = 672,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.0.4 to 1.0.10 */
const struct layout naemon_1_0_4 = {
	.name = "naemon-1.0.4",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .check_type = 360, .state = 364, .state_type = 400,
		.attempt = 404, .output = 376, .long_output = 384, .perf_data = 392, .last_check = 496, .last_time_ok = 520,
		.latency = 440, .execution_time = 448, .has_been_checked = 544, .downtime_depth = 580,
		.is_flapping = 688, .check_command = 736, .groups = 760, .next = 792, .alias = 24,
		.address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .check_type = 300, .state = 304, .state_type = 344,
		.attempt = 368, .output = 320, .long_output = 328, .perf_data = 336, .last_check = 360, .last_time_ok = 448,
		.latency = 504, .execution_time = 512, .has_been_checked = 480, .downtime_depth = 528,
		.is_flapping = 624, .check_command = 680, .groups = 704, .next = 736, .description = 16,
		.host = 656,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.1 to 1.3 */
const struct layout naemon_1_1_0 = {
	.name = "naemon-1.1.0",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .check_type = 360, .state = 364, .state_type = 400,
		.attempt = 404, .output = 376, .long_output = 384, .perf_data = 392, .last_check = 496, .last_time_ok = 520,
		.latency = 440, .execution_time = 448, .has_been_checked = 544, .downtime_depth = 580,
		.is_flapping = 688, .check_command = 736, .groups = 760, .next = 800, .alias = 24,
		.address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .check_type = 300, .state = 304, .state_type = 344,
		.attempt = 368, .output = 320, .long_output = 328, .perf_data = 336, .last_check = 360, .last_time_ok = 448,
		.latency = 504, .execution_time = 512, .has_been_checked = 480, .downtime_depth = 528,
		.is_flapping = 624, .check_command = 680, .groups = 704, .next = 744, .description = 16,
		.host = 656,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.4.0 and 1.4.1 */
const struct layout naemon_1_4_0 = {
	.name = "naemon-1.4.0",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .acknowledgement_end = 360, .check_type = 368, .state = 372,
		.state_type = 408, .attempt = 412, .output = 384, .long_output = 392, .perf_data = 400,
		.last_check = 504, .last_time_ok = 528, .latency = 448, .execution_time = 456, .has_been_checked = 552,
		.downtime_depth = 588, .is_flapping = 696, .check_command = 744, .groups = 768, .next = 808,
		.alias = 24, .address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .acknowledgement_end = 296, .check_type = 308, .state = 312,
		.state_type = 352, .attempt = 376, .output = 328, .long_output = 336, .perf_data = 344,
		.last_check = 368, .last_time_ok = 456, .latency = 512, .execution_time = 520, .has_been_checked = 488,
		.downtime_depth = 536, .is_flapping = 632, .check_command = 688, .groups = 712, .next = 752,
		.description = 16, .host = 664,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.4.2 */
const struct layout naemon_1_4_2 = {
	.name = "naemon-1.4.2",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .acknowledgement_end = 360, .check_type = 368, .state = 372,
		.state_type = 408, .attempt = 412, .output = 384, .long_output = 392, .perf_data = 400,
		.last_check = 504, .last_time_ok = 528, .latency = 448, .execution_time = 456, .has_been_checked = 552,
		.downtime_depth = 588, .is_flapping = 696, .check_command = 752, .groups = 776, .next = 816,
		.alias = 24, .address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .acknowledgement_end = 296, .check_type = 308, .state = 312,
		.state_type = 352, .attempt = 376, .output = 328, .long_output = 336, .perf_data = 344,
		.last_check = 368, .last_time_ok = 456, .latency = 512, .execution_time = 520, .has_been_checked = 488,
		.downtime_depth = 536, .is_flapping = 632, .check_command = 696, .groups = 720, .next = 760,
		.description = 16, .host = 672,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.4.3 and 1.4.4 */
const struct layout naemon_1_4_3 = {
	.name = "naemon-1.4.3",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .acknowledgement_end = 360, .check_type = 368, .state = 372,
		.state_type = 408, .attempt = 412, .output = 384, .long_output = 392, .perf_data = 400,
		.last_check = 520, .last_time_ok = 544, .latency = 464, .execution_time = 472, .has_been_checked = 568,
		.downtime_depth = 604, .is_flapping = 712, .check_command = 768, .groups = 792, .next = 832,
		.alias = 24, .address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .acknowledgement_end = 296, .check_type = 308, .state = 312,
		.state_type = 352, .attempt = 376, .output = 328, .long_output = 336, .perf_data = 344,
		.last_check = 368, .last_time_ok = 472, .latency = 528, .execution_time = 536, .has_been_checked = 504,
		.downtime_depth = 552, .is_flapping = 648, .check_command = 712, .groups = 736, .next = 776,
		.description = 16, .host = 688,
	},
	.group_name = 8,
	.command_name = 8,
};

/* Naemon 1.5 */
const struct layout naemon_1_5_0 = {
	.name = "naemon-1.5.0",
	.host = {
		.name = 8, .display_name = 16, .max_attempts = 96, .notes = 248, .notes_url = 256,
		.action_url = 264, .custom_variables = 344, .acknowledged = 352,
		.acknowledgement_type = 356, .acknowledgement_end = 360, .check_type = 368, .state = 372,
		.state_type = 408, .attempt = 412, .output = 384, .long_output = 392, .perf_data = 400,
		.last_check = 520, .last_time_ok = 544, .latency = 464, .execution_time = 472, .has_been_checked = 568,
		.downtime_depth = 604, .is_flapping = 712, .check_command = 768, .groups = 792, .next = 840,
		.alias = 24, .address = 32,
	},
	.service = {
		.name = 8, .display_name = 24, .max_attempts = 88, .notes = 240, .notes_url = 248,
		.action_url = 256, .custom_variables = 280, .acknowledged = 288,
		.acknowledgement_type = 292, .acknowledgement_end = 296, .check_type = 308, .state = 312,
		.state_type = 352, .attempt = 376, .output = 328, .long_output = 336, .perf_data = 344,
		.last_check = 368, .last_time_ok = 472, .latency = 528, .execution_time = 536, .has_been_checked = 504,
		.downtime_depth = 552, .is_flapping = 648, .check_command = 712, .groups = 736, .next = 784,
		.description = 16, .host = 688,
	},
	.group_name = 8,
	.command_name = 8,
};
