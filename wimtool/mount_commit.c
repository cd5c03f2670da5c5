/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_commit.h"

#include <string.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/image_fs.h"

static bool has_image(const struct image_file *file, const uint8_t *hash)
{
	const uint8_t *found;

	for (unsigned i = 1; (found = image_metadata_hash(file, i)); i++)
		if (memcmp(found, hash, MOUNT_HASH_LEN) == 0)
			return true;
	return false;
}

int mount_commit_settle(struct mount_record *record, bool *did, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	bool replayed;

	*did = false;
	if (wim_hash_is_zero(record->pending))
		return 0;
	if (image_recover(record->wim, &replayed, err) < 0)
		return -1;
	file = image_file_open(record->wim, err);
	if (!file)
		return -1;
	if (has_image(file, record->pending))
		memcpy(record->committed, record->pending, sizeof(record->committed));
	memset(record->pending, 0, sizeof(record->pending));
	*did = true;
	return mount_record_save(record, err);
}

static int load_base(const struct mount_record *record, struct strbuf *ret, struct err *err)
{
	CLEANUP(freep) char *path = mount_path(record, "base");
	uint8_t hash[MOUNT_HASH_LEN];

	if (file_read_all(path, WIM_METADATA_MAX, ret, err) < 0)
		return err_context(err, "%s", path);
	wim_sha1(ret->data, ret->len, hash);
	if (memcmp(hash, record->base, sizeof(hash)) != 0)
		return err_set(err, ERR_FORMAT, "%s: is damaged (its SHA-1 is wrong)", path);
	return 0;
}

static int put_layer(struct image_edit *edit, const struct mount_record *record, struct mount_committed *ret,
		     struct err *err)
{
	CLEANUP(freep) char *upper = path_join(record->staging, "upper");
	const struct image_layer layer = {
		.upper = upper,
		.mountpoint = record->mountpoint,
		.origin = mount_origin(record),
		.keeps_xattrs = record->keeps_xattrs,
		.has_streams = record->streams == IMAGE_FS_STREAMS_XATTR,
		.unix_data = record->unix_data,
	};

	return image_edit_put_layer(edit, &layer, &ret->stats, err);
}

/* "Windows 11 Pro (2)": the first number that is free. */
static char *further_name(struct image_edit *edit)
{
	struct image_file *file = image_edit_file(edit);
	struct image_info info;
	unsigned index;

	if (image_info(file, image_edit_index(edit), &info, NULL) < 0 || !*info.name)
		return xstrdup("");
	for (unsigned n = 2;; n++) {
		char *name = xasprintf("%s (%u)", info.name, n);

		struct err why = { 0 };

		if (image_select(file, name, &index, &why) < 0 && why.kind == ERR_NOT_FOUND)
			return name;
		free(name);
	}
}

static int commit_further(struct image_edit *edit, const struct mount_commit *request, struct mount_committed *ret,
			  struct err *err)
{
	CLEANUP(freep) char *name = request->append ? xstrdup(request->append) : further_name(edit);
	struct image_file_info info;

	image_file_info(image_edit_file(edit), &info);
	ret->image = info.image_count + 1;
	return image_edit_as_new(edit, name, err) < 0 ? -1 : image_edit_commit(edit, NULL, err);
}

/* What is going to be in the WIM is noted first, so that a commit that is killed can be told from none. */
static int commit_same(struct image_edit *edit, struct mount_record *record, struct mount_committed *ret,
		       struct err *err)
{
	ret->image = image_edit_index(edit);
	ret->nothing = image_edit_is_done(edit);
	if (ret->nothing)
		return 0;
	image_edit_result_hash(edit, record->pending);
	if (mount_record_save(record, err) < 0 || image_edit_commit(edit, NULL, err) < 0)
		return -1;
	memcpy(record->committed, record->pending, sizeof(record->committed));
	memset(record->pending, 0, sizeof(record->pending));
	record->image = ret->image;
	return mount_record_save(record, err);
}

int mount_commit_run(struct mount_record *record, const struct mount_commit *request, struct mount_committed *ret,
		     struct err *err)
{
	CLEANUP(image_edit_closep) struct image_edit *edit = NULL;
	CLEANUP(strbuf_release) struct strbuf base = STRBUF_INIT;
	bool further = request->append || request->new_image;
	const struct image_base where = {
		.index = record->image,
		.hash = further ? NULL : record->committed,
		.base_hash = record->base,
	};
	bool settled;
	int done;

	*ret = (struct mount_committed){ 0 };
	if (!record->writable)
		return err_set(err, ERR_USAGE, "is mounted read-only: there is nothing to commit");
	if (mount_commit_settle(record, &settled, err) < 0 || load_base(record, &base, err) < 0)
		return err_context(err, "%s", record->wim);
	edit = image_edit_open_base(record->wim, &where, &base, err);
	if (!edit)
		return err_context(err, "%s", record->wim);
	if (!request->last)
		image_edit_keep_base(edit);
	if (request->check)
		image_edit_add_integrity(edit);
	if (put_layer(edit, record, ret, err) < 0)
		return -1;
	done = further ? commit_further(edit, request, ret, err) : commit_same(edit, record, ret, err);
	return done < 0 ? err_context(err, "%s", record->wim) : 0;
}

/*
 * Overlayfs makes folders that were only looked into, too; then the next commit finds nothing to do. What cannot be read
 * may hold some.
 */
bool mount_has_changes(const struct mount_record *record)
{
	CLEANUP(freep) char *upper = record->staging ? path_join(record->staging, "upper") : NULL;
	CLEANUP(names_release) struct names names = { 0 };
	struct err err = { 0 };

	if (!upper)
		return false;
	if (names_of_folder(upper, NULL, &names, &err) < 0)
		return err.kind != ERR_NOT_FOUND;
	return names.len > 0;
}
