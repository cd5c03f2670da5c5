/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/build.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/cli/progress.h"
#include "common/image/image.h"
#include "wimtool/compress.h"
#include "wimtool/json_copy.h"

#define HEADER_LEN 208 /* of a WIM: every change of it changes this */

/* ---- preparing -------------------------------------------------------------------------- */

static void add_unit(struct build *build, enum build_unit_kind kind, const struct recipe_step *step)
{
	struct build_unit *unit = vec_add(&build->units);

	unit->kind = kind;
	unit->step = step;
}

static bool wants_solid(const struct recipe *r)
{
	struct compress_choice choice;

	return r->output.solid || (compress_parse(r->output.compress, &choice, NULL) == 0 && choice.solid);
}

static void add_units(struct build *build)
{
	const struct recipe *r = build->recipe;
	bool from_wim = !path_is_dir(r->source.path);

	add_unit(build, UNIT_SOURCE, NULL);
	for (size_t i = 0; i < r->steps.len; i++)
		add_unit(build, UNIT_STEP, &r->steps.items[i]);
	if (r->output.properties.len || (from_wim && r->output.flags))
		add_unit(build, UNIT_PROPERTIES, NULL);
	if (r->output.split)
		add_unit(build, UNIT_SPLIT, NULL);
	else if (build->units.len > 1 || wants_solid(r) || (from_wim && r->output.check))
		add_unit(build, UNIT_EXPORT, NULL);
	else
		build->final_is_work = true;
	if (!r->output.no_verify)
		add_unit(build, UNIT_VERIFY, NULL);
	add_unit(build, UNIT_DIGEST, NULL);
	add_unit(build, UNIT_PUBLISH, NULL);
}

/* Beside the output, or in the scratch folder under a name that belongs to the output alone. */
static char *scratch_folder(const struct build *build)
{
	const char *output = build->recipe->output.path;
	CLEANUP(freep) char *folder = path_folder(output);
	uint8_t sum[20];
	char hex[WIM_HASH_TEXT_LEN + 1];

	if (!build->options->scratch)
		return xasprintf("%s/.%s.goldwim-build", folder, path_name(output));
	wim_sha1(output, strlen(output), sum);
	return xasprintf("%s/goldwim-build-%.16s", build->options->scratch, wim_hash_format(sum, hex));
}

static int no_source(const char *path, struct err *err)
{
	CLEANUP(freep) char *wim = NULL;
	CLEANUP(freep) char *image = NULL;

	err_set(err, ERR_NOT_FOUND, "%s: there is no such source", path);
	image_split_target(path, &wim, &image);
	if (!image || !path_exists(wim))
		return -1;
	return err_hint(err, "an image is named by itself: source: { path: %s, image: %s }", wim, image);
}

static int check_paths(const struct build *build, struct err *err)
{
	const struct recipe *r = build->recipe;
	CLEANUP(freep) char *folder = path_folder(r->output.path);

	if (!path_exists(r->source.path))
		return no_source(r->source.path, err);
	if (path_is_dir(r->source.path) && r->source.image)
		return err_set(err, ERR_FORMAT, "%s: a folder has no images: \"image\" is for a WIM", r->source.path);
	if (path_is_dir(r->source.path) && r->source.refs.len)
		return err_set(err, ERR_FORMAT, "%s: a folder has no parts: \"ref\" is for a WIM", r->source.path);
	if (path_is_dir(r->output.path))
		return err_set(err, ERR_FORMAT, "%s: the output is a folder", r->output.path);
	if (!path_is_dir(folder))
		return err_set(err, ERR_NOT_FOUND, "%s: there is no such folder for the output", folder);
	return 0;
}

static int find_parts(struct build *build, struct err *err)
{
	for (size_t i = 0; i < build->recipe->source.refs.len; i++) {
		const char *pattern = build->recipe->source.refs.items[i];
		CLEANUP(names_release) struct names found = { 0 };

		if (names_of_pattern(pattern, &found, err) < 0)
			return err_context(err, "%s", pattern);
		for (size_t k = 0; k < found.len; k++)
			if (!path_same_file(build->recipe->source.path, found.items[k]))
				*vec_add(&build->parts) = xstrdup(found.items[k]);
	}
	return 0;
}

