/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/image.h"
#include "common/image/session_core.h"
#include "common/image/session_own.h"
#include "common/image/wim_journal.h"

#define NTFS_MARK_OFFSET 3 /* of "NTFS    " in the first sector of a volume */

static const enum wimlib_compression_type types[] = {
	[SESSION_NONE] = WIMLIB_COMPRESSION_TYPE_NONE,
	[SESSION_XPRESS] = WIMLIB_COMPRESSION_TYPE_XPRESS,
	[SESSION_LZX] = WIMLIB_COMPRESSION_TYPE_LZX,
	[SESSION_LZMS] = WIMLIB_COMPRESSION_TYPE_LZMS,
};

static bool holds_ntfs(const char *path)
{
	static const char mark[] = "NTFS    ";
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char found[sizeof(mark) - 1];

	return fd >= 0 && pread(fd, found, sizeof(found), NTFS_MARK_OFFSET) == (ssize_t)sizeof(found) &&
	       memcmp(found, mark, sizeof(found)) == 0;
}

/* Adds the flag for an NTFS volume to *flags when the source is one. */
static int look_at_source(const struct session_capture *r, int *flags, struct err *err)
{
	const char *source = r->source;
	struct stat st;

	if (r->sources)
		return 0;

	if (stat(source, &st) < 0) {
		err_errno(err, errno, "cannot capture it");
		return err_context(err, "%s", source);
	}
	if (S_ISDIR(st.st_mode))
		return 0;
	if ((S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) && holds_ntfs(source)) {
		*flags |= WIMLIB_ADD_FLAG_NTFS;
		return 0;
	}
	err_set(err, ERR_FORMAT, "cannot capture it: neither a folder nor an NTFS volume");
	return err_context(err, "%s", source);
}

char *session_name_of_source(const char *source)
{
	CLEANUP(freep) char *real = realpath(source, NULL);
	const char *name = path_name(real ? real : source);
	struct strbuf shown = STRBUF_INIT;

	text_show(name, strlen(name), &shown);
	return shown.len ? strbuf_detach(&shown) : xstrdup("");
}

static char *usual_name(WIMStruct *wim, const char *source)
{
	char *base = session_name_of_source(source);
	char *name = xstrdup(base);

	for (unsigned n = 1; *name && wimlib_image_name_in_use(wim, name); n++) {
		free(name);
		name = xasprintf("%s (%u)", base, n);
	}
	free(base);
	return name;
}

static int add_flags(const struct session_capture *r)
{
	int flags = WIMLIB_ADD_FLAG_VERBOSE | WIMLIB_ADD_FLAG_EXCLUDE_VERBOSE;

	if (!r->config)
		flags |= WIMLIB_ADD_FLAG_WINCONFIG;
	if (r->boot)
		flags |= WIMLIB_ADD_FLAG_BOOT;
	if (r->unix_data)
		flags |= WIMLIB_ADD_FLAG_UNIX_DATA;
	if (r->dereference)
		flags |= WIMLIB_ADD_FLAG_DEREFERENCE;
	if (r->no_acls)
		flags |= WIMLIB_ADD_FLAG_NO_ACLS;
	if (r->strict_acls)
		flags |= WIMLIB_ADD_FLAG_STRICT_ACLS;
	if (r->links == SESSION_LINKS_FIX)
		flags |= WIMLIB_ADD_FLAG_RPFIX;
	if (r->links == SESSION_LINKS_KEEP)
		flags |= WIMLIB_ADD_FLAG_NORPFIX;
	return flags;
}

/* A killed write must leave what was there before, so it is always written through. */
static int write_flags(const struct session_capture *r)
{
	int flags = WIMLIB_WRITE_FLAG_FSYNC;

	if (r->check)
		flags |= WIMLIB_WRITE_FLAG_CHECK_INTEGRITY;
	if (r->no_check)
		flags |= WIMLIB_WRITE_FLAG_NO_CHECK_INTEGRITY;
	if (r->solid)
		flags |= WIMLIB_WRITE_FLAG_SOLID;
	if (r->pipable)
		flags |= WIMLIB_WRITE_FLAG_PIPABLE;
	if (r->bases && r->bases->len)
		flags |= WIMLIB_WRITE_FLAG_SKIP_EXTERNAL_WIMS;
	return flags;
}

/* The level is a setting of the whole program in libwim. */
static void set_levels(const struct session_capture *r, enum wimlib_compression_type type)
{
	unsigned level = r->level;

	wimlib_set_default_compression_level(WIMLIB_COMPRESSION_TYPE_LZX, SESSION_LZX_LEVEL);
	if (level)
		wimlib_set_default_compression_level((int)type, level);
	if (r->solid && r->solid_level)
		wimlib_set_default_compression_level((int)types[r->solid_compression], r->solid_level);
}

