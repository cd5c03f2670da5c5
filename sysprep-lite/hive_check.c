/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/hive_check.h"

#include <errno.h>
#include <hivex.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/vec.h"

enum {
	NODE_FLAGS = 6, /* from the start of a key's cell, which is what libhivex names a node by */
	FLAG_HANDLE = 0x40,
};

struct walk {
	hive_h *hive;
	struct bytes file;
	VEC(hive_node_h) todo;
	uint64_t keys, values;
	struct err *err;
};

static void close_hivep(hive_h **hive)
{
	if (*hive)
		(void)hivex_close(*hive);
}

static int unreadable(struct walk *walk, uint64_t offset, const char *what)
{
	int errnum = errno;

	(void)err_errno(walk->err, errnum, "offset 0x%llx: libhivex cannot read the %s", (unsigned long long)offset,
			what);
	if (walk->err)
		walk->err->kind = ERR_FORMAT;
	return -1;
}

static int add_children(struct walk *walk, hive_node_h key)
{
	CLEANUP(freep) hive_node_h *children = hivex_node_children(walk->hive, key);

	if (!children)
		return unreadable(walk, key, "subkeys of a key");
	for (size_t i = 0; children[i]; i++)
		*vec_add(&walk->todo) = children[i];
	return 0;
}

static int check_value(struct walk *walk, hive_value_h value)
{
	CLEANUP(freep) char *name = hivex_value_key(walk->hive, value);
	CLEANUP(freep) char *data = NULL;
	hive_type type;
	size_t len;

	walk->values++;
	if (!name)
		return unreadable(walk, value, "name of a value");
	if (hivex_value_type(walk->hive, value, &type, &len) < 0)
		return unreadable(walk, value, "type of a value");
	if (len == 0) /* libhivex wants a data cell even then; Windows has none */
		return 0;
	errno = 0;
	data = hivex_value_value(walk->hive, value, &type, &len);
	if (!data && errno != ERANGE) /* ERANGE: more than the 8,000,000 bytes that libhivex reads */
		return unreadable(walk, value, "data of a value");
	return 0;
}

/* The value count of a predefined handle is a handle, which libhivex does not know. */
static bool is_handle(const struct walk *walk, hive_node_h key)
{
	return bytes_holds(walk->file, key + NODE_FLAGS, 2) &&
	       (load_le16(walk->file.data + key + NODE_FLAGS) & FLAG_HANDLE);
}

static int check_values(struct walk *walk, hive_node_h key)
{
	CLEANUP(freep) hive_value_h *values = NULL;

	if (is_handle(walk, key))
		return 0;
	values = hivex_node_values(walk->hive, key);
	if (!values)
		return unreadable(walk, key, "values of a key");
	for (size_t i = 0; values[i]; i++)
		if (check_value(walk, values[i]) < 0)
			return -1;
	return 0;
}

static int check_key(struct walk *walk, hive_node_h key)
{
	CLEANUP(freep) char *name = hivex_node_name(walk->hive, key);

	walk->keys++;
	if (!name)
		return unreadable(walk, key, "name of a key");
	if (check_values(walk, key) < 0)
		return -1;
	return add_children(walk, key);
}

static int walk_all(struct walk *walk)
{
	hive_node_h root = hivex_root(walk->hive);

	if (!root)
		return unreadable(walk, 0, "root key");
	*vec_add(&walk->todo) = root;
	while (walk->todo.len > 0)
		if (check_key(walk, walk->todo.items[--walk->todo.len]) < 0)
			return -1;
	return 0;
}

static int check(struct walk *walk, const char *path, uint64_t expect_keys, uint64_t expect_values)
{
	CLEANUP(close_hivep) hive_h *hive = hivex_open(path, 0);

	if (!hive)
		return unreadable(walk, 0, "hive");
	walk->hive = hive;
	if (walk_all(walk) < 0)
		return -1;
	if (walk->keys == expect_keys && walk->values == expect_values)
		return 0;
	return err_set(walk->err, ERR_FORMAT, "libhivex finds %llu keys and %llu values, expected are %llu and %llu",
		       (unsigned long long)walk->keys, (unsigned long long)walk->values,
		       (unsigned long long)expect_keys, (unsigned long long)expect_values);
}

int hive_check(const char *path, uint64_t expect_keys, uint64_t expect_values, struct err *err)
{
	CLEANUP(file_map_release) struct file_map map = { 0 };
	struct walk walk = { .err = err };
	int ret;

	if (file_map_open(path, &map, err) < 0)
		return -1;
	walk.file = map.bytes;
	ret = check(&walk, path, expect_keys, expect_values);
	vec_release(&walk.todo);
	return ret;
}
