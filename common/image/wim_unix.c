/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_unix.h"

#include "common/image/wim_node_edit.h"

#define TAG_XATTRS 0x00000002u /* also of Windows: value length (2), name length (1), flags (1), name, NUL, value */
#define TAG_OLD_XATTRS 0x337dd874u /* wimlib 1.11: name length (2), 0 (2), value length (4), name, value, to four */
#define XATTR_HEADER_LEN 4
#define OLD_XATTR_HEADER_LEN 8

bool wim_node_unix_data(const struct wim_node *node, struct wim_unix_data *ret)
{
	struct bytes data;

	if (!wim_node_find_tag(node, WIM_TAG_UNIX_DATA, &data) || data.len < WIM_UNIX_DATA_LEN)
		return false;
	*ret = (struct wim_unix_data){
		.uid = bytes_le32(data, 0),
		.gid = bytes_le32(data, 4),
		.mode = bytes_le32(data, 8),
		.rdev = bytes_le32(data, 12),
	};
	return true;
}

static int take(struct bytes data, size_t name_at, size_t name_len, size_t value_at, size_t value_len,
		struct wim_xattr *ret, struct err *err)
{
	if (name_len == 0 || name_len >= sizeof(ret->name) || !bytes_holds(data, name_at, name_len) ||
	    memchr(data.data + name_at, '\0', name_len) || !bytes_slice(data, value_at, value_len, &ret->value))
		return err_set(err, ERR_FORMAT, "its extended attributes are broken");
	memcpy(ret->name, data.data + name_at, name_len);
	ret->name[name_len] = '\0';
	return 1;
}

static int next_old(struct bytes data, size_t *at, struct wim_xattr *ret, struct err *err)
{
	size_t begin = *at, name_len, value_len;

	if (!bytes_holds(data, begin, OLD_XATTR_HEADER_LEN))
		return 0;
	name_len = bytes_le16(data, begin);
	value_len = bytes_le32(data, begin + 4);
	*at = (size_t)round_up(begin + OLD_XATTR_HEADER_LEN + name_len + value_len, 4);
	return take(data, begin + OLD_XATTR_HEADER_LEN, name_len, begin + OLD_XATTR_HEADER_LEN + name_len, value_len,
		    ret, err);
}

int wim_node_next_xattr(const struct wim_node *node, size_t *at, struct wim_xattr *ret, struct err *err)
{
	size_t begin = *at, name_len, value_len;
	struct bytes data;

	if (!wim_node_find_tag(node, TAG_XATTRS, &data))
		return wim_node_find_tag(node, TAG_OLD_XATTRS, &data) ? next_old(data, at, ret, err) : 0;
	if (!bytes_holds(data, begin, XATTR_HEADER_LEN))
		return 0;
	value_len = bytes_le16(data, begin);
	name_len = bytes_u8(data, begin + 2);
	*at = begin + XATTR_HEADER_LEN + name_len + 1 + value_len;
	return take(data, begin + XATTR_HEADER_LEN, name_len, begin + XATTR_HEADER_LEN + name_len + 1, value_len, ret, err);
}