int build_prepare(struct build *build, struct err *err)
{
	if (check_paths(build, err) < 0)
		return -1;
	build->state.lock = -1;
	build->manifest = xasprintf("%s.manifest.json", build->recipe->output.path);
	add_units(build);
	if (find_parts(build, err) < 0)
		return -1;
	return build_make_keys(build, err) < 0 ? -1 : build_check_output(build, err);
}

void build_release(struct build *build)
{
	vec_release(&build->units);
	vec_release(&build->inputs);
	for (size_t i = 0; i < build->parts.len; i++)
		free(build->parts.items[i]);
	vec_release(&build->parts);
	build_state_release(&build->state);
	free(build->manifest);
	free(build->work);
	free(build->final);
}

const char *build_key(const struct build *build)
{
	return build->units.items[build->units.len - 1].key;
}

const char *build_unit_name(const struct build_unit *unit)
{
	static const char *const names[] = {
		[UNIT_SOURCE] = "source", [UNIT_STEP] = "step",	    [UNIT_PROPERTIES] = "properties",
		[UNIT_EXPORT] = "export", [UNIT_SPLIT] = "split",   [UNIT_VERIFY] = "verify",
		[UNIT_DIGEST] = "digest", [UNIT_PUBLISH] = "publish",
	};

	return unit->kind == UNIT_STEP ? recipe_step_name(unit->step->kind) : names[unit->kind];
}

/* ---- one unit --------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void build_event(const struct build *build, const char *event, const struct build_unit *unit)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_freep) struct json *j = NULL;

	if (build->cli->progress != PROGRESS_JSON)
		return;
	j = json_new(&text, false);
	json_begin_object(j, NULL);
	json_text(j, "event", event);
	json_text(j, "job", build->recipe->id);
	json_text(j, "output", build->recipe->output.path);
	if (unit) {
		json_text(j, "step", build_unit_name(unit));
		json_uint(j, "number", (size_t)(unit - build->units.items) + 1);
		json_uint(j, "of", build->units.len);
	}
	json_end_object(j); /* ends the line, too */
	fwrite(text.data, 1, text.len, stderr);
}

static void record_begin(const struct build *build, const struct build_unit *unit, struct json *j)
{
	json_begin_object(j, NULL);
	json_text(j, "step", build_unit_name(unit));
	json_uint(j, "number", (size_t)(unit - build->units.items) + 1);
	json_text(j, "key", unit->key);
}

static void show_unit(const struct build *build, const struct build_unit *unit, const char *status, uint64_t ms)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct recipe *r = build->recipe;

	if (build->cli->quiet)
		return;
	if (unit->kind == UNIT_STEP)
		recipe_step_show(unit->step, &text);
	else if (unit->kind == UNIT_SOURCE)
		strbuf_adds(&text, r->source.path);
	else if (unit->kind == UNIT_PUBLISH)
		strbuf_adds(&text, r->output.path);
	if (build->of > 1)
		fprintf(build->cli->out, "[%s] ", r->id);
	fprintf(build->cli->out, "%zu/%zu %-14s %s%s%s", (size_t)(unit - build->units.items) + 1, build->units.len,
		build_unit_name(unit), strbuf_text(&text), text.len ? ": " : "", status);
	if (ms != UINT64_MAX)
		fprintf(build->cli->out, ", %llu.%llu s", (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10);
	fputc('\n', build->cli->out);
	fflush(build->cli->out);
}

/* What people read at once; programs have it in the record. */
static void show_findings(const struct build *build)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct render_options options = { .color = build->cli->color, .tool = "wimtool" };

	if (!report_len(build->report))
		return;
	renderer_find("text")->render(build->report, &options, &text);
	fputs(strbuf_text(&text), build->cli->out);
	fflush(build->cli->out);
}

static int run_unit(struct build *build, const struct build_unit *unit, struct err *err)
{
	switch (unit->kind) {
	case UNIT_SOURCE:
		return build_run_source(build, err);
	case UNIT_STEP:
		return build_run_step(build, unit->step, err);
	case UNIT_PROPERTIES:
		return build_run_properties(build, err);
	case UNIT_EXPORT:
		return build_run_export(build, err);
	case UNIT_SPLIT:
		return build_run_split(build, err);
	case UNIT_VERIFY:
		return build_run_verify(build, err);
	case UNIT_DIGEST:
		return build_run_digest(build, err);
	case UNIT_PUBLISH:
		return build_run_publish(build, err);
	}
	return -1;
}