static int set_properties(WIMStruct *wim, int index, const struct session_capture *r)
{
	int code = 0;

	if (r->description)
		code = wimlib_set_image_descripton(wim, index, r->description);
	if (!code && r->flags)
		code = wimlib_set_image_flags(wim, index, r->flags);
	for (size_t i = 0; !code && r->properties && i < r->properties->len; i++) {
		const char *item = r->properties->items[i];
		const char *equals = strchr(item, '=');
		CLEANUP(freep) char *name = NULL;

		if (!equals)
			return WIMLIB_ERR_INVALID_PARAM;
		name = xstrndup(item, (size_t)(equals - item));
		code = wimlib_set_image_property(wim, index, name, equals + 1);
	}
	return code;
}

static int add_sources(WIMStruct *wim, const struct session_capture *r, const char *name, int flags)
{
	CLEANUP(freep) struct wimlib_capture_source *sources = NULL;

	if (!r->sources)
		return wimlib_add_image(wim, r->source, name, r->config, flags);
	sources = xcalloc(r->n_sources, sizeof(*sources));
	for (size_t i = 0; i < r->n_sources; i++) {
		sources[i].fs_source_path = r->sources[i].host_path;
		sources[i].wim_target_path = r->sources[i].path;
	}
	return wimlib_add_image_multisource(wim, sources, r->n_sources, name, r->config, flags);
}

/* The image that the source was before, and the WIMs whose contents are not stored again. */
static int refer(struct session *s, const struct session_capture *r, int index, struct err *err)
{
	for (size_t i = 0; r->bases && i < r->bases->len; i++) {
		const char *path = r->bases->items[i];
		int code = wimlib_reference_resource_files(s->wim, &path, 1, 0, 0);

		if (code)
			return session_fail(s, code, "cannot build on it", path, err);
	}
	if (!r->update_from)
		return 0;

	int code = wimlib_open_wim(r->update_from, 0, &s->before);
	int template = code ? 0 : wimlib_resolve_image(s->before, r->update_image);

	if (!code && template <= 0)
		code = WIMLIB_ERR_INVALID_IMAGE;
	if (!code)
		code = wimlib_reference_template_image(s->wim, index, s->before, template, 0);
	return code ? session_fail(s, code, "cannot compare with it", r->update_from, err) : 0;
}

/* Reads the tree; the data of its files is read when the WIM is written. */
static int add_image(struct session *s, const struct session_capture *r, int flags, struct session_captured *ret,
		     struct err *err)
{
	CLEANUP(freep) char *name = r->name ? xstrdup(r->name) : usual_name(s->wim, r->source);
	struct wimlib_wim_info info;
	int code;

	if (*name && wimlib_image_name_in_use(s->wim, name)) {
		err_set(err, ERR_REFUSED, "an image named \"%s\" is in it already", name);
		err_hint(err, "choose another name");
		return err_context(err, "%s", r->wim);
	}
	code = add_sources(s->wim, r, name, flags);
	if (code)
		return session_fail(s, code, "cannot capture it", r->source, err);
	wimlib_get_wim_info(s->wim, &info);
	ret->index = info.image_count;
	if (refer(s, r, (int)info.image_count, err) < 0)
		return -1;
	code = set_properties(s->wim, (int)info.image_count, r);
	if (code)
		return session_fail(s, code, "cannot set a property of the image", r->wim, err);
	ret->name = xstrdup(name);
	ret->dirs = s->dirs;
	ret->files = s->files;
	ret->bytes = s->bytes;
	ret->excluded = s->excluded;
	return 0;
}

static bool is_pipe(const struct session_capture *r)
{
	return strcmp(r->wim, "-") == 0;
}

static int check_new_target(const struct session_capture *r, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(r->wim);

	if (is_pipe(r))
		return isatty(STDOUT_FILENO) ? err_set(err, ERR_USAGE, "a WIM is not written to a terminal") : 0;
	if (path_is_dir(r->wim)) {
		err_set(err, ERR_REFUSED, "is a directory, the name of a WIM file is wanted");
		return err_context(err, "%s", r->wim);
	}
	if (!r->replace && path_exists(r->wim)) {
		err_set(err, ERR_REFUSED, "exists already");
		err_hint(err, "--append adds the image to it, --force replaces it");
		return err_context(err, "%s", r->wim);
	}
	if (access(folder, W_OK | X_OK) < 0) {
		err_errno(err, errno, "cannot write into its folder");
		return err_context(err, "%s", r->wim);
	}
	return 0;
}

static int write_new(struct session *s, const struct session_capture *r, struct session_captured *ret,
		     struct err *err)
{
	CLEANUP(atomic_file_closep) struct atomic_file *out = NULL;
	int code;

	if (is_pipe(r)) {
		code = wimlib_write_to_fd(s->wim, STDOUT_FILENO, WIMLIB_ALL_IMAGES, write_flags(r) & ~WIMLIB_WRITE_FLAG_FSYNC,
					  r->threads);
		return code ? session_fail(s, code, "cannot write it", "standard output", err) : 0;
	}
	out = atomic_file_open(r->wim, err);
	if (!out)
		return err_context(err, "%s", r->wim);
	if (!r->replace)
		atomic_file_only_new(out);
	atomic_file_lock(out);
	code = wimlib_write_to_fd(s->wim, atomic_file_fd(out), WIMLIB_ALL_IMAGES, write_flags(r), r->threads);
	if (code)
		return session_fail(s, code, "cannot write it", r->wim, err);
	if (file_size(atomic_file_fd(out), &ret->wim_bytes, err) < 0 || atomic_file_commit(&out, err) < 0)
		return err_context(err, "%s", r->wim);
	return 0;
}

