/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/list_wimlib.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/base/filetime.h"
#include "common/image/image_private.h"
#include "common/image/wim_node_edit.h"
#include "wimtool/attributes.h"
#include "wimtool/wim_show.h"

#define TAG_OBJECT_ID 1u /* of tagged items */

struct lister {
	struct image_file *file;
	const struct wim_tree *tree;
	FILE *out;
};

static void show_time(const struct lister *l, const char *label, const struct wim_node *node, size_t at)
{
	struct timespec ts = filetime_to_timespec(load_le64(node->raw + at));
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&ts.tv_sec, &tm))
		(void)strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y UTC", &tm);
	fprintf(l->out, "%-20s= %s\n", label, text);
}

static void show_security(const struct lister *l, const struct wim_node *node)
{
	struct bytes descriptor;

	if (!wim_tree_security(l->tree, (int32_t)load_le32(node->raw + DENTRY_SECURITY), &descriptor))
		return;
	fputs("Security Descriptor = ", l->out);
	for (size_t i = 0; i < descriptor.len; i++)
		fprintf(l->out, "%02x", descriptor.data[i]);
	fputc('\n', l->out);
}

static unsigned count_links(const struct wim_node *node)
{
	unsigned n = 1;

	for (const struct wim_node *link = node->link_next; link != node; link = link->link_next)
		n++;
	return n;
}

static void show_links(const struct lister *l, const struct wim_node *node)
{
	fprintf(l->out, "Link Group ID       = 0x%016" PRIx64 "\n", wim_node_link_group(node));
	fprintf(l->out, "Link Count          = %u\n", count_links(node));
}

/* [MS-FSCC] 2.4.29, four numbers of 16 bytes; those that are zero are not shown. */
static void show_object_id(const struct lister *l, const struct wim_node *node)
{
	static const char *const labels[] = { "Object ID", "Birth Volume ID", "Birth Object ID", "Domain ID" };
	static const uint8_t none[16];
	struct bytes data;

	if (!wim_node_find_tag(node, TAG_OBJECT_ID, &data))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(labels) && data.len >= 16 * (i + 1); i++) {
		if (memcmp(data.data + 16 * i, none, sizeof(none)) == 0)
			continue;
		fprintf(l->out, "%-20s= ", labels[i]);
		wim_show_hex(data.data + 16 * i, 16, l->out);
		fputc('\n', l->out);
	}
}

static void show_unix(const struct lister *l, const struct wim_node *node)
{
	struct bytes data;

	if (wim_node_find_tag(node, WIM_TAG_UNIX_DATA, &data) && data.len >= WIM_UNIX_DATA_LEN)
		fprintf(l->out, "UNIX Data           = uid:%u gid:%u mode:0%o rdev:0x%x\n", bytes_le32(data, 0),
			bytes_le32(data, 4), bytes_le32(data, 8), bytes_le32(data, 12));
}

static void show_stream(const struct lister *l, const uint8_t *hash)
{
	static const uint8_t none[WIM_HASH_LEN];
	const struct wim_blob *blob = hash ? wim_blobs_find(&l->file->blobs, hash) : NULL;

	if (blob) {
		wim_show_blob(&l->file->blobs, blob, l->out);
		return;
	}
	hash = hash ? hash : none;
	fputs("Hash              = ", l->out);
	wim_show_hex(hash, WIM_HASH_LEN, l->out);
	if (wim_hash_is_zero(hash))
		fputs("\nUncompressed size = 0 bytes\nCompressed size   = 0 bytes\nOffset in WIM     = 0 bytes\n"
		      "Part Number       = 0\nReference Count   = 0\nFlags             = ", l->out);
	fputs("\n\n", l->out);
}

static void show_streams(const struct lister *l, const struct wim_node *node)
{
	const uint8_t *reparse = wim_node_reparse_hash(node);
	bool encrypted = wim_node_attributes(node) & WIM_ATTR_ENCRYPTED;

	fprintf(l->out, "\t%s stream:\n", reparse ? "Reparse point" : encrypted ? "Raw encrypted data" : "Unnamed data");
	show_stream(l, reparse ? reparse : wim_node_data_hash((struct wim_node *)(uintptr_t)node));
	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);

		if (!*name)
			continue;
		fprintf(l->out, "\tNamed data stream \"%s\":\n", name);
		show_stream(l, hash);
	}
}

static void show_node(const struct lister *l, const struct wim_node *node)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct image_entry entry;

	image_fill_entry(l->file, node, &entry);
	wim_node_path(node, &path);
	fputs("----------------------------------------------------------------------------\n", l->out);
	fprintf(l->out, "Full Path           = \"%s\"\n", path.len ? path.data : "/");
	fprintf(l->out, "Short Name          = \"%s\"\n", entry.short_name);
	attributes_show(entry.attributes, l->out);
	show_security(l, node);
	show_time(l, "Creation Time", node, DENTRY_CREATED);
	show_time(l, "Last Write Time", node, DENTRY_WRITTEN);
	show_time(l, "Last Access Time", node, DENTRY_ACCESSED);
	if (wim_node_is_reparse(node))
		fprintf(l->out, "Reparse Tag         = 0x%08x\n", entry.reparse_tag);
	show_links(l, node);
	show_object_id(l, node);
	show_unix(l, node);
	show_streams(l, node);
}

int list_as_wimlib(struct image_file *file, unsigned index, const char *path, bool alone, FILE *out, struct err *err)
{
	struct lister lister = { .file = file, .tree = image_tree(file, index, err), .out = out };
	const struct wim_node *top = lister.tree ? image_lookup(lister.tree, path, err) : NULL;

	for (const struct wim_node *node = top; node; node = alone ? NULL : wim_node_walk(top, node))
		show_node(&lister, node);
	return top ? 0 : -1;
}
