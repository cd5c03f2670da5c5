/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/capture_prefetch.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define AHEAD_FILES 64
#define AHEAD_BYTES (32u << 20)
#define FILE_BYTES_MAX (8u << 20) /* the kernel reads ahead in a large file by itself */

struct capture_prefetch {
	const struct capture_scan *scan;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t at;
	bool stop;
};

static void ask_for(const struct capture_file *file)
{
	int fd = file->data ? -1 : open(file->host_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return;
	(void)posix_fadvise(fd, 0, (off_t)MIN(file->size, (uint64_t)FILE_BYTES_MAX), POSIX_FADV_WILLNEED);
	close(fd);
}

/* How far ahead of at the thread may be: in files, and in bytes. */
static size_t window_end(const struct capture_prefetch *p, size_t at)
{
	uint64_t bytes = 0;
	size_t end = at;

	while (end < p->scan->files.len && end < at + AHEAD_FILES && bytes < AHEAD_BYTES)
		bytes += p->scan->files.items[end++].size;
	return end;
}

static void *run(void *context)
{
	struct capture_prefetch *p = context;
	size_t next = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && next < p->scan->files.len) {
		size_t end = window_end(p, p->at);

		next = MAX(next, p->at);
		/* in steps, so that it is not woken for each file */
		if (next + AHEAD_FILES / 4 > end && end < p->scan->files.len) {
			pthread_cond_wait(&p->moved, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		for (; next < end; next++)
			ask_for(&p->scan->files.items[next]);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct capture_prefetch *capture_prefetch_new(const struct capture_scan *scan)
{
	struct capture_prefetch *p = xcalloc(1, sizeof(*p));

	p->scan = scan;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->moved, NULL);
	if (pthread_create(&p->thread, NULL, run, p) == 0)
		return p;
	free(p);
	return NULL;
}

void capture_prefetch_at(struct capture_prefetch *p, size_t file)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->at = file;
	pthread_cond_signal(&p->moved);
	pthread_mutex_unlock(&p->lock);
}

void capture_prefetch_freep(struct capture_prefetch **prefetch)
{
	struct capture_prefetch *p = *prefetch;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->moved);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->moved);
	free(p);
	*prefetch = NULL;
}