static int capture(struct session *s, const struct session_capture *r, const struct cli *cli,
		   struct session_captured *ret, struct err *err)
{
	int flags = add_flags(r);
	int code;

	if (check_new_target(r, err) < 0 || look_at_source(r, &flags, err) < 0 ||
	    session_begin(s, cli, "capture", false, err) < 0)
		return -1;
	code = wimlib_create_new_wim(types[r->compression], &s->wim);
	if (code)
		return session_fail(s, code, "cannot begin a WIM", r->wim, err);
	wimlib_register_progress_function(s->wim, session_on_progress, s);
	if (r->chunk_size)
		wimlib_set_output_chunk_size(s->wim, r->chunk_size);
	if (r->solid)
		wimlib_set_output_pack_compression_type(s->wim, types[r->solid_compression]);
	if (r->solid_chunk_size)
		wimlib_set_output_pack_chunk_size(s->wim, r->solid_chunk_size);
	set_levels(r, types[r->compression]);
	if (add_image(s, r, flags, ret, err) < 0)
		return -1;
	return write_new(s, r, ret, err);
}

/*
 * Writes the undo journal for what libwim is going to do. Pipable WIMs are written anew by it; a folder that nobody
 * may write into holds no journal, and libwim alone keeps the old images readable.
 */
static int guard_append(const char *wim, const struct cli *cli, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(wim, err);
	struct wim_header header;
	uint64_t bytes;

	if (fd < 0 || file_size(fd, &bytes, err) < 0 || wim_header_read(fd, bytes, &header, err) < 0)
		return -1;
	if (header.pipable)
		return 0;

	CLEANUP(freep) char *folder = path_folder(wim);

	if (access(folder, W_OK | X_OK) < 0) {
		if (cli)
			cli_verbose(cli, "%s: no undo journal can be written beside it", wim);
		return 0;
	}
	return wim_journal_guard(wim, fd, &header, bytes, err);
}

static int overwrite(struct session *s, const struct session_capture *r, const struct cli *cli, struct err *err)
{
	CLEANUP(freep) char *real = realpath(r->wim, NULL);
	bool did;
	int code;

	if (!real)
		return err_errno(err, errno, "%s", r->wim);
	if (guard_append(real, cli, err) < 0)
		return err_context(err, "%s", r->wim);
	code = wimlib_overwrite(s->wim, write_flags(r), r->threads);
	/* Under the lock again: puts back what failed, or sees that it is done. Who has the lock now does the same. */
	(void)image_recover(real, &did, NULL);
	return code ? session_fail(s, code, "cannot add the image", r->wim, err) : 0;
}

static int append(struct session *s, const struct session_capture *r, const struct cli *cli,
		  struct session_captured *ret, struct err *err)
{
	int flags = add_flags(r);
	struct wimlib_wim_info info;
	struct stat st;
	bool recovered;

	if (look_at_source(r, &flags, err) < 0)
		return -1;
	if (image_recover(r->wim, &recovered, err) < 0)
		return err_context(err, "%s", r->wim);
	if (session_begin(s, cli, "append", true, err) < 0 || session_open(s, r->wim, SESSION_WRITE, err) < 0)
		return -1;
	wimlib_get_wim_info(s->wim, &info);
	set_levels(r, (enum wimlib_compression_type)info.compression_type);
	if (add_image(s, r, flags, ret, err) < 0)
		return -1;
	if (overwrite(s, r, cli, err) < 0)
		return -1;
	if (stat(r->wim, &st) == 0)
		ret->wim_bytes = (uint64_t)st.st_size;
	return 0;
}

typedef int (*capture_fn)(struct session *s, const struct session_capture *r, const struct cli *cli,
			  struct session_captured *ret, struct err *err);

static int run(capture_fn fn, const struct session_capture *r, const struct cli *cli, struct session_captured *ret,
	       struct err *err)
{
	CLEANUP(session_end) struct session s = SESSION_INIT;
	struct session_captured done = { 0 };

	if (fn(&s, r, cli, &done, err) < 0) {
		free(done.name);
		if (cli && session_cancelled(&s))
			cli_warn(cli, "%s: cancelled; it is as it was", r->wim);
		return -1;
	}
	*ret = done;
	return 0;
}

int session_capture(const struct session_capture *request, const struct cli *cli, struct session_captured *ret,
		    struct err *err)
{
	if (session_own_can(request))
		return session_own_capture(request, false, cli, ret, err);
	return run(capture, request, cli, ret, err);
}

int session_append(const struct session_capture *request, const struct cli *cli, struct session_captured *ret,
		   struct err *err)
{
	if (session_own_can(request))
		return session_own_capture(request, true, cli, ret, err);
	return run(append, request, cli, ret, err);
}
