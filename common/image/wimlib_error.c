/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wimlib_error.h"

#include <ctype.h>

#include <wimlib.h>

struct code_row {
	int code;
	enum err_kind kind;
	const char *hint; /* NULL: nothing to say */
};

static const struct code_row rows[] = {
	{ WIMLIB_ERR_ALREADY_LOCKED, ERR_BUSY, "another program is changing this WIM; wait for it to end" },
	{ WIMLIB_ERR_DECOMPRESSION, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_FUSE, ERR_IO, "mounting needs /dev/fuse and fusermount" },
	{ WIMLIB_ERR_GLOB_HAD_NO_MATCHES, ERR_NOT_FOUND, NULL },
	{ WIMLIB_ERR_IMAGE_COUNT, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_IMAGE_NAME_COLLISION, ERR_REFUSED, "choose another image name" },
	{ WIMLIB_ERR_INSUFFICIENT_PRIVILEGES, ERR_PERMISSION, NULL },
	{ WIMLIB_ERR_INTEGRITY, ERR_FORMAT, "the file is damaged; copy it again from its source" },
	{ WIMLIB_ERR_INVALID_CAPTURE_CONFIG, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_CHUNK_SIZE, ERR_USAGE, NULL },
	{ WIMLIB_ERR_INVALID_COMPRESSION_TYPE, ERR_USAGE, NULL },
	{ WIMLIB_ERR_INVALID_HEADER, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_IMAGE, ERR_NOT_FOUND, NULL },
	{ WIMLIB_ERR_INVALID_INTEGRITY_TABLE, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_LOOKUP_TABLE_ENTRY, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_METADATA_RESOURCE, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_PART_NUMBER, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_PIPABLE_WIM, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_REPARSE_DATA, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_RESOURCE_HASH, ERR_FORMAT, "the file is damaged; copy it again from its source" },
	{ WIMLIB_ERR_INVALID_UTF16_STRING, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_INVALID_UTF8_STRING, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_IS_DIRECTORY, ERR_USAGE, NULL },
	{ WIMLIB_ERR_IS_SPLIT_WIM, ERR_UNSUPPORTED, "join the parts first" },
	{ WIMLIB_ERR_METADATA_NOT_FOUND, ERR_UNSUPPORTED, "use the first part of the split WIM" },
	{ WIMLIB_ERR_NOMEM, ERR_MEMORY, NULL },
	{ WIMLIB_ERR_NOTDIR, ERR_USAGE, NULL },
	{ WIMLIB_ERR_NOTEMPTY, ERR_REFUSED, NULL },
	{ WIMLIB_ERR_NOT_A_REGULAR_FILE, ERR_USAGE, NULL },
	{ WIMLIB_ERR_NOT_A_WIM_FILE, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_NOT_PIPABLE, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_PATH_DOES_NOT_EXIST, ERR_NOT_FOUND, NULL },
	{ WIMLIB_ERR_RESOURCE_NOT_FOUND, ERR_NOT_FOUND, "the data may be in another part of a split WIM" },
	{ WIMLIB_ERR_SPLIT_INVALID, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_UNEXPECTED_END_OF_FILE, ERR_TRUNCATED, NULL },
	{ WIMLIB_ERR_UNKNOWN_VERSION, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_UNSUPPORTED, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_UNSUPPORTED_FILE, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_WIM_IS_READONLY, ERR_PERMISSION, "check the file's permissions and its read-only flag" },
	{ WIMLIB_ERR_WIM_IS_ENCRYPTED, ERR_UNSUPPORTED, "the file is an encrypted ESD; decrypt it first" },
	{ WIMLIB_ERR_WIM_IS_INCOMPLETE, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_XML, ERR_FORMAT, NULL },
	{ WIMLIB_ERR_ABORTED_BY_PROGRESS, ERR_CANCELLED, NULL },
	{ WIMLIB_ERR_MOUNTED_IMAGE_IS_BUSY, ERR_BUSY, "close what has files open in the mount point" },
	{ WIMLIB_ERR_NOT_A_MOUNTPOINT, ERR_NOT_FOUND, NULL },
	{ WIMLIB_ERR_NOT_PERMITTED_TO_UNMOUNT, ERR_PERMISSION, NULL },
	{ WIMLIB_ERR_FVE_LOCKED_VOLUME, ERR_UNSUPPORTED, NULL },
	{ WIMLIB_ERR_IMAGE_HAS_MULTIPLE_REFERENCES, ERR_REFUSED, NULL },
	{ WIMLIB_ERR_DUPLICATE_EXPORTED_IMAGE, ERR_REFUSED, NULL },
	{ WIMLIB_ERR_CONCURRENT_MODIFICATION_DETECTED, ERR_BUSY, "a file changed while it was read" },
};

static const struct code_row *find_row(int code)
{
	static const struct code_row other = { .kind = ERR_IO };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].code == code)
			return &rows[i];
	return &other;
}

/* libwim's texts start with a capital letter; ours continue a sentence ("WIM" stays). */
static int first_letter(const char *text)
{
	bool is_word = text[0] && text[1] && islower((unsigned char)text[1]);

	return is_word ? tolower((unsigned char)text[0]) : text[0];
}

int image_error_from_wimlib(struct err *err, int code, const char *doing)
{
	const struct code_row *row = find_row(code);
	const char *text = wimlib_get_error_string((enum wimlib_error_code)code);

	if (!text || !*text)
		text = "unknown error";
	err_set(err, row->kind, "%s: %c%s (wimlib error %d)", doing, first_letter(text), text + 1, code);
	if (row->hint)
		err_hint(err, "%s", row->hint);
	return -1;
}
