/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/apply_target.h"

#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/file.h"

int apply_target_prepare(const char *path, enum apply_target_state *ret, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree;

	if (mkdir(path, 0777) == 0) {
		*ret = TARGET_MADE;
		return 0;
	}
	if (errno != EEXIST)
		return err_errno(err, errno, "cannot make this folder");
	if (!path_is_dir(path))
		return err_set(err, ERR_REFUSED, "is neither a folder nor an NTFS volume");
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (!tree || !fts_read(tree))
		return err_errno(err, errno, "cannot read this folder");
	*ret = fts_children(tree, FTS_NAMEONLY) ? TARGET_FULL : TARGET_EMPTY;
	fts_close(tree);
	return 0;
}

int apply_target_need_space(const char *path, uint64_t needed, struct err *err)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0 || !fs.f_blocks || needed / fs.f_frsize < fs.f_bavail)
		return 0;
	return err_set(err, ERR_NO_SPACE, "the image needs %" PRIu64 " bytes, but only %" PRIu64 " are free here",
		       needed, (uint64_t)fs.f_bavail * fs.f_frsize);
}

void apply_target_remove(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	const FTSENT *entry;

	if (!tree)
		return;
	while ((entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_accpath);
		else if (entry->fts_info != FTS_D)
			unlink(entry->fts_accpath);
	}
	fts_close(tree);
}
