/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/lint_files.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

#define THREADS_MAX 16
#define FILES_A_THREAD 24 /* fewer are done before a thread has started */
#define AHEAD 64          /* results that may wait for the one whose turn it is */

struct crew {
	struct lint_files *files;
	const struct file_walk *walk;
	pthread_mutex_t lock;    /* of all below, and of the configurations */
	pthread_cond_t finished; /* a result */
	pthread_cond_t taken;
	size_t next;             /* file to be begun */
	size_t n_taken;
	struct slot {
		struct lint_result result;
		bool ready;
	} slots[AHEAD];
};

/* ---- one file ---------------------------------------------------------------- */

/* A file found in a folder counts only when it is an answer file. */
static bool is_wanted(const struct strbuf *raw)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct source source;
	bool wanted;

	if (memmem(strbuf_text(raw), raw->len, "<unattend", 9))
		return true;
	strbuf_add(&copy, raw->data, raw->len);
	source_decode(&copy, &source);
	wanted = answer_recognise(&source);
	source_release(&source);
	return wanted;
}

static int find_config(struct crew *crew, struct lint_result *ret)
{
	int result;

	if (crew->files->no_config)
		return 0;
	pthread_mutex_lock(&crew->lock);
	result = config_set_find(&crew->files->configs, ret->name, &ret->config, &ret->err);
	pthread_mutex_unlock(&crew->lock);
	return result;
}

static int lint_text(struct crew *crew, struct strbuf *raw, struct lint_result *ret)
{
	CLEANUP(config_options_release) struct lint_options options = { .target = NULL };
	struct answer answer;
	struct lint lint = { .answer = &answer, .options = &options };

	if (find_config(crew, ret) < 0)
		return -1;
	if (config_ignores(ret->config, ret->name)) {
		ret->outcome = LINT_IGNORED;
		return 0;
	}
	config_options(ret->config, ret->name, crew->files->options, &options);
	if (answer_read(raw, ret->name, options.template_mode, &answer, &ret->err) < 0)
		return -1;
	lint.report = ret->report = report_new();
	lint_run(&lint);
	ret->kind = answer.kind;
	ret->encoding = answer.source.encoding;
	ret->template = answer.conditional || answer.n_placeholders;
	lint_release(&lint);
	answer_release(&answer);
	return 0;
}

static int lint_file(struct crew *crew, const struct walked_file *file, struct lint_result *ret)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (file_read_all(file->path, SOURCE_MAX_BYTES, &raw, &ret->err) < 0) {
		ret->outcome = LINT_PASSED_OVER;
		return file->named ? -1 : 0;
	}
	if (file->named && raw.len == 0)
		return err_set(&ret->err, ERR_FORMAT, "the file is empty");
	if (!file->named && !is_wanted(&raw)) {
		ret->outcome = LINT_PASSED_OVER;
		return 0;
	}
	return lint_text(crew, &raw, ret);
}

static void lint_one(struct crew *crew, const struct walked_file *file, struct lint_result *ret)
{
	bool is_stdin = strcmp(file->path, "-") == 0;

	*ret = (struct lint_result){ .outcome = LINT_DONE, .name = file->path };
	if (is_stdin && crew->files->stdin_name)
		ret->name = crew->files->stdin_name;
	if (file->err) {
		ret->err = *file->err;
		ret->outcome = LINT_FAILED;
	} else if (lint_file(crew, file, ret) < 0) {
		err_context(&ret->err, "%s", ret->name);
		ret->outcome = LINT_FAILED;
	}
}

/* ---- many -------------------------------------------------------------------- */

static void *work(void *context)
{
	struct crew *crew = context;

	pthread_mutex_lock(&crew->lock);
	while (crew->next < crew->walk->files.len) {
		size_t i = crew->next;
		struct slot *slot = &crew->slots[i % AHEAD];

		if (i >= crew->n_taken + AHEAD) {
			pthread_cond_wait(&crew->taken, &crew->lock);
			continue;
		}
		crew->next++;
		pthread_mutex_unlock(&crew->lock);
		lint_one(crew, &crew->walk->files.items[i], &slot->result);
		pthread_mutex_lock(&crew->lock);
		slot->ready = true;
		pthread_cond_signal(&crew->finished);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static unsigned threads_for(const struct crew *crew)
{
	size_t n = crew->walk->files.len / FILES_A_THREAD;

	n = MIN(n, (size_t)(crew->files->max_threads ? crew->files->max_threads : processors()));
	return (unsigned)MIN(n, (size_t)THREADS_MAX);
}

static void run_alone(struct crew *crew, lint_take_fn *take, void *ctx)
{
	struct lint_result result;

	for (size_t i = 0; i < crew->walk->files.len; i++) {
		lint_one(crew, &crew->walk->files.items[i], &result);
		take(ctx, &result);
		report_freep(&result.report);
	}
}

/* The results in the order of the list, whichever is ready first. */
static void take_all(struct crew *crew, lint_take_fn *take, void *ctx)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->n_taken < crew->walk->files.len) {
		struct slot *slot = &crew->slots[crew->n_taken % AHEAD];

		if (!slot->ready) {
			pthread_cond_wait(&crew->finished, &crew->lock);
			continue;
		}
		pthread_mutex_unlock(&crew->lock);
		take(ctx, &slot->result);
		report_freep(&slot->result.report);
		pthread_mutex_lock(&crew->lock);
		slot->ready = false;
		crew->n_taken++;
		pthread_cond_broadcast(&crew->taken);
	}
	pthread_mutex_unlock(&crew->lock);
}

void lint_files_run(struct lint_files *files, const struct file_walk *walk, lint_take_fn *take, void *ctx)
{
	struct crew *crew = xcalloc(1, sizeof(*crew));
	pthread_t threads[THREADS_MAX];
	unsigned wanted, n = 0;

	*crew = (struct crew){ .files = files, .walk = walk, .lock = PTHREAD_MUTEX_INITIALIZER,
			       .finished = PTHREAD_COND_INITIALIZER, .taken = PTHREAD_COND_INITIALIZER };
	wanted = threads_for(crew);
	while (wanted > 1 && n < wanted && pthread_create(&threads[n], NULL, work, crew) == 0)
		n++;
	if (n)
		take_all(crew, take, ctx);
	else
		run_alone(crew, take, ctx);
	while (n)
		pthread_join(threads[--n], NULL);
	free(crew);
}

void lint_files_release(struct lint_files *files)
{
	config_set_release(&files->configs);
}