/*
 * What a file is, for telling whether the unit that was begun was also done: a change of a
 * WIM always changes its header or its length. "" when there is no such file.
 */
static int fingerprint(const char *path, char ret[BUILD_KEY_LEN + 1], struct err *err)
{
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	uint8_t data[HEADER_LEN + 8] = { 0 }, sum[SHA256_LEN];
	uint64_t size;

	*ret = '\0';
	if (!path_exists(path))
		return 0;
	fd = file_open_read(path, err);
	if (fd < 0 || file_size(fd, &size, err) < 0 ||
	    file_pread(fd, data, (size_t)MIN(size, (uint64_t)HEADER_LEN), 0, err) < 0)
		return err_context(err, "%s", path);
	store_le64(data + HEADER_LEN, size);
	wim_hash_begin(hash);
	wim_hash_update(hash, data, sizeof(data));
	wim_hash_final(hash, sum);
	build_hash_text(sum, ret);
	return 0;
}

/* The file that a unit makes or changes; NULL for those that may simply run again. */
static const char *changed_by(const struct build *build, const struct build_unit *unit)
{
	switch (unit->kind) {
	case UNIT_SOURCE:
	case UNIT_STEP:
	case UNIT_PROPERTIES:
		return build->work;
	case UNIT_EXPORT:
		return build->final;
	default:
		return NULL;
	}
}

/*
 * A unit that was begun before this run: 1 when it was done but for its record. What an append left
 * behind that was cut off is put back first.
 */
static int was_done(struct build *build, const struct build_unit *unit, struct err *err)
{
	const char *path = changed_by(build, unit);
	char now[BUILD_KEY_LEN + 1];
	bool did;

	if (!build->state.began || !path)
		return 0;
	if (path_exists(path) && image_recover(path, &did, err) < 0)
		return -1;
	if (fingerprint(path, now, err) < 0)
		return -1;
	return strcmp(now, build->state.before) != 0;
}

/*
 * What is done can be built upon when it is what the recipe still wants up to there, and the unit that
 * was begun has not changed the file or is still the same: 1; otherwise 0.
 */
static int state_fits(struct build *build, struct err *err)
{
	const struct build_state *state = &build->state;
	const struct build_unit *next;
	int done;

	if (state->n_done > build->units.len)
		return 0;
	/* Before the last unit, publish, the WIM must still be there. */
	if (state->n_done && state->n_done + 1 < build->units.len && !path_exists(build->work))
		return 0;
	next = &build->units.items[state->n_done];
	for (size_t i = 0; i < state->n_done; i++)
		if (strcmp(state->records.items[i].key, build->units.items[i].key) != 0)
			return 0;
	if (!state->began || state->n_done == build->units.len || strcmp(state->began_key, next->key) == 0)
		return 1;
	done = was_done(build, next, err);
	if (done == 0)
		build->state.began = false;
	return done < 0 ? -1 : !done;
}

static int do_unit(struct build *build, const struct build_unit *unit, struct strbuf *record, struct err *err)
{
	CLEANUP(json_freep) struct json *j = json_new(record, false);
	const char *path = changed_by(build, unit);
	char before[BUILD_KEY_LEN + 1] = "";
	uint64_t start = now_ms();
	int result = was_done(build, unit, err);
	bool done_before = result > 0;

	if (result < 0 || (path && !done_before && fingerprint(path, before, err) < 0))
		return -1;
	record_begin(build, unit, j);
	if (done_before) {
		json_text(j, "status", "done-before-kill");
		json_end_object(j);
		show_unit(build, unit, "was done when the build was interrupted", UINT64_MAX);
		return build_state_done(&build->state, unit->key, strbuf_text(record), err);
	}
	build_event(build, "begin", unit);
	json_begin_object(j, "details");
	build->details = j;
	result = build_state_begin(&build->state, unit->key, before, err);
	if (result == 0)
		result = run_unit(build, unit, err);
	if (result < 0)
		return -1;
	json_end_object(j);
	json_text(j, "status", result == CLI_FINDINGS ? "findings" : "done");
	json_uint(j, "milliseconds", now_ms() - start);
	report_to_json(build->report, j);
	json_end_object(j);
	show_findings(build);
	show_unit(build, unit, result == CLI_FINDINGS ? "stopped by findings" : "done", now_ms() - start);
	build_event(build, "end", unit);
	return result == CLI_FINDINGS ? result : build_state_done(&build->state, unit->key, strbuf_text(record), err);
}

