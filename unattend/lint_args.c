/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/lint_args.h"

#include <stdlib.h>
#include <string.h>

const char *const arch_choices[] = { "any", "x86", "amd64", "arm64", NULL };
const char *const role_choices[] = { "any", "media", "sysprep", "wds", NULL }; /* enum answer_role */

static int find_rule(const char *id, size_t len, const char *option, const struct rule **ret, struct err *err)
{
	CLEANUP(freep) char *name = xstrndup(id, len);

	*ret = rule_find(name);
	if (*ret)
		return 0;
	err_set(err, ERR_USAGE, "--%s: there is no rule %s", option, name);
	return err_hint(err, "unattend rules lists them");
}

static void add_override(struct lint_options *options, const struct rule *rule, enum severity severity)
{
	*vec_add(&options->overrides) = (struct severity_override){ rule, severity };
}

static int apply_enable(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	const struct rule *rule;

	for (size_t i = 0; i < args->enable.len; i++) {
		const char *id = args->enable.items[i];

		if (strcmp(id, "all") == 0) {
			for (size_t r = 0; (rule = rule_at(r)); r++)
				if (rule->flags & RULE_OFF)
					add_override(ret, rule, rule->meta.severity);
			continue;
		}
		if (find_rule(id, strlen(id), "enable", &rule, err) < 0)
			return -1;
		add_override(ret, rule, rule->meta.severity);
	}
	return 0;
}

static int apply_severity(const char *text, struct lint_options *ret, struct err *err)
{
	const char *equals = strchr(text, '=');
	const struct rule *rule;
	enum severity severity;

	if (!equals)
		return err_set(err, ERR_USAGE, "--severity %s: RULE=LEVEL is wanted", text);
	if (find_rule(text, (size_t)(equals - text), "severity", &rule, err) < 0)
		return -1;
	if (!severity_parse(equals + 1, &severity))
		return err_set(err, ERR_USAGE, "--severity %s: the level is error, warning, info, style or off", text);
	add_override(ret, rule, severity);
	return 0;
}

static int apply_rules(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	const struct rule *rule;

	if (apply_enable(args, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < args->severity.len; i++)
		if (apply_severity(args->severity.items[i], ret, err) < 0)
			return -1;
	for (size_t i = 0; i < args->disable.len; i++) {
		if (find_rule(args->disable.items[i], strlen(args->disable.items[i]), "disable", &rule, err) < 0)
			return -1;
		add_override(ret, rule, SEVERITY_OFF);
	}
	return 0;
}

static int apply_target(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	const char *names[32] = { NULL };

	if (!args->target)
		return 0;
	ret->target = windows_find(args->target);
	if (ret->target)
		return 0;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(names) && windows_at(i); i++)
		names[i] = windows_at(i)->name;
	err_set(err, ERR_USAGE, "--target: %s is no known version of Windows", args->target);
	if (cli_did_you_mean(args->target, names))
		err_hint(err, "did you mean %s?", cli_did_you_mean(args->target, names));
	return -1;
}

static int apply_image(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	if (!args->image)
		return 0;
	ret->image = image_context_open(args->image, err);
	if (!ret->image)
		return -1;
	if (!ret->pkeyconfig)
		ret->pkeyconfig = image_context_pkeyconfig(ret->image);
	return 0;
}

static int apply_files(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	if (args->pkeyconfig) {
		ret->pkeyconfig = pkey_config_load(args->pkeyconfig, err);
		if (!ret->pkeyconfig)
			return -1;
	}
	return apply_image(args, ret, err);
}

int lint_args_apply(const struct lint_args *args, struct lint_options *ret, struct err *err)
{
	*ret = (struct lint_options){
		.template_mode = (enum template_mode)args->template_mode,
		.arch = args->arch ? arch_choices[args->arch] : NULL,
		.role = (enum answer_role)args->role,
		.strict_wsim = args->strict_wsim,
	};
	if (apply_rules(args, ret, err) == 0 && apply_target(args, ret, err) == 0 &&
	    apply_files(args, ret, err) == 0)
		return 0;
	lint_args_release(ret);
	return -1;
}

void lint_args_release(struct lint_options *options)
{
	struct pkey_config *config = (struct pkey_config *)options->pkeyconfig;
	struct image_context *image = (struct image_context *)options->image;

	if (!image || config != image_context_pkeyconfig(image))
		pkey_config_freep(&config);
	image_context_freep(&image);
	options->image = NULL;
	options->pkeyconfig = NULL;
	vec_release(&options->overrides);
}
