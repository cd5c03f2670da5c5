/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_link.h"

#include "common/base/utf16.h"

/* [MS-FSCC] 2.1.2.4 and 2.1.2.5, without the tag, length and reserved fields at the start. */
enum link_field {
	LINK_SUBSTITUTE_AT = 0,
	LINK_SUBSTITUTE_LEN = 2,
	LINK_FIXED_JUNCTION = 8,
	LINK_FLAGS = 8, /* of a symbolic link */
	LINK_FIXED_SYMLINK = 12,
};

#define FLAG_RELATIVE 1u

/* "\??\C:\Users" and "\Device\HarddiskVolume2\Users" lose what names the device. */
static const char *skip_device(const char *target)
{
	static const char *const prefixes[] = { "\\??\\", "\\DosDevices\\", "\\Device\\" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strncmp(target, prefixes[i], strlen(prefixes[i])) != 0)
			continue;
		target += strlen(prefixes[i]);
		target += strspn(target, "\\");
		return target + strcspn(target, "\\");
	}
	return target;
}

/* Slashes of Linux are backslashes of Windows, and the other way round: what libwim stores of either comes back. */
static void add_path(const char *text, struct strbuf *ret)
{
	for (; *text; text++)
		strbuf_addc(ret, *text == '\\' ? '/' : *text == '/' ? '\\' : *text);
}

static void add_absolute(const char *target, bool fixed, const char *root, struct strbuf *ret)
{
	if (fixed)
		strbuf_adds(ret, root);
	add_path(skip_device(target), ret);
}

int wim_link_target(uint32_t tag, struct bytes data, bool fixed, const char *root, struct strbuf *ret,
		    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
	size_t head = tag == WIM_TAG_SYMLINK ? LINK_FIXED_SYMLINK : LINK_FIXED_JUNCTION;
	size_t before = ret->len;
	struct bytes name;

	if (data.len < head)
		return err_set(err, ERR_TRUNCATED, "data of a link of %zu bytes", data.len);
	if (!bytes_slice(bytes_from(data, head), bytes_le16(data, LINK_SUBSTITUTE_AT),
			 bytes_le16(data, LINK_SUBSTITUTE_LEN), &name))
		return err_set(err, ERR_FORMAT, "target of a link is outside its data");
	utf16le_to_text(name, &target);
	if (memchr(strbuf_text(&target), '\0', target.len))
		return err_set(err, ERR_FORMAT, "link with an impossible target");
	if (tag == WIM_TAG_SYMLINK && (bytes_le32(data, LINK_FLAGS) & FLAG_RELATIVE))
		add_path(strbuf_text(&target), ret);
	else
		add_absolute(strbuf_text(&target), fixed, root, ret);
	/* the root of the image itself, seen without a root */
	if (ret->len == before)
		strbuf_addc(ret, '/');
	return 0;
}

/* ---- the other way ---- */

static void add_name_field(struct strbuf *data, size_t at, size_t offset, size_t len)
{
	store_le16((uint8_t *)data->data + at, (uint16_t)offset);
	store_le16((uint8_t *)data->data + at + 2, (uint16_t)len);
}

/* [MS-FSCC] 2.1.2.4 */
int wim_link_build(const char *target, struct strbuf *ret, struct err *err)
{
	bool absolute = target[0] == '/' || !target[0];
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT; /* the substitute name, whose end is the print name */
	const char *print;

	if (absolute)
		strbuf_adds(&names, "\\??\\C:");
	add_path(target, &names);
	print = strbuf_text(&names) + (absolute ? 4 : 0);
	strbuf_add_fill(ret, '\0', LINK_FIXED_SYMLINK);
	if (text_to_utf16le(names.data, names.len, ret, err) < 0)
		return -1;

	size_t substitute_len = ret->len - 12;

	strbuf_add_fill(ret, '\0', 2);
	if (text_to_utf16le(print, strlen(print), ret, err) < 0)
		return -1;

	size_t print_len = ret->len - 14 - substitute_len;

	strbuf_add_fill(ret, '\0', 2);
	if (ret->len + 8 > WIM_REPARSE_MAX)
		return err_set(err, ERR_LIMIT, "the target of the link is too long for Windows");
	add_name_field(ret, 0, 0, substitute_len);
	add_name_field(ret, 4, substitute_len + 2, print_len);
	store_le32((uint8_t *)ret->data + 8, absolute ? 0 : FLAG_RELATIVE);
	return 0;
}
