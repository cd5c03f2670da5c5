/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scratch folder: "lock", held while a build works in it; "state", rewritten as a
 * whole before and after each unit, a line of JSON each:
 *
 *	{"state":"goldwim/build-state/1"}
 *	{"step":...,"key":...,"status":"done"}    the record of each unit that is done
 *	{"begin":N,"key":...,"before":"..."}      the unit that was begun, and what the WIM was before it
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

#define STATE "goldwim/build-state/1"

static void forget(struct build_state *state)
{
	for (size_t i = 0; i < state->records.len; i++)
		free(state->records.items[i].text);
	vec_release(&state->records);
	state->n_done = 0;
	state->began = false;
}

static void add_record(struct build_state *state, const char *key, const char *text)
{
	struct build_record *record = vec_add(&state->records);

	record->text = xstrndup(text, strcspn(text, "\n"));
	snprintf(record->key, sizeof(record->key), "%s", key);
	state->n_done++;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) && strlen(item->valuestring) <= BUILD_KEY_LEN ? item->valuestring : NULL;
}

static bool take_begin(struct build_state *state, const cJSON *line, const char *key)
{
	const char *before = text_of(line, "before");

	if (!before)
		return false;
	state->began = true;
	snprintf(state->began_key, sizeof(state->began_key), "%s", key);
	snprintf(state->before, sizeof(state->before), "%s", before);
	return true;
}

static bool take_line(struct build_state *state, const char *text, size_t number)
{
	cJSON *line = cJSON_Parse(text);
	const char *key = text_of(line, "key"), *head = text_of(line, "state");
	bool good = number ? key != NULL : head && strcmp(head, STATE) == 0;

	if (good && number && cJSON_HasObjectItem(line, "begin"))
		good = take_begin(state, line, key);
	else if (good && number)
		add_record(state, key, text);
	cJSON_Delete(line);
	return good;
}

/* False when there is none, or it is damaged: then all is done anew. */
static bool load(struct build_state *state)
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
		if (!take_line(state, line, number++))
			return false;
	}
	return number > 0;
}

static int store(const struct build_state *state, struct err *err)
{
	CLEANUP(freep) char *path = inside(state, "state");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "{\"state\":\"" STATE "\"}\n");
	for (size_t i = 0; i < state->records.len; i++)
		strbuf_addf(&text, "%s\n", state->records.items[i].text);
	if (state->began)
		strbuf_addf(&text, "{\"begin\":%zu,\"key\":\"%s\",\"before\":\"%s\"}\n", state->n_done,
			    state->began_key, state->before);
	if (atomic_file_replace(path, text.data, text.len, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

int build_state_clear(struct build_state *state, struct err *err)
{
	forget(state);
	return clear(state, err);
}

int build_state_open(struct build_state *state, const char *folder, bool resume, struct err *err)
{
	*state = (struct build_state){ .folder = xstrdup(folder), .lock = -1 };
	if (take_lock(state, err) < 0)
		return -1;
	if (resume && load(state))
		return 0;
	return build_state_clear(state, err);
}

int build_state_begin(struct build_state *state, const char *key, const char *before, struct err *err)
{
	state->began = true;
	snprintf(state->began_key, sizeof(state->began_key), "%s", key);
	snprintf(state->before, sizeof(state->before), "%s", before);
	return store(state, err);
}

int build_state_done(struct build_state *state, const char *key, const char *record, struct err *err)
{
	state->began = false;
	add_record(state, key, record);
	return store(state, err);
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
