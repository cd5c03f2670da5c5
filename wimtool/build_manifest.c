/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OUTPUT.manifest.json: what the output was made of and by what, and its own hash. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/filetime.h"
#include "wimtool/build.h"
#include "wimtool/json_copy.h"
#include "wimtool/library_versions.h"

#define MANIFEST_MAX (64u << 20)
#define SCHEMA "goldwim/build-manifest/1"

static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Names are of files beside the manifest and nothing else. */
static bool take_output(const cJSON *item, struct build_outputs *ret)
{
	const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(item, "bytes");
	const char *name = text_of(item, "name"), *sha256 = text_of(item, "sha256");
	struct build_output *output;

	if (!name || !*name || strchr(name, '/') || strcmp(name, "..") == 0 || !sha256 ||
	    strlen(sha256) != BUILD_KEY_LEN || !cJSON_IsNumber(bytes) || bytes->valuedouble < 0)
		return false;
	output = vec_add(&ret->items);
	output->name = xstrdup(name);
	output->bytes = (uint64_t)bytes->valuedouble;
	memcpy(output->sha256, sha256, sizeof(output->sha256));
	return true;
}

static bool take_outputs(const cJSON *list, struct build_outputs *ret)
{
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return false;
	for (item = list->child; item; item = item->next)
		if (!take_output(item, ret))
			return false;
	return ret->items.len > 0;
}

void build_outputs_release(struct build_outputs *outputs)
{
	for (size_t i = 0; i < outputs->items.len; i++)
		free(outputs->items.items[i].name);
	vec_release(&outputs->items);
}

/* The record of the digest, which is the last but one. */
int build_read_outputs(const struct build *build, struct build_outputs *ret, struct err *err)
{
	bool good = false;

	for (size_t i = 0; i < build->units.len && i < build->state.records.len; i++) {
		cJSON *record;

		if (build->units.items[i].kind != UNIT_DIGEST)
			continue;
		record = cJSON_Parse(build->state.records.items[i].text);
		good = take_outputs(cJSON_GetObjectItemCaseSensitive(
					    cJSON_GetObjectItemCaseSensitive(record, "details"), "outputs"), ret);
		cJSON_Delete(record);
	}
	return good ? 0 : err_set(err, ERR_FORMAT, "%s: the state of the build is damaged", build->state.folder);
}

static cJSON *load_manifest(const struct build *build)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!path_exists(build->manifest) || file_read_all(build->manifest, MANIFEST_MAX, &text, NULL) < 0)
		return NULL;
	return cJSON_ParseWithLength(strbuf_text(&text), text.len);
}

static bool is_unharmed(const struct build *build, const struct build_output *output)
{
	CLEANUP(freep) char *folder = path_folder(build->recipe->output.path);
	CLEANUP(freep) char *path = path_join(folder, output->name);
	char sha256[BUILD_KEY_LEN + 1];
	uint64_t bytes;

	return path_exists(path) && build_hash_file(path, sha256, &bytes, NULL) == 0 && bytes == output->bytes &&
	       strcmp(sha256, output->sha256) == 0;
}

int build_is_up_to_date(struct build *build)
{
	CLEANUP(build_outputs_release) struct build_outputs outputs = { 0 };
	cJSON *manifest = load_manifest(build);
	const char *key = text_of(manifest, "key");
	bool good = key && strcmp(key, build_key(build)) == 0 &&
		    take_outputs(cJSON_GetObjectItemCaseSensitive(manifest, "outputs"), &outputs);

	for (size_t i = 0; good && i < outputs.items.len; i++)
		good = is_unharmed(build, &outputs.items.items[i]);
	cJSON_Delete(manifest);
	return good;
}

