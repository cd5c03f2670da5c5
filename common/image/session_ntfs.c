/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_ntfs.h"

#include "common/image/session_core.h"

static int extract_flags(const struct session_apply *r)
{
	int flags = WIMLIB_EXTRACT_FLAG_NTFS;

	if (r->unix_data)
		flags |= WIMLIB_EXTRACT_FLAG_UNIX_DATA;
	if (r->no_acls)
		flags |= WIMLIB_EXTRACT_FLAG_NO_ACLS;
	if (r->strict_acls)
		flags |= WIMLIB_EXTRACT_FLAG_STRICT_ACLS;
	if (r->no_attributes)
		flags |= WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES;
	if (r->recover_data)
		flags |= WIMLIB_EXTRACT_FLAG_RECOVER_DATA;
	if (r->links == SESSION_LINKS_FIX)
		flags |= WIMLIB_EXTRACT_FLAG_RPFIX;
	if (r->links == SESSION_LINKS_KEEP)
		flags |= WIMLIB_EXTRACT_FLAG_NORPFIX;
	return flags;
}

int session_apply_ntfs(const struct session_apply *r, unsigned index, const struct cli *cli, struct err *err)
{
	CLEANUP(session_end) struct session s = SESSION_INIT;
	int code;

	if (session_begin(&s, cli, "apply", true, err) < 0 ||
	    session_open(&s, r->wim, r->check ? SESSION_CHECK : SESSION_READ, err) < 0 ||
	    session_add_refs(&s, r->refs, err) < 0)
		return -1;
	code = wimlib_extract_image(s.wim, (int)index, r->target, extract_flags(r));
	return code ? session_fail(&s, code, "cannot apply the image to this NTFS volume", r->target, err) : 0;
}
