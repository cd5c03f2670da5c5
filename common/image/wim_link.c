/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_link.h"

#include <ctype.h>

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

static const char *skip_nt_prefix(const char *target)
{
	static const char *const prefixes[] = { "\\??\\", "\\DosDevices\\", "\\Device\\" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(target, prefixes[i], strlen(prefixes[i])) == 0)
			return target + strlen(prefixes[i]);
	return target;
}

/* The path behind a drive letter; NULL when there is none. */
static const char *skip_drive(const char *target)
{
	return isalpha((unsigned char)target[0]) && target[1] == ':' ? target + 2 : NULL;
}

static void add_slashes(const char *text, struct strbuf *ret)
{
	for (; *text; text++)
		strbuf_addc(ret, *text == '\\' ? '/' : *text);
}

static void add_absolute(const char *target, bool fixed, const char *root, struct strbuf *ret)
{
	const char *plain = skip_nt_prefix(target);
	const char *path = skip_drive(plain);

	if (!path) {
		add_slashes(target, ret);
		return;
	}
	if (fixed)
		strbuf_adds(ret, root);
	if (*path != '\\' && *path != '/')
		strbuf_addc(ret, '/');
	add_slashes(path, ret);
}

int wim_link_target(uint32_t tag, struct bytes data, bool fixed, const char *root, struct strbuf *ret,
		    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
	size_t head = tag == WIM_TAG_SYMLINK ? LINK_FIXED_SYMLINK : LINK_FIXED_JUNCTION;
	struct bytes name;

	if (data.len < head)
		return err_set(err, ERR_TRUNCATED, "data of a link of %zu bytes", data.len);
	if (!bytes_slice(bytes_from(data, head), bytes_le16(data, LINK_SUBSTITUTE_AT),
			 bytes_le16(data, LINK_SUBSTITUTE_LEN), &name))
		return err_set(err, ERR_FORMAT, "target of a link is outside its data");
	utf16le_to_text(name, &target);
	if (target.len == 0 || memchr(target.data, '\0', target.len))
		return err_set(err, ERR_FORMAT, "link with an impossible target");
	if (tag == WIM_TAG_SYMLINK && (bytes_le32(data, LINK_FLAGS) & FLAG_RELATIVE))
		add_slashes(target.data, ret);
	else
		add_absolute(target.data, fixed, root, ret);
	return 0;
}
