/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options that lint and fix share.
 */
#pragma once

#include "common/cli/cli.h"
#include "unattend/lint.h"

struct lint_args {
	struct cli_list enable;
	struct cli_list disable;
	struct cli_list severity;
	const char *pkeyconfig;
	const char *image;
	const char *target;
	int arch;
	int role;
	bool strict_wsim;
	int template_mode;
};

#define LINT_OPTIONS(st, field)                                                                                          \
	OPT_LIST(st, field.enable, 0, "enable", "RULE", "run a rule that is off by default"),                            \
	OPT_LIST(st, field.disable, 0, "disable", "RULE", "do not run a rule"),                                          \
	OPT_LIST(st, field.severity, 0, "severity", "RULE=LEVEL", "give a rule another severity"),                       \
	OPT_TEXT(st, field.pkeyconfig, 0, "pkeyconfig", "FILE", "pkeyconfig.xrm-ms of the image: makes the channel of keys certain"), \
	OPT_TEXT(st, field.image, 0, "image", "WIM[:IMAGE]", "the image to install: its names, editions, languages and key groups"), \
	OPT_TEXT(st, field.target, 0, "target", "VERSION", "Windows version to install, e.g. win10, win11-24h2, server2025"), \
	OPT_CHOICE(st, field.arch, 0, "arch", "ARCH", arch_choices, "architecture to install: x86, amd64 or arm64"),               \
	OPT_CHOICE(st, field.role, 0, "role", "ROLE", role_choices, "what the files are for: media, sysprep or wds"),               \
	OPT_FLAG(st, field.strict_wsim, 0, "strict-wsim", "errors where Windows SIM refuses a file that Setup takes"),            \
	OPT_CHOICE(st, field.template_mode, 0, "template", "NAME", template_names,                                  \
		   "language of unrendered templates: mutes what they make undecidable; none takes the text as it is")

extern const char *const arch_choices[], *const role_choices[];

/* Fills options; release with lint_args_release. */
int lint_args_apply(const struct lint_args *args, struct lint_options *ret, struct err *err);
void lint_args_release(struct lint_options *options);
