/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/image_context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/vec.h"
#include "common/cli/cli.h"
#include "common/image/image.h"

#define PKEYCONFIG_PATH "Windows/System32/spp/tokens/pkeyconfig/pkeyconfig.xrm-ms"
#define MAX_IMAGES 1000 /* install media have some 15 */

struct image_context {
	char *file;
	VEC(struct image_row) rows;
	size_t selected; /* index + 1 in rows, 0 for none */
	struct pkey_config *pkeyconfig;
};

static char *copy(const char *text)
{
	return xstrdup(text ? text : "");
}

static int read_rows(struct image_context *context, struct image_file *file, struct err *err)
{
	struct image_file_info info;

	image_file_info(file, &info);
	if (info.image_count > MAX_IMAGES)
		return err_set(err, ERR_LIMIT, "more than %d images", MAX_IMAGES);
	for (unsigned i = 1; i <= info.image_count; i++) {
		struct image_info image;

		if (image_info(file, i, &image, err) < 0)
			return -1;
		*vec_add(&context->rows) = (struct image_row){
			.index = i, .name = copy(image.name), .description = copy(image.description),
			.edition = copy(image.edition), .arch = copy(image.arch), .languages = copy(image.languages),
		};
	}
	return 0;
}

static int select_row(struct image_context *context, struct image_file *file, const char *image, struct err *err)
{
	unsigned index = 1;

	if (!image) {
		context->selected = context->rows.len == 1;
		return 0;
	}
	if (image_select(file, image, &index, err) < 0)
		return -1;
	context->selected = index;
	return 0;
}

/* Images without the file (data, PE) are no error: the built-in list of key groups is used for them. */
static int read_pkeyconfig(struct image_context *context, struct image_file *file, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	unsigned index = context->selected ? (unsigned)context->selected : 1;

	if (context->rows.len == 0)
		return 0;
	if (image_read(file, index, PKEYCONFIG_PATH, PKEY_CONFIG_MAX_BYTES, &raw, err) < 0)
		return err->kind == ERR_NOT_FOUND || err->kind == ERR_UNSUPPORTED ? 0 : -1;
	context->pkeyconfig = pkey_config_parse(bytes_of(strbuf_text(&raw), raw.len), err);
	return context->pkeyconfig ? 0 : err_context(err, "image %u: " PKEYCONFIG_PATH, index);
}

static int read_all(struct image_context *context, const char *image, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(context->file, err);

	if (!file || read_rows(context, file, err) < 0 || select_row(context, file, image, err) < 0 ||
	    read_pkeyconfig(context, file, err) < 0)
		return err_context(err, "%s", context->file);
	return 0;
}

struct image_context *image_context_open(const char *target, struct err *err)
{
	struct image_context *context = xcalloc(1, sizeof(*context));
	CLEANUP(freep) char *image = NULL;
	struct err own = { .kind = ERR_NONE };

	image_split_target(target, &context->file, &image);
	if (read_all(context, image, &own) < 0) {
		if (err)
			*err = own;
		image_context_freep(&context);
	}
	return context;
}

void image_context_freep(struct image_context **image)
{
	struct image_context *c = *image;

	if (!c)
		return;
	for (size_t i = 0; i < c->rows.len; i++) {
		free(c->rows.items[i].name);
		free(c->rows.items[i].description);
		free(c->rows.items[i].edition);
		free(c->rows.items[i].arch);
		free(c->rows.items[i].languages);
	}
	vec_release(&c->rows);
	pkey_config_freep(&c->pkeyconfig);
	free(c->file);
	free(c);
	*image = NULL;
}

const char *image_context_file(const struct image_context *image)
{
	return image->file;
}

size_t image_context_len(const struct image_context *image)
{
	return image->rows.len;
}

const struct image_row *image_context_at(const struct image_context *image, size_t i)
{
	return i < image->rows.len ? &image->rows.items[i] : NULL;
}

const struct image_row *image_context_selected(const struct image_context *image)
{
	return image->selected ? &image->rows.items[image->selected - 1] : NULL;
}

const struct image_row *image_context_by_index(const struct image_context *image, unsigned long index)
{
	return index >= 1 ? image_context_at(image, index - 1) : NULL;
}

static bool text_is(const char *text, const char *wanted, size_t len)
{
	return strlen(text) == len && strncasecmp(text, wanted, len) == 0;
}

const struct image_row *image_context_by_name(const struct image_context *image, const char *name, size_t len)
{
	for (size_t i = 0; i < image->rows.len; i++)
		if (text_is(image->rows.items[i].name, name, len))
			return &image->rows.items[i];
	return NULL;
}

const struct image_row *image_context_by_description(const struct image_context *image, const char *text, size_t len)
{
	for (size_t i = 0; i < image->rows.len; i++)
		if (text_is(image->rows.items[i].description, text, len))
			return &image->rows.items[i];
	return NULL;
}

bool image_row_has_language(const struct image_row *row, const char *tag, size_t len)
{
	const char *at = row->languages;

	if (!*at)
		return true;
	while (*at) {
		size_t word = strcspn(at, " ");

		if (word == len && strncasecmp(at, tag, len) == 0)
			return true;
		at += word + strspn(at + word, " ");
	}
	return false;
}

const char *image_context_did_you_mean(const struct image_context *image, const char *name)
{
	const char *names[MAX_IMAGES + 1] = { NULL };

	for (size_t i = 0; i < image->rows.len; i++)
		names[i] = image->rows.items[i].name;
	return cli_did_you_mean(name, names);
}

const struct pkey_config *image_context_pkeyconfig(const struct image_context *image)
{
	return image->pkeyconfig;
}
