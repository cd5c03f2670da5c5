/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scratch folder: "lock", held while a build works in it; "state", rewritten as a
 * whole before and after each unit, a line of JSON each:
 *
 *	{"key":"..."}                 of the whole job
 *	{"step":...,"status":"done"}  the record of each unit that is done
 *	{"begin":N,"before":"..."}    the unit that was begun, and what the WIM was before it
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "wimtool/build.h"

#define STATE_MAX (64u << 20)
#define LOCK_TRIES 50 /* of a tenth of a second: a killed build may still be ending */

static char *inside(const struct build_state *state, const char *name)
{
	return path_join(state->folder, name);
}

/* The lock may have been taken on a file that its last holder removed meanwhile. */
static bool lock_is_current(const char *path, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int try_lock(const struct build_state *state, const char *path, struct err *err)
{
	int fd;

	if (mkdir(state->folder, 0777) < 0 && errno != EEXIST)
		return err_errno(err, errno, "%s", state->folder), -2;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0)
		return err_errno(err, errno, "%s", path), -2;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && lock_is_current(path, fd))
		return fd;
	close(fd);
	return -1;
}

static int take_lock(struct build_state *state, struct err *err)
{
	CLEANUP(freep) char *path = inside(state, "lock");
	const struct timespec tenth = { .tv_nsec = 100000000 };

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		state->lock = try_lock(state, path, err);
		if (state->lock >= 0)
			return 0;
		if (state->lock == -2) {
			state->lock = -1;
			return -1;
		}
		nanosleep(&tenth, NULL);
	}
	return err_set(err, ERR_BUSY, "%s: another build works here", state->folder);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *walk)
{
	if (walk->level == 0 || (walk->level == 1 && strcmp(path + walk->base, "lock") == 0))
		return 0;
	return remove(path);
}

static int clear(const struct build_state *state, struct err *err)
{
	if (nftw(state->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		return err_errno(err, errno, "%s: cannot be cleared", state->folder);
	return 0;
}

/* ---- the file --------------------------------------------------------------------------- */

static void forget(struct build_state *state)
{
	for (size_t i = 0; i < state->records.len; i++)
		free(state->records.items[i]);
	vec_release(&state->records);
	state->n_done = 0;
	state->began = false;
}

static bool is_text(const cJSON *object, const char *name, const char *want)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) && strcmp(item->valuestring, want) == 0;
}

static bool take_begin(struct build_state *state, const cJSON *line)
{
	const cJSON *before = cJSON_GetObjectItemCaseSensitive(line, "before");

	if (!cJSON_IsString(before) || strlen(before->valuestring) > BUILD_KEY_LEN)
		return false;
	state->began = true;
	snprintf(state->before, sizeof(state->before), "%s", before->valuestring);
	return true;
}

static bool take_line(struct build_state *state, const char *text, size_t number, const char *key)
{
	cJSON *line = cJSON_Parse(text);
	bool good;

	if (number == 0)
		good = is_text(line, "key", key);
	else if (cJSON_HasObjectItem(line, "begin"))
		good = take_begin(state, line);
	else
		good = cJSON_IsObject(line);
	if (good && number && !cJSON_HasObjectItem(line, "begin")) {
		*vec_add(&state->records) = xstrdup(text);
		state->n_done++;
	}
	cJSON_Delete(line);
	return good;
}

/* False when there is none, or it is of another job, or is damaged: then all is done anew. */
static bool load(struct build_state *state, const char *key)
{
	CLEANUP(freep) char *path = inside(state, "state");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t number = 0;

	if (file_read_all(path, STATE_MAX, &text, NULL) < 0)
		return false;
	strbuf_reserve(&text, 1);
	for (char *line = text.data, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return false;
		*end = '\0';
		if (!take_line(state, line, number++, key))
			return false;
	}
	return number > 0;
}

static int store(const struct build_state *state, const char *key, struct err *err)
{
	CLEANUP(freep) char *path = inside(state, "state");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "{\"key\":\"%s\"}\n", key);
	for (size_t i = 0; i < state->records.len; i++)
		strbuf_addf(&text, "%s\n", state->records.items[i]);
	if (state->began)
		strbuf_addf(&text, "{\"begin\":%zu,\"before\":\"%s\"}\n", state->n_done, state->before);
	if (atomic_file_replace(path, text.data, text.len, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

int build_state_open(struct build_state *state, const char *folder, const char *key, bool resume, struct err *err)
{
	*state = (struct build_state){ .folder = xstrdup(folder), .lock = -1 };
	snprintf(state->key, sizeof(state->key), "%s", key);
	if (take_lock(state, err) < 0)
		return -1;
	if (resume && load(state, key))
		return 0;
	forget(state);
	return clear(state, err);
}

int build_state_begin(struct build_state *state, const char *before, struct err *err)
{
	state->began = true;
	snprintf(state->before, sizeof(state->before), "%s", before);
	return store(state, state->key, err);
}

int build_state_done(struct build_state *state, const char *record, struct err *err)
{
	state->began = false;
	*vec_add(&state->records) = xstrndup(record, strcspn(record, "\n"));
	state->n_done++;
	return store(state, state->key, err);
}

/* The lock last: whoever waits for it finds a folder that is gone and makes a new one. */
int build_state_remove(struct build_state *state, struct err *err)
{
	CLEANUP(freep) char *path = inside(state, "lock");

	if (clear(state, err) < 0)
		return -1;
	if (unlink(path) < 0 || rmdir(state->folder) < 0)
		return err_errno(err, errno, "%s", state->folder);
	return 0;
}

void build_state_release(struct build_state *state)
{
	forget(state);
	if (state->lock >= 0)
		close(state->lock);
	state->lock = -1;
	free(state->folder);
	state->folder = NULL;
}
