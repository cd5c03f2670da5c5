/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/image_private.h"
#include "common/image/wim_append.h"
#include "common/image/wim_integrity.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_writer.h"
#include "common/report/xml_text.h"

#define NAME_DEPTH_MAX 16
#define VALUE_MAX (1u << 16)

struct setter {
	char *path; /* with links resolved */
	int fd;
	struct image_file *file;
	const struct image_settings *settings;
	unsigned index;
	struct wim_header header; /* the new one */
	struct strbuf text;       /* the new XML */
	struct strbuf integrity;  /* the table; empty when there is none */
	bool new_xml;
	bool new_tables; /* an integrity table comes or goes */
};

static void setter_release(struct setter *s)
{
	strbuf_release(&s->text);
	strbuf_release(&s->integrity);
	image_file_closep(&s->file);
	close_fdp(&s->fd);
	free(s->path);
}

/* ---- what may be set ---- */

static bool is_element_name(const char *name, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	return len && strchr(letters, *name) &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-") >= len;
}

/* "LANGUAGE[2]" is the second of that name. */
static size_t name_len_without_number(const char *part, size_t len)
{
	size_t name_len = strcspn(part, "/[");
	size_t digits = part[name_len] == '[' ? strspn(part + name_len + 1, "0123456789") : 0;

	if (!digits || digits > 6 || part[name_len + 1] == '0' || name_len + digits + 2 != len || part[len - 1] != ']')
		return len;
	return name_len;
}

static bool means(const char *path, const char *element)
{
	size_t len = strlen(element);

	return strncmp(path, element, len) == 0 && (!path[len] || strcmp(path + len, "[1]") == 0);
}

static bool is_counted(const char *path)
{
	static const char *const counted[] = { "DIRCOUNT", "FILECOUNT", "TOTALBYTES", "HARDLINKBYTES" };

	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		if (means(path, counted[i]))
			return true;
	return false;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			return true;
	return false;
}

int image_property_check(const struct image_property *property, struct err *err)
{
	unsigned depth = 0;

	for (const char *part = property->name;; part++) {
		size_t len = strcspn(part, "/");

		if (!is_element_name(part, name_len_without_number(part, len)) || ++depth > NAME_DEPTH_MAX)
			return err_set(err, ERR_USAGE, "%.200s: is no path of element names (as WINDOWS/EDITIONID)",
				       property->name);
		part += len;
		if (!*part)
			break;
	}
	if (is_counted(property->name))
		return err_set(err, ERR_USAGE, "%s: is counted, not set", property->name);
	if (strlen(property->value) > VALUE_MAX)
		return err_set(err, ERR_USAGE, "%s: the value is longer than %u bytes", property->name, VALUE_MAX);
	if (!text_is_utf8(property->value, strlen(property->value)) || has_control(property->value))
		return err_set(err, ERR_USAGE, "%s: the value must be UTF-8 without control characters",
			       property->name);
	return 0;
}

/* An image is chosen by its name, so no two have the same. */
static int check_name(const struct setter *s, const char *name, struct err *err)
{
	for (unsigned i = 1; *name && i <= s->file->header.image_count; i++) {
		const struct image_info *info = wim_xml_image(&s->file->xml, i);

		if (i != s->index && info && strcmp(info->name, name) == 0)
			return err_set(err, ERR_REFUSED, "image %u is named \"%s\" already", i, name);
	}
	return 0;
}

/* ---- the new XML and header ---- */

static int set_properties(struct setter *s, struct err *err)
{
	const struct image_settings *want = s->settings;

	strbuf_add(&s->text, s->file->xml.text.data, s->file->xml.text.len);
	for (size_t i = 0; i < want->n_properties; i++) {
		const struct image_property *property = &want->properties[i];
		CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

		if (image_property_check(property, err) < 0 ||
		    (means(property->name, "NAME") && check_name(s, property->value, err) < 0))
			return -1;
		xml_add_text(&value, property->value);
		if (wim_xml_set(&s->text, s->index, property->name, strbuf_text(&value), true, err) < 0)
			return -1;
	}
	s->new_xml = s->text.len != s->file->xml.text.len ||
		     memcmp(s->text.data, s->file->xml.text.data, s->text.len) != 0;
	return 0;
}

static int set_boot(struct setter *s, struct err *err)
{
	unsigned index = s->settings->boot_index;

	if (index > s->header.image_count)
		return err_set(err, ERR_NOT_FOUND, "there is no image %u; the WIM has %u", index,
			       s->header.image_count);
	s->header.boot_index = index;
	s->header.boot_metadata = (struct wim_reshdr){ 0 };
	if (index) {
		size_t row = s->file->blobs.metadata[index - 1].row;

		wim_reshdr_load((const uint8_t *)s->file->blobs.table.data + row * WIM_BLOB_ROW_LEN + ROW_RESHDR,
				&s->header.boot_metadata);
	}
	return 0;
}

