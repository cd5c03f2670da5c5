/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/build_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "wimtool/json_copy.h"

#define AT_ONCE_MAX 256

struct child {
	pid_t pid; /* 0: none */
	int fd;
	size_t job;
	struct strbuf record;
};

struct outcome {
	char *record; /* JSON; NULL: the job told nothing */
	int status;   /* exit code */
};

struct running {
	struct build_pool *pool;
	struct outcome *outcomes;
	struct child *children;
	size_t n_running;
	struct err *err;
};

static int build_one(struct build_pool *pool, size_t job, struct strbuf *record, struct err *err)
{
	CLEANUP(build_release) struct build build = {
		.cli = pool->cli, .file = pool->file, .recipe = &pool->jobs->items[job], .options = &pool->options,
		.index = job, .of = pool->jobs->len, .state.lock = -1,
	};

	if (build_prepare(&build, err) < 0)
		return -1;
	return build_run(&build, record, err);
}

/* ---- the child ----------------------------------------------------------------------------- */

static void print_error(const struct build_pool *pool, size_t job, const struct err *err)
{
	fprintf(stderr, "wimtool: %s: %s%s%s%s\n", pool->jobs->items[job].id, err->text, *err->hint ? " (" : "", err->hint,
		*err->hint ? ")" : "");
}

static _Noreturn void run_child(struct build_pool *pool, size_t job, int fd, pid_t parent)
{
	CLEANUP(strbuf_release) struct strbuf record = STRBUF_INIT;
	struct err err = { 0 };
	int result;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CLI_FAILED);
	result = build_one(pool, job, &record, &err);
	if (result < 0)
		print_error(pool, job, &err);
	if (record.len)
		(void)file_write(fd, record.data, record.len, NULL);
	fflush(NULL);
	_exit(result < 0 ? CLI_FAILED : result);
}

/* ---- the parent ---------------------------------------------------------------------------- */

static int start(struct running *r, struct child *child, size_t job)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe(fds) < 0)
		return err_errno(r->err, errno, "pipe");
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		close(fds[0]);
		close(fds[1]);
		return err_errno(r->err, errno, "fork");
	}
	if (child->pid == 0) {
		close(fds[0]);
		run_child(r->pool, job, fds[1], parent);
	}
	close(fds[1]);
	child->fd = fds[0];
	child->job = job;
	r->n_running++;
	return 0;
}

static void finish(struct running *r, struct child *child)
{
	struct outcome *outcome = &r->outcomes[child->job];
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(child->fd);
	outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
	if (!WIFEXITED(status))
		cli_warn(r->pool->cli, "%s: ended by signal %d", r->pool->jobs->items[child->job].id, WTERMSIG(status));
	outcome->record = child->record.len ? strbuf_detach(&child->record) : NULL;
	strbuf_clear(&child->record);
	child->pid = 0;
	r->n_running--;
}

static void take(struct running *r, struct child *child)
{
	char data[65536];
	ssize_t n = read(child->fd, data, sizeof(data));

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0)
		strbuf_add(&child->record, data, (size_t)n);
	else
		finish(r, child);
}

/* Waits until a child has told something or ended. */
static void wait_for_some(struct running *r)
{
	struct pollfd polls[AT_ONCE_MAX];
	struct child *of[AT_ONCE_MAX];
	nfds_t n = 0;

	for (unsigned i = 0; i < r->pool->at_once; i++) {
		if (!r->children[i].pid)
			continue;
		of[n] = &r->children[i];
		polls[n++] = (struct pollfd){ .fd = r->children[i].fd, .events = POLLIN };
	}
	if (poll(polls, n, -1) < 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (polls[i].revents)
			take(r, of[i]);
}

static struct child *free_child(const struct running *r)
{
	for (unsigned i = 0; i < r->pool->at_once; i++)
		if (!r->children[i].pid)
			return &r->children[i];
	return NULL;
}

static int run_many(struct running *r)
{
	int result = 0;

	r->children = xcalloc(r->pool->at_once, sizeof(*r->children));
	for (size_t job = 0; result == 0 && job < r->pool->jobs->len; job++) {
		if (r->pool->skip[job])
			continue;
		while (!free_child(r))
			wait_for_some(r);
		result = start(r, free_child(r), job);
	}
	while (r->n_running)
		wait_for_some(r);
	for (unsigned i = 0; i < r->pool->at_once; i++)
		strbuf_release(&r->children[i].record);
	free(r->children);
	return result;
}

static int run_alone(struct running *r, size_t job)
{
	struct strbuf record = STRBUF_INIT;
	int result = build_one(r->pool, job, &record, r->err);

	r->outcomes[job] = (struct outcome){
		.record = record.len ? strbuf_detach(&record) : NULL, .status = result < 0 ? CLI_FAILED : result,
	};
	strbuf_release(&record);
	return result;
}

/* ---- the result ---------------------------------------------------------------------------- */

static void tell(struct running *r)
{
	struct json *j = r->pool->cli->json;

	json_begin_object(j, "result");
	json_text(j, "recipe", r->pool->file->path);
	json_begin_array(j, "jobs");
	for (size_t i = 0; i < r->pool->jobs->len; i++) {
		if (r->pool->skip[i])
			continue;
		if (r->outcomes[i].record) {
			json_copy_text(j, NULL, r->outcomes[i].record);
			continue;
		}
		json_begin_object(j, NULL);
		json_text(j, "job", r->pool->jobs->items[i].id);
		json_text(j, "output", r->pool->jobs->items[i].output.path);
		json_text(j, "status", "failed");
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static int judge(const struct running *r)
{
	size_t failed = 0, findings = 0, all = 0;

	for (size_t i = 0; i < r->pool->jobs->len; i++) {
		all += !r->pool->skip[i];
		failed += !r->pool->skip[i] && r->outcomes[i].status >= CLI_USAGE;
		findings += !r->pool->skip[i] && r->outcomes[i].status == CLI_FINDINGS;
	}
	if (failed)
		return err_set(r->err, ERR_IO, "%zu of %zu images could not be built", failed, all);
	return findings ? CLI_FINDINGS : CLI_DONE;
}

int build_pool_run(struct build_pool *pool, struct err *err)
{
	size_t n = 0, last = 0;
	struct running r = { .pool = pool, .err = err };
	int result;

	for (size_t i = 0; i < pool->jobs->len; i++)
		if (!pool->skip[i]) {
			last = i;
			n++;
		}
	pool->at_once = (unsigned)MIN(MIN((size_t)pool->at_once, n), (size_t)AT_ONCE_MAX);
	r.outcomes = xcalloc(pool->jobs->len, sizeof(*r.outcomes));
	result = n == 1 ? run_alone(&r, last) : run_many(&r);
	tell(&r);
	if (n > 1 && result == 0)
		result = judge(&r);
	for (size_t i = 0; i < pool->jobs->len; i++)
		free(r.outcomes[i].record);
	free(r.outcomes);
	return result;
}
