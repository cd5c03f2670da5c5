/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a hive as large as real ones: keys as those of registered classes, written by libhivex. */
#include <errno.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/strbuf.h"
#include "common/base/utf16.h"
#include "tests/support/hive_builder.h"
#include "tests/support/rng.h"

enum { CLASSES_IN_FOLDER = 32, CLASS_BYTES = 1590 /* in the file; measured */ };

struct growing {
	hive_h *hive;
	struct rng rng;
	struct err *err;
};

static int failed(struct growing *g, const char *what)
{
	return err_errno(g->err, errno, "%s", what);
}

static hive_node_h child(struct growing *g, hive_node_h parent, const char *name)
{
	hive_node_h node = hivex_node_get_child(g->hive, parent, name);

	return node ? node : hivex_node_add_child(g->hive, parent, name);
}

static int set_texts(struct growing *g, hive_node_h node, const char *const pairs[][2], size_t n)
{
	struct strbuf data[4] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
	hive_set_value values[4] = { 0 };
	int status;

	for (size_t i = 0; i < n; i++) {
		(void)text_to_utf16le(pairs[i][1], strlen(pairs[i][1]) + 1, &data[i], NULL);
		values[i] = (hive_set_value){
			.key = (char *)(uintptr_t)pairs[i][0], .t = hive_t_string, .len = data[i].len,
			.value = data[i].data,
		};
	}
	status = hivex_node_set_values(g->hive, node, n, values, 0);
	for (size_t i = 0; i < n; i++)
		strbuf_release(&data[i]);
	return status;
}

/* {GUID} with a name, InprocServer32 with a path, ProgID and Version below it. */
static int add_class(struct growing *g, hive_node_h folder)
{
	static const char *const words[] = { "Shell", "Media", "Device", "Policy", "Storage", "Network", "Task",
					     "Index", "Broker", "Update", "Input",  "Print",   "Audio",   "Cloud" };
	struct guid guid = rng_guid(&g->rng);
	const char *word = words[rng_below(&g->rng, ARRAY_SIZE(words))];
	const char *other = words[rng_below(&g->rng, ARRAY_SIZE(words))];
	char id[GUID_BRACED_LEN + 1], title[80], path[120], prog[80];
	hive_node_h node, server, name, version;

	guid_format(&guid, GUID_BRACES, id);
	(void)snprintf(title, sizeof(title), "Microsoft %s %s Class", word, other);
	(void)snprintf(path, sizeof(path), "%%SystemRoot%%\\System32\\%s%s%u.dll", word, other,
		       rng_below(&g->rng, 90));
	(void)snprintf(prog, sizeof(prog), "Microsoft.%s.%s.%u", word, other, rng_below(&g->rng, 9));
	node = hivex_node_add_child(g->hive, folder, id);
	server = node ? hivex_node_add_child(g->hive, node, "InprocServer32") : 0;
	name = server ? hivex_node_add_child(g->hive, node, "ProgID") : 0;
	version = name ? hivex_node_add_child(g->hive, node, "Version") : 0;
	if (!version || set_texts(g, node, (const char *const[][2]){ { "", title }, { "AppID", id } }, 2) < 0 ||
	    set_texts(g, server, (const char *const[][2]){ { "", path }, { "ThreadingModel", "Both" } }, 2) < 0 ||
	    set_texts(g, name, (const char *const[][2]){ { "", prog } }, 1) < 0 ||
	    set_texts(g, version, (const char *const[][2]){ { "", "1.0" } }, 1) < 0)
		return failed(g, "adding a class");
	return 0;
}

static int grow(struct growing *g, const char *key, uint64_t bytes)
{
	hive_node_h node = hivex_root(g->hive);
	char *copy = xstrdup(key), *rest = copy, *part;
	int status = 0;

	while (node && (part = strsep(&rest, "\\")))
		node = child(g, node, part);
	free(copy);
	if (!node)
		return failed(g, "making the key");
	for (uint64_t i = 0; i * CLASS_BYTES < bytes && status == 0;) {
		char name[32];
		hive_node_h folder;

		(void)snprintf(name, sizeof(name), "Group%06llu", (unsigned long long)(i / CLASSES_IN_FOLDER));
		folder = child(g, node, name);
		status = folder ? 0 : failed(g, "making a group");
		for (int n = 0; n < CLASSES_IN_FOLDER && status == 0; n++, i++)
			status = add_class(g, folder);
	}
	return status;
}

int hive_grow(const char *path, const char *key, uint64_t bytes, uint64_t seed, struct err *err)
{
	struct growing g = { .hive = hivex_open(path, HIVEX_OPEN_WRITE), .rng = rng_of(seed, "grow"), .err = err };
	int status;

	if (!g.hive)
		return err_errno(err, errno, "%s", path);
	status = grow(&g, key, bytes);
	if (status == 0 && hivex_commit(g.hive, NULL, 0) < 0)
		status = failed(&g, "writing");
	hivex_close(g.hive);
	return status;
}