/* ---- the whole --------------------------------------------------------------------------- */

static int run_units(struct build *build, struct strbuf *stopped, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < build->state.n_done && i < build->units.len; i++)
		show_unit(build, &build->units.items[i], "done before", UINT64_MAX);
	while (result == 0 && build->state.n_done < build->units.len) {
		const struct build_unit *unit = &build->units.items[build->state.n_done];
		CLEANUP(strbuf_release) struct strbuf record = STRBUF_INIT;

		build->report = report_new();
		result = do_unit(build, unit, &record, err);
		report_freep(&build->report);
		if (result == CLI_FINDINGS)
			strbuf_add(stopped, record.data, record.len);
		if (result < 0)
			err_context(err, "step %zu (%s)", (size_t)(unit - build->units.items) + 1, build_unit_name(unit));
	}
	return result;
}

static void job_begin(const struct build *build, struct json *j)
{
	json_begin_object(j, NULL);
	json_text(j, "job", build->recipe->id);
	json_text(j, "output", build->recipe->output.path);
	json_text(j, "manifest", build->manifest);
	json_text(j, "key", build_key(build));
}

static void job_end(const struct build *build, struct json *j, const char *status, const struct strbuf *stopped)
{
	json_text(j, "status", status);
	json_begin_array(j, "steps");
	for (size_t i = 0; i < build->state.records.len; i++)
		json_copy_text(j, NULL, build->state.records.items[i].text);
	if (stopped && stopped->len)
		json_copy_text(j, NULL, strbuf_text(stopped));
	json_end_array(j);
	json_end_object(j);
}

static int run_in_scratch(struct build *build, struct json *j, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf stopped = STRBUF_INIT;
	CLEANUP(freep) char *folder = scratch_folder(build);
	bool split = build->recipe->output.split != 0;
	int result;

	build->work = path_join(folder, "work.wim");
	build->final = build->final_is_work ? xstrdup(build->work) : path_join(folder, split ? "parts" : "final.wim");
	if (build_state_open(&build->state, folder, build->options->resume, err) < 0)
		return -1;
	result = state_fits(build, err);
	if (result == 0)
		result = build_state_clear(&build->state, err);
	if (result < 0)
		return -1;
	result = run_units(build, &stopped, err);
	if (result < 0 && !build->state.n_done)
		(void)build_state_remove(&build->state, NULL); /* there is nothing to go on with */
	else if (result < 0)
		err_hint(err, "what is done is kept in %s: build --resume goes on behind it", folder);
	if (result == 0 && (build_write_manifest(build, err) < 0 || build_state_remove(&build->state, err) < 0))
		result = -1;
	job_end(build, j, result == 0 ? "built" : result < 0 ? "failed" : "findings", &stopped);
	return result;
}

/* A build that was killed behind its manifest leaves its scratch folder. */
static int remove_leftovers(struct build *build, struct err *err)
{
	CLEANUP(freep) char *folder = scratch_folder(build);

	if (!path_is_dir(folder))
		return 0;
	if (build_state_open(&build->state, folder, false, err) < 0)
		return -1;
	return build_state_remove(&build->state, err);
}

int build_run(struct build *build, struct strbuf *ret, struct err *err)
{
	CLEANUP(json_freep) struct json *j = json_new(ret, false);
	int result = 0;

	job_begin(build, j);
	if (!build->options->force && build_is_up_to_date(build)) {
		if (!build->cli->quiet)
			fprintf(build->cli->out, "%s: up to date\n", build->recipe->output.path);
		result = remove_leftovers(build, err);
		job_end(build, j, "up-to-date", NULL);
	} else {
		result = run_in_scratch(build, j, err);
	}
	json_unwind(j, 0);
	build_event(build, "result", NULL);
	return result;
}
