/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_append.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_writer.h"

static int write_header(const struct wim_append *a, struct wim_header *header, uint64_t end, struct err *err)
{
	/* a stale mark of a writer that was killed: we hold the lock, so nobody is writing */
	header->flags &= ~(uint32_t)WIM_FLAG_WRITE_IN_PROGRESS;
	wim_header_store(header);
	wim_write_step("truncate");
	if (ftruncate(a->fd, (off_t)end) < 0)
		return err_errno(err, errno, "setting the length of the WIM");
	if (file_fsync(a->fd, err) < 0 || wim_journal_next(a->path, header, err) < 0 ||
	    wim_write_at(a->fd, header->raw, WIM_HEADER_LEN, 0, err) < 0)
		return -1;
	wim_write_step("sync");
	return file_fsync(a->fd, err);
}

/* Back to the old header and length; the journal stays when even that fails. */
static void roll_back(const struct wim_append *a, struct err *err)
{
	bool did;

	if (wim_journal_replay(a->path, a->fd, &did, NULL) < 0)
		err_hint(err, "the WIM must be put back from its journal: wimtool recover");
}

static int end_journal(const struct wim_append *a, struct err *err)
{
	return a->keep ? wim_journal_keep(a->path, a->keep, err) : wim_journal_end(a->path, err);
}

static int write_all(const struct wim_append *a, struct err *err)
{
	struct wim_header header = *a->old;
	uint64_t end = a->old_bytes;

	if (a->write(a->context, &header, &end, err) < 0 || write_header(a, &header, end, err) < 0 ||
	    end_journal(a, err) < 0) {
		roll_back(a, err);
		return -1;
	}
	return 0;
}

int wim_append_run(const struct wim_append *a, struct err *err)
{
	int done = -1;

	tempfiles_hold_signals();
	if (wim_journal_begin(a->path, a->fd, a->old, a->old_bytes, err) == 0)
		done = write_all(a, err);
	tempfiles_release_signals();
	return done;
}