static int put_plain(struct setter *s, struct wim_writer *writer, const struct strbuf *data, struct wim_reshdr *at,
		     struct err *err)
{
	struct bytes bytes = bytes_of(data->data, data->len);
	struct wim_source source = wim_source_of(&bytes);
	CLEANUP(strbuf_release) struct strbuf back = STRBUF_INIT;

	if (wim_writer_put_plain(writer, &source, at->flags & (uint8_t)~WIM_RES_COMPRESSED, at, err) < 0)
		return -1;
	strbuf_add_fill(&back, '\0', data->len);
	if (file_pread(s->fd, back.data, back.len, at->offset, err) < 0)
		return -1;
	if (memcmp(back.data, data->data, data->len) != 0)
		return err_set(err, ERR_IO, "what was written reads back differently");
	return 0;
}

/* The sums cover the file up to the end of the blob table, which stays where it is. */
static int choose_integrity(struct setter *s, struct err *err)
{
	const struct image_settings *want = s->settings;

	if (want->no_check && s->header.integrity.offset) {
		strbuf_clear(&s->integrity);
		s->header.integrity = (struct wim_reshdr){ 0 };
		s->new_tables = true;
	}
	if (!want->check || s->integrity.len)
		return 0;
	s->new_tables = true;
	return wim_integrity_build(s->fd, NULL, 0, wim_integrity_end(&s->header), &s->integrity, err);
}

static int append_xml(struct setter *s, uint64_t *ret_end, struct err *err)
{
	CLEANUP(wim_writer_freep) struct wim_writer *writer = NULL;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(wim_xml_release) struct wim_xml check = { 0 };
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, s->file->file_bytes);
	if (!s->text.len)
		strbuf_add(&s->text, s->file->xml.text.data, s->file->xml.text.len);
	if (wim_xml_set(&s->text, 0, "TOTALBYTES", digits, false, err) < 0 ||
	    wim_xml_encode(&s->text, s->file->xml.encoding, &raw, err) < 0 ||
	    wim_xml_parse(bytes_of(raw.data, raw.len), &check, err) < 0)
		return -1;
	writer = wim_writer_new(s->fd, s->file->file_bytes, &s->header, err);
	if (!writer || put_plain(s, writer, &raw, &s->header.xml, err) < 0)
		return -1;
	if (s->integrity.len && put_plain(s, writer, &s->integrity, &s->header.integrity, err) < 0)
		return -1;
	*ret_end = wim_writer_at(writer);
	return 0;
}

/* ---- the switch ---- */

static int write_behind(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	struct setter *s = context;

	*ret_end = s->file->file_bytes;
	if ((s->new_xml || s->new_tables) && append_xml(s, ret_end, err) < 0)
		return -1;
	*header = s->header;
	return 0;
}

static int write_guarded(struct setter *s, struct err *err)
{
	const struct wim_append append = {
		.path = s->path,
		.fd = s->fd,
		.old = &s->file->header,
		.old_bytes = s->file->file_bytes,
		.write = write_behind,
		.context = s,
	};

	return wim_append_run(&append, err);
}

static int open_wim(struct setter *s, const char *path, struct err *err)
{
	bool did;

	s->path = realpath(path, NULL);
	if (!s->path) {
		err_errno(err, errno, "cannot be opened");
		return image_hint_target(path, err);
	}
	s->fd = image_open_locked(s->path, err);
	if (s->fd < 0 || wim_journal_replay(s->path, s->fd, &did, err) < 0)
		return -1;
	s->file = image_file_open_fd(dup(s->fd), err);
	if (!s->file || image_check_can_change(s->file, err) < 0)
		return -1;
	s->header = s->file->header;
	if (s->header.integrity.offset)
		return wim_integrity_load(s->fd, s->file->file_bytes, &s->header, &s->integrity, err);
	return 0;
}

int image_set(const char *path, const struct image_settings *settings, struct image_set_result *ret, struct err *err)
{
	CLEANUP(setter_release) struct setter s = { .fd = -1, .settings = settings };

	if (open_wim(&s, path, err) < 0 || !s.file)
		return -1;
	if (settings->n_properties &&
	    (image_select(s.file, settings->image, &s.index, err) < 0 || set_properties(&s, err) < 0))
		return -1;
	if (settings->set_boot && set_boot(&s, err) < 0)
		return -1;
	if (choose_integrity(&s, err) < 0)
		return -1;
	*ret = (struct image_set_result){ .index = s.index, .boot_index = s.header.boot_index };
	ret->changed = s.new_xml || s.new_tables || s.header.boot_index != s.file->header.boot_index;
	return ret->changed ? write_guarded(&s, err) : 0;
}
