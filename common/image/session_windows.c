/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_windows.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wimlib.h>

#include "common/base/file.h"
#include "common/image/image_private.h"
#include "common/report/xml_text.h"

#define LANGUAGES_MAX 256

/* All that libwim looks at. */
static const char *const looked_at[] = {
	"/Windows/System32/config/SOFTWARE",
	"/Windows/System32/config/SYSTEM",
	"/Windows/System32/kernel32.dll",
};

/* libwim takes what it looks at from the tree of a source alone: the whole folder, less all but these files. */
static bool write_config(const struct capture_scan *scan, int fd)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t n = 0;

	strbuf_adds(&text, "[ExclusionList]\n*\n[ExclusionException]\n");
	for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++) {
		const struct wim_node *node = image_lookup(&scan->tree, looked_at[i], NULL);

		if (!node)
			continue;
		wim_node_path(node, &text); /* as it is written: libwim minds the case of letters here */
		strbuf_addc(&text, '\n');
		n++;
	}
	return n && file_write(fd, text.data, text.len, NULL) == 0;
}

static int add_files(WIMStruct *wim, const char *source, const struct capture_scan *scan)
{
	CLEANUP(close_fdp) int fd = memfd_create("capture-config", MFD_CLOEXEC);
	CLEANUP(freep) char *config = xasprintf("/proc/self/fd/%d", fd);

	if (fd < 0 || !write_config(scan, fd))
		return -1;
	return wimlib_add_image(wim, source, NULL, config, 0);
}

/* What libwim sets, in its order. A row with a name and no path opens or closes an element around the next ones. */
struct property_row {
	const char *name;
	const char *path;
	bool opens;
};

static const struct property_row rows[] = {
	{ "WINDOWS", NULL, true },
	{ "SYSTEMROOT", "WINDOWS/SYSTEMROOT", false },
	{ "ARCH", "WINDOWS/ARCH", false },
	{ "EDITIONID", "WINDOWS/EDITIONID", false },
	{ "INSTALLATIONTYPE", "WINDOWS/INSTALLATIONTYPE", false },
	{ "PRODUCTNAME", "WINDOWS/PRODUCTNAME", false },
	{ "VERSION", NULL, true },
	{ "MAJOR", "WINDOWS/VERSION/MAJOR", false },
	{ "MINOR", "WINDOWS/VERSION/MINOR", false },
	{ "BUILD", "WINDOWS/VERSION/BUILD", false },
	{ "SPBUILD", "WINDOWS/VERSION/SPBUILD", false },
	{ "SPLEVEL", "WINDOWS/VERSION/SPLEVEL", false },
	{ "VERSION", NULL, false },
	{ "PRODUCTTYPE", "WINDOWS/PRODUCTTYPE", false },
	{ "PRODUCTSUITE", "WINDOWS/PRODUCTSUITE", false },
	{ "HAL", "WINDOWS/HAL", false },
	{ "LANGUAGES", NULL, true },
	{ "LANGUAGE", "WINDOWS/LANGUAGES/LANGUAGE[%u]", false },
	{ "DEFAULT", "WINDOWS/LANGUAGES/DEFAULT", false },
	{ "LANGUAGES", NULL, false },
	{ "WINDOWS", NULL, false },
	{ "FLAGS", "FLAGS", false },
	{ "DISPLAYNAME", "DISPLAYNAME", false },
	{ "DISPLAYDESCRIPTION", "DISPLAYDESCRIPTION", false },
};

static bool add_property(WIMStruct *wim, const char *name, const char *path, struct strbuf *ret)
{
	const char *value = wimlib_get_image_property(wim, 1, path);

	if (!value || !*value)
		return false;
	strbuf_addf(ret, "<%s>", name);
	xml_add_text(ret, value);
	strbuf_addf(ret, "</%s>", name);
	return true;
}

static void add_row(WIMStruct *wim, const struct property_row *row, struct strbuf *ret)
{
	char path[64];

	if (!strchr(row->path, '%')) {
		add_property(wim, row->name, row->path, ret);
		return;
	}
	for (unsigned i = 1; i <= LANGUAGES_MAX; i++) {
		snprintf(path, sizeof(path), "WINDOWS/LANGUAGES/LANGUAGE[%u]", i);
		if (!add_property(wim, row->name, path, ret))
			return;
	}
}

static void add_all(WIMStruct *wim, struct strbuf *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *open = xasprintf("<%s>", rows[i].name);

		if (rows[i].path)
			add_row(wim, &rows[i], ret);
		else if (rows[i].opens)
			strbuf_adds(ret, open);
		else if (!strbuf_drop_end(ret, open)) /* something is in it */
			strbuf_addf(ret, "</%s>", rows[i].name);
	}
}

void session_describe_windows(const char *source, const struct capture_scan *scan, char **ret)
{
	struct strbuf text = STRBUF_INIT;
	WIMStruct *wim = NULL;

	*ret = NULL;
	if (wimlib_global_init(0) || wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_NONE, &wim))
		return;
	if (add_files(wim, source, scan) == 0) {
		add_all(wim, &text);
		strbuf_adds(&text, "");
		*ret = strbuf_detach(&text);
	}
	wimlib_free(wim);
}
