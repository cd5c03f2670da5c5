/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/apply_private.h"
#include "common/image/wim_pack.h"

#define DIR_MODE 0755 /* as libwim makes them; less the umask */
#define THREADS_MAX 8 /* the kernel's own locks leave nothing for more */
#define BATCH 32

typedef int (*dir_fn)(struct image_apply_plan *plan, const struct apply_item *item, struct err *err);

/* Some of plan->dirs, between which there is no order. */
struct level {
	struct image_apply_plan *plan;
	dir_fn fn;
	size_t end;
	atomic_size_t next;
	struct err err; /* the first */
};

static void *work(void *context)
{
	struct level *level = context;

	for (size_t i; (i = atomic_fetch_add(&level->next, BATCH)) < level->end;) {
		for (size_t k = i; k < MIN(i + BATCH, level->end); k++) {
			struct image_apply_plan *plan = level->plan;
			struct err err = { 0 };

			if (level->fn(plan, &plan->items.items[plan->dirs[k]], &err) == 0)
				continue;
			pthread_mutex_lock(&plan->lock);
			if (level->err.kind == ERR_NONE)
				level->err = err;
			pthread_mutex_unlock(&plan->lock);
			atomic_store(&level->next, level->end);
			return NULL;
		}
	}
	return NULL;
}

static int do_level(struct image_apply_plan *plan, size_t begin, size_t end, dir_fn fn, struct err *err)
{
	struct level level = { .plan = plan, .fn = fn, .end = end };
	unsigned wanted = plan->request->threads ? plan->request->threads : wim_processors();
	pthread_t threads[THREADS_MAX];
	unsigned n = 0;

	atomic_store(&level.next, begin);
	while (n + 1 < MIN(wanted, (unsigned)THREADS_MAX) && (end - begin) / BATCH > n &&
	       pthread_create(&threads[n], NULL, work, &level) == 0)
		n++;
	work(&level);
	while (n)
		pthread_join(threads[--n], NULL);
	if (level.err.kind == ERR_NONE)
		return 0;
	if (err)
		*err = level.err;
	return -1;
}

static unsigned depth_of(const struct image_apply_plan *plan, size_t i)
{
	return plan->items.items[plan->dirs[i]].node->depth;
}

static int make_dir(struct image_apply_plan *plan, const struct apply_item *item, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	apply_path(plan, item, &path);
	if (path.len && beneath_mkdir(plan->request->target, path.data, DIR_MODE) < 0)
		return apply_failed(plan, item, "cannot make this folder", err);
	return 0;
}

int apply_make_dirs(struct image_apply_plan *plan, struct err *err)
{
	for (size_t begin = 0, end = 0; begin < plan->n_dirs; begin = end) {
		while (end < plan->n_dirs && depth_of(plan, end) == depth_of(plan, begin))
			end++;
		if (do_level(plan, begin, end, make_dir, err) < 0)
			return -1;
	}
	return 0;
}

static int check_names(const struct image_apply_plan *plan, const struct apply_item *item, int fd, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(names_release) struct names have = { 0 };
	uint64_t want = item->node->n_children;
	bool could_read;

	if (!plan->request->count || plan->troubles.special_left_out || plan->troubles.damaged)
		return 0;
	could_read = names_of_fd(fcntl(fd, F_DUPFD_CLOEXEC, 0), NULL, &have, err) == 0;
	if (could_read && have.len == want)
		return 0;
	apply_path(plan, item, &path);
	if (!could_read)
		return err_context(err, "%.600s", path.len ? path.data : ".");
	return err_set(err, ERR_IO, "%.600s: holds %zu names, but the image has %" PRIu64,
		       path.len ? path.data : ".", have.len, want);
}

static int finish_dir(struct image_apply_plan *plan, const struct apply_item *item, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(close_fdp) int fd = -1;

	apply_path(plan, item, &path);
	fd = beneath_open(plan->request->target, strbuf_text(&path), O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return apply_failed(plan, item, "cannot open this folder", err);
	if (check_names(plan, item, fd, err) < 0)
		return -1;
	return apply_metadata(plan, item, fd, err);
}

/* The deepest first: a folder's time changes with what is made in it, and its mode may shut us out. */
int apply_finish_dirs(struct image_apply_plan *plan, struct err *err)
{
	for (size_t end = plan->n_dirs, begin = end; end > 0; end = begin) {
		while (begin > 0 && depth_of(plan, begin - 1) == depth_of(plan, end - 1))
			begin--;
		if (do_level(plan, begin, end, finish_dir, err) < 0)
			return -1;
	}
	return 0;
}
