/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/check.h"

#include <stdlib.h>
#include <string.h>

#include "unattend/config_file.h"
#include "unattend/fix.h"
#include "unattend/lint_args.h"

struct check {
	struct lint_options given; /* owns image and pkeyconfig */
	struct lint_options all;   /* with what strict_wsim adds */
};

/* The index of word in choices, 0 (their first, "not known") for NULL. */
static int find_choice(const char *word, const char *const *choices, const char *what, int *ret, struct err *err)
{
	*ret = 0;
	if (!word)
		return 0;
	for (int i = 0; choices[i]; i++)
		if (strcmp(choices[i], word) == 0) {
			*ret = i;
			return 0;
		}
	err_set(err, ERR_USAGE, "%s: %s is not known", what, word);
	if (cli_did_you_mean(word, choices))
		err_hint(err, "did you mean %s?", cli_did_you_mean(word, choices));
	return -1;
}

struct check *check_new(const struct check_options *options, struct err *err)
{
	struct lint_args args = { .pkeyconfig = options->pkeyconfig, .image = options->image, .target = options->target,
				  .strict_wsim = options->strict_wsim };
	struct lint_options given;
	struct check *check;
	int result;

	if (find_choice(options->arch, arch_choices, "arch", &args.arch, err) < 0 ||
	    find_choice(options->role, role_choices, "role", &args.role, err) < 0 ||
	    find_choice(options->template_name, template_names, "template", &args.template_mode, err) < 0)
		return NULL;
	for (size_t i = 0; options->rules && options->rules[i]; i++)
		cli_list_add(&args.severity, options->rules[i]);
	result = lint_args_apply(&args, &given, err);
	free(args.severity.items);
	if (result < 0)
		return NULL;
	check = xcalloc(1, sizeof(*check));
	check->given = given;
	config_options(NULL, "", &check->given, &check->all);
	return check;
}

void check_freep(struct check **check)
{
	if (!*check)
		return;
	config_options_release(&(*check)->all);
	lint_args_release(&(*check)->given);
	free(*check);
	*check = NULL;
}

bool check_is_answer_file(struct bytes bytes)
{
	struct strbuf copy = STRBUF_INIT;
	struct source source;
	bool ret;

	if (bytes.len > SOURCE_MAX_BYTES)
		return false;
	strbuf_add(&copy, bytes.data, bytes.len);
	source_decode(&copy, &source);
	ret = answer_recognise(&source);
	source_release(&source);
	return ret;
}

int check_lint(const struct check *check, const char *name, struct bytes bytes, struct report *report, struct err *err)
{
	struct strbuf copy = STRBUF_INIT;
	struct answer answer;
	struct lint lint = { .answer = &answer, .options = &check->all, .report = report };

	if (bytes.len > SOURCE_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "more than %u bytes", SOURCE_MAX_BYTES);
		return err_context(err, "%s", name);
	}
	strbuf_add(&copy, bytes.data, bytes.len);
	if (answer_read(&copy, name, check->all.template_mode, &answer, err) < 0)
		return err_context(err, "%s", name);
	lint_run(&lint);
	lint_release(&lint);
	answer_release(&answer);
	return 0;
}

int check_fix(const struct check *check, const char *name, struct bytes bytes, enum check_fix_up_to up_to,
	      struct strbuf *ret, struct report *report, struct err *err)
{
	CLEANUP(fix_log_release) struct fix_log log = { .n_fixed = 0 };
	CLEANUP(strbuf_release) struct strbuf mended = STRBUF_INIT;

	if (bytes.len > SOURCE_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "more than %u bytes", SOURCE_MAX_BYTES);
		return err_context(err, "%s", name);
	}
	if (fix_bytes(bytes, name, &check->all, up_to == CHECK_FIX_UNSAFE ? FIX_UNSAFE : FIX_SAFE, &log, &mended, err) < 0)
		return err_context(err, "%s", name);
	if (check_lint(check, name, bytes_of(mended.data, mended.len), report, err) < 0)
		return -1;
	strbuf_add(ret, mended.data, mended.len);
	return 0;
}
