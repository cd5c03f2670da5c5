/* SPDX-License-Identifier: GPL-3.0-or-later */
#define FUSE_USE_VERSION 314
#include "wimtool/mount_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"

#define THREADS_MAX 16
#define PATIENCE_MAX 100000ULL /* nanoseconds: about what it takes to wake a processor that sleeps */
#define PATIENCE_MIN 10000ULL

struct loop {
	struct fuse_session *session;
	int signals;
	atomic_uint waiting; /* for the turn */
	atomic_uint slow;    /* threads that passed the turn on and are not back */
	pthread_mutex_t turn;
	/* of who has the turn */
	pthread_t threads[THREADS_MAX]; /* besides the first one */
	unsigned n_threads;
	uint64_t patience;
	uint64_t patience_max;
};

static __thread struct loop *turn_of; /* the loop whose turn this thread has */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- waiting ---- */

static void sleep_until_asked(struct loop *loop)
{
	struct pollfd fds[] = {
		{ .fd = fuse_session_fd(loop->session), .events = POLLIN },
		{ .fd = loop->signals, .events = POLLIN },
	};

	(void)poll(fds, 2, -1);
	if (fds[1].revents)
		fuse_session_exit(loop->session);
}

/* Where a little more patience would have been enough it is doubled, otherwise halved. */
static void learn(struct loop *loop, uint64_t waited)
{
	if (waited < loop->patience_max)
		loop->patience = MIN(MAX(loop->patience * 2, PATIENCE_MIN), loop->patience_max);
	else
		loop->patience = loop->patience < PATIENCE_MIN ? 0 : loop->patience / 2;
}

/* -EAGAIN after a sleep. While others are at slow work no processor has to be kept awake. */
static int receive(struct loop *loop, struct fuse_buf *question)
{
	uint64_t begin = now();
	int n;

	do {
		n = fuse_session_receive_buf(loop->session, question);
		if (n != -EAGAIN)
			return n;
	} while (!atomic_load(&loop->slow) && now() - begin < loop->patience);
	sleep_until_asked(loop);
	learn(loop, now() - begin);
	return n;
}

/* ---- threads ---- */

static void take_turn(struct loop *loop)
{
	if (turn_of)
		return;
	atomic_fetch_add(&loop->waiting, 1);
	atomic_fetch_sub(&loop->slow, 1);
	pthread_mutex_lock(&loop->turn);
	atomic_fetch_sub(&loop->waiting, 1);
	turn_of = loop;
}

static void *serve(void *context)
{
	struct loop *loop = context;
	struct fuse_buf question = { 0 };

	for (take_turn(loop); !fuse_session_exited(loop->session); take_turn(loop)) {
		int n = receive(loop, &question);

		if (n > 0)
			fuse_session_process_buf(loop->session, &question);
		else if (n != -EAGAIN && n != -EINTR)
			fuse_session_exit(loop->session);
	}
	turn_of = NULL;
	pthread_mutex_unlock(&loop->turn);
	free(question.mem);
	return NULL;
}

static void start_thread(struct loop *loop)
{
	if (loop->n_threads == THREADS_MAX)
		return;
	atomic_fetch_add(&loop->slow, 1);
	if (pthread_create(&loop->threads[loop->n_threads], NULL, serve, loop) == 0)
		loop->n_threads++;
	else
		atomic_fetch_sub(&loop->slow, 1);
}

void mount_loop_pass_turn(void)
{
	struct loop *loop = turn_of;

	if (!loop)
		return;
	if (!atomic_load(&loop->waiting))
		start_thread(loop);
	turn_of = NULL;
	atomic_fetch_add(&loop->slow, 1);
	pthread_mutex_unlock(&loop->turn);
}

/* ---- all ---- */

static int hold_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &held, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &held, SFD_CLOEXEC);
}

int mount_loop_run(struct fuse_session *session, struct err *err)
{
	struct loop loop = { .session = session, .turn = PTHREAD_MUTEX_INITIALIZER, .slow = 1 };
	int fd = fuse_session_fd(session);

	loop.signals = hold_signals();
	if (loop.signals < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return err_errno(err, errno, "serving the image");
	loop.patience_max = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? PATIENCE_MAX : 0;
	serve(&loop);
	for (unsigned i = 0; i < loop.n_threads; i++)
		pthread_join(loop.threads[i], NULL);
	close_fdp(&loop.signals);
	return 0;
}