int build_remove_old_parts(const struct build *build, const struct build_outputs *outputs, struct err *err)
{
	CLEANUP(build_outputs_release) struct build_outputs old = { 0 };
	CLEANUP(freep) char *folder = path_folder(build->recipe->output.path);
	cJSON *manifest = load_manifest(build);
	int result = 0;

	(void)take_outputs(cJSON_GetObjectItemCaseSensitive(manifest, "outputs"), &old);
	cJSON_Delete(manifest);
	for (size_t i = 0; i < old.items.len; i++) {
		CLEANUP(freep) char *path = path_join(folder, old.items.items[i].name);
		bool is_new = false;

		for (size_t k = 0; k < outputs->items.len; k++)
			is_new |= strcmp(outputs->items.items[k].name, old.items.items[i].name) == 0;
		/* Only what is still as that build left it. */
		if (!is_new && is_unharmed(build, &old.items.items[i]) && unlink(path) < 0)
			result = err_errno(err, errno, "%s", path);
	}
	return result;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_tools(struct json *j)
{
	json_text(j, "tool", "wimtool");
	json_text(j, "version", GOLDWIM_VERSION);
	json_begin_array(j, "libraries");
	for (size_t i = 0; wimtool_library_versions[i]; i++) {
		const char *text = wimtool_library_versions[i]();

		if (strncmp(text, "fuse", 4) != 0)
			json_text(j, NULL, text);
	}
	json_end_array(j);
}

static void write_job(const struct build *build, struct json *j)
{
	char sha256[BUILD_KEY_LEN + 1];

	build_hash_text(build->file->sha256, sha256);
	json_begin_object(j, "recipe");
	json_text(j, "path", build->file->path);
	json_text(j, "sha256", sha256);
	json_end_object(j);
	json_begin_object(j, "matrix");
	for (size_t i = 0; i < build->recipe->axes.len; i++)
		json_text(j, build->recipe->axes.items[i].name, build->recipe->axes.items[i].value);
	json_end_object(j);
}

static void write_inputs(const struct build *build, struct json *j)
{
	json_begin_array(j, "inputs");
	for (size_t i = 0; i < build->inputs.len; i++) {
		json_begin_object(j, NULL);
		json_text(j, "kind", build->inputs.items[i].kind);
		json_text(j, "path", build->inputs.items[i].path);
		json_text(j, strcmp(build->inputs.items[i].kind, "file") == 0 ? "sha256" : "contents",
			  build->inputs.items[i].sha256);
		json_end_object(j);
	}
	json_end_array(j);
}

static void write_outputs(const struct build_outputs *outputs, struct json *j)
{
	json_begin_array(j, "outputs");
	for (size_t i = 0; i < outputs->items.len; i++) {
		json_begin_object(j, NULL);
		json_text(j, "name", outputs->items.items[i].name);
		json_text(j, "sha256", outputs->items.items[i].sha256);
		json_uint(j, "bytes", outputs->items.items[i].bytes);
		json_end_object(j);
	}
	json_end_array(j);
}

/* Made in the scratch folder, which is removed whatever ends the build, so that beside the output is no trace of it. */
static int put_manifest(const struct build *build, const struct strbuf *text, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(build->work);
	CLEANUP(freep) char *made = path_join(folder, "manifest.json");

	if (atomic_file_replace(made, text->data, text->len, err) < 0)
		return err_context(err, "%s", made);
	return build_move_file(made, build->manifest, err);
}

int build_write_manifest(struct build *build, struct err *err)
{
	CLEANUP(build_outputs_release) struct build_outputs outputs = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_freep) struct json *j = json_new(&text, true);

	if (build_read_outputs(build, &outputs, err) < 0)
		return -1;
	json_begin_object(j, NULL);
	json_text(j, "schema", SCHEMA);
	write_tools(j);
	json_filetime(j, "made", filetime_now());
	json_text(j, "key", build_key(build));
	write_job(build, j);
	write_inputs(build, j);
	json_begin_array(j, "steps");
	for (size_t i = 0; i < build->state.records.len; i++)
		json_copy_text(j, NULL, build->state.records.items[i].text);
	json_end_array(j);
	write_outputs(&outputs, j);
	json_end_object(j);
	return put_manifest(build, &text, err);
}
