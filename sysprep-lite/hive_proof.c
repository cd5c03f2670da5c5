/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/hive_proof.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "sysprep-lite/hive_check.h"

struct check {
	int (*run)(const struct hive_checks *hive, struct err *err);
	const struct hive_checks *hive;
	pthread_t thread;
	bool in_thread; /* to be joined */
	int status;
	struct err err;
};

struct hive_checks {
	const char *path;
	struct bytes bytes;
	struct regf_info expect;
	struct check ours, hivex;
};

static int check_ours(const struct hive_checks *hive, struct err *err)
{
	struct regf_info info;

	if (regf_verify(hive->bytes, &info, err) < 0)
		return -1;
	if (info.keys == hive->expect.keys && info.values == hive->expect.values)
		return 0;
	return err_set(err, ERR_FORMAT, "%llu keys and %llu values, expected are %llu and %llu",
		       (unsigned long long)info.keys, (unsigned long long)info.values,
		       (unsigned long long)hive->expect.keys, (unsigned long long)hive->expect.values);
}

/* libhivex reads files only: it is given one in memory. */
static int check_with_hivex(const struct hive_checks *hive, struct err *err)
{
	CLEANUP(close_fdp) int fd = memfd_create("hive", MFD_CLOEXEC);
	char path[64];

	if (fd < 0)
		return err_errno(err, errno, "file in memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (file_write(fd, hive->bytes.data, hive->bytes.len, err) < 0)
		return -1;
	return hive_check(path, hive->expect.keys, hive->expect.values, err);
}

static void *work(void *context)
{
	struct check *check = context;

	check->status = check->run(check->hive, &check->err);
	return NULL;
}

static void begin(struct check *check, const struct hive_checks *hive,
		  int (*run)(const struct hive_checks *hive, struct err *err))
{
	*check = (struct check){ .run = run, .hive = hive };
	check->in_thread = pthread_create(&check->thread, NULL, work, check) == 0;
	if (!check->in_thread)
		work(check);
}

void proof_begin(struct proof *proof, const char *path, struct bytes bytes, const struct regf_info *expect)
{
	struct hive_checks *hive = xcalloc(1, sizeof(*hive));

	*vec_add(&proof->hives) = hive;
	hive->path = path;
	hive->bytes = bytes;
	hive->expect = *expect;
	begin(&hive->ours, hive, check_ours);
	begin(&hive->hivex, hive, check_with_hivex);
}

static int end(struct check *check, struct err *err)
{
	if (check->in_thread)
		(void)pthread_join(check->thread, NULL);
	check->in_thread = false;
	if (check->status < 0 && err)
		*err = check->err;
	return check->status;
}

int proof_end(struct proof *proof, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < proof->hives.len; i++) {
		struct hive_checks *hive = proof->hives.items[i];

		if (end(&hive->ours, err) < 0 || end(&hive->hivex, err) < 0)
			status = err_context(err, "%s: the edited hive does not pass its check, nothing was written",
					     hive->path);
	}
	return status;
}

void proof_release(struct proof *proof)
{
	(void)proof_end(proof, NULL);
	for (size_t i = 0; i < proof->hives.len; i++)
		free(proof->hives.items[i]);
	vec_release(&proof->hives);
}
