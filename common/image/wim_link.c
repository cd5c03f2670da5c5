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
