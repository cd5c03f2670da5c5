/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "wimtool/build_plan.h"
#include "wimtool/build_pool.h"
#include "wimtool/commands.h"

#define THREADS_MAX 1024

enum plan_format {
	FORMAT_TEXT,
	FORMAT_NDJSON,
};

struct build_args {
	bool plan;
	bool resume;
	bool force;
	int format;
	uint64_t jobs;
	uint64_t threads;
	const char *scratch;
	struct cli_list only;
};

static const char *const format_choices[] = { [FORMAT_TEXT] = "text", [FORMAT_NDJSON] = "ndjson", NULL };

static bool job_has(const struct recipe *r, const char *name, size_t len, const char *value)
{
	for (size_t i = 0; i < r->axes.len; i++)
		if (strlen(r->axes.items[i].name) == len && memcmp(r->axes.items[i].name, name, len) == 0)
			return strcmp(r->axes.items[i].value, value) == 0;
	return false;
}

static int choose(const struct recipe_jobs *jobs, const struct cli_list *only, bool *skip, struct err *err)
{
	size_t left = 0;

	for (size_t k = 0; k < only->len; k++) {
		const char *equals = strchr(only->items[k], '=');
		size_t n = 0;

		if (!equals)
			return err_set(err, ERR_USAGE, "--only=%s: NAME=VALUE is wanted", only->items[k]);
		for (size_t i = 0; i < jobs->len; i++) {
			bool has = job_has(&jobs->items[i], only->items[k], (size_t)(equals - only->items[k]), equals + 1);

			n += has;
			skip[i] |= !has;
		}
		if (!n)
			return err_set(err, ERR_USAGE, "--only=%s: the matrix of the recipe has no such value", only->items[k]);
	}
	for (size_t i = 0; i < jobs->len; i++)
		left += !skip[i];
	return left ? 0 : err_set(err, ERR_USAGE, "--only: no image of the matrix has all of these values");
}

/* The cores are shared out among the builds that run at once. */
static unsigned threads_for(const struct build_args *args, size_t jobs)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t at_once = MIN((size_t)args->jobs, jobs);

	if (args->threads)
		return (unsigned)args->threads;
	if (at_once < 2 || cores < 1)
		return 0;
	return (unsigned)MAX((size_t)cores / at_once, (size_t)1);
}

static int run_chosen(struct cli *cli, const struct build_args *args, const struct recipe_file *file,
		      const struct recipe_jobs *jobs, struct err *err)
{
	CLEANUP(freep) bool *skip = xcalloc(jobs->len, sizeof(*skip));
	CLEANUP(freep) char *scratch = NULL;
	struct build_pool pool = {
		.cli = cli, .file = file, .jobs = jobs, .skip = skip,
		.at_once = (unsigned)MIN(MAX(args->jobs, (uint64_t)1), (uint64_t)THREADS_MAX),
		.options = { .resume = args->resume, .force = args->force, .threads = threads_for(args, jobs->len) },
	};

	if (choose(jobs, &args->only, skip, err) < 0)
		return -1;
	if (args->plan) {
		if (args->format == FORMAT_NDJSON && !cli->json)
			build_plan_show_lines(file, jobs, skip, cli->out);
		else
			build_plan_show(cli, file, jobs, skip);
		return CLI_DONE;
	}
	if (args->scratch) {
		scratch = realpath(args->scratch, NULL);
		if (!scratch)
			return err_errno(err, errno, "--scratch=%s", args->scratch);
		pool.options.scratch = scratch;
	}
	return build_pool_run(&pool, err);
}

static int build_run_command(struct cli *cli, const void *raw, struct err *err)
{
	CLEANUP(recipe_file_release) struct recipe_file file = { 0 };
	CLEANUP(recipe_jobs_release) struct recipe_jobs jobs = { 0 };
	const struct build_args *args = raw;

	if (args->threads > THREADS_MAX || args->jobs > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads, --jobs: no more than %d", THREADS_MAX);
	if (args->format != FORMAT_TEXT && !args->plan)
		return err_set(err, ERR_USAGE, "--format is for --plan");
	if (recipe_file_read(cli->args[0], &file, err) < 0 || recipe_file_expand(&file, &jobs, err) < 0)
		return -1;
	return run_chosen(cli, args, &file, &jobs, err);
}

static const struct cli_option build_options[] = {
	OPT_FLAG(struct build_args, plan, 0, "plan", "say what would be built, read and write nothing"),
	OPT_CHOICE(struct build_args, format, 'f', "format", "NAME", format_choices,
		   "of --plan: text, or ndjson, one image a line with the command that builds it"),
	OPT_FLAG(struct build_args, resume, 0, "resume", "go on behind the last step that an interrupted build finished"),
	OPT_FLAG(struct build_args, force, 0, "force", "build although the output is up to date"),
	OPT_LIST(struct build_args, only, 0, "only", "NAME=VALUE",
		 "only images of the matrix with this value (may be given several times)"),
	OPT_NUMBER(struct build_args, jobs, 'j', "jobs", "N", "build N images of the matrix at once (default: 1)"),
	OPT_NUMBER(struct build_args, threads, 0, "threads", "N", "use N threads for each image (default: share the cores)"),
	OPT_TEXT(struct build_args, scratch, 0, "scratch", "DIR", "work in DIR and not beside the output"),
};

static const struct cli_example build_examples[] = {
	{ "wimtool build golden.yaml", "make the image that the recipe describes" },
	{ "wimtool build golden.yaml --plan", "see what would be done" },
	{ "wimtool build golden.yaml --resume", "go on after a power cut" },
	{ "wimtool build fleet.yaml --plan --format=ndjson | jq -r .command | parallel", "a matrix on many cores or hosts" },
};

const struct cli_command cmd_build = {
	.name = "build",
	.summary = "make an image from a recipe: capture, edit, generalize, verify in one go",
	.usage = "RECIPE.yaml",
	.description =
		"Carries out a recipe (docs/recipe.md): a source (folder, WIM, ESD), steps (registry, files, answer "
		"file, generalize, time zone, computer name, locale) and an output (WIM, ESD, split parts). The source "
		"is never changed; the output appears when it is complete and verified, with a manifest "
		"(OUTPUT.manifest.json) that says what it was made of.\n\n"
		"Each step is keyed by the contents that go into it. When nothing has changed the output is left alone; "
		"after an interruption --resume goes on behind the last finished step.\n\n"
		"Exit code 1 when findings stopped a build (the answer file, the verification), 3 when it failed.",
	.examples = build_examples,
	.n_examples = ARRAY_SIZE(build_examples),
	CLI_OPTIONS(struct build_args, build_options),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = build_run_command,
};
