/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hivex.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <wimlib.h>
#include <yaml.h>

#include "common/base/file.h"
#include "wimtool/doctor.h"
#include "wimtool/library_versions.h"
#include "wimtool/mount_server.h"

#define PROC_MAX (1u << 20)

static const struct rule_meta no_device = {
	.id = "mount-no-device",
	.severity = SEVERITY_WARNING,
	.summary = "there is no /dev/fuse that this user may open",
	.why = "Images cannot be mounted; extract, cat, update and apply work without.",
	.advice = "load the module fuse, or give the container --device /dev/fuse",
};

static const struct rule_meta no_helper = {
	.id = "mount-no-helper",
	.severity = SEVERITY_WARNING,
	.summary = "there is no fusermount3",
	.why = "Only root can mount images without it.",
	.advice = "install the package fuse3",
};

static const struct rule_meta helper_not_setuid = {
	.id = "mount-helper-not-setuid",
	.severity = SEVERITY_WARNING,
	.summary = "fusermount3 has no set-user-ID bit",
	.why = "Users other than root cannot mount with it.",
	.advice = "reinstall the package fuse3",
};

static const struct rule_meta no_overlay = {
	.id = "mount-no-overlay",
	.severity = SEVERITY_INFO,
	.summary = "this kernel has no overlayfs loaded",
	.why = "mount --rw may have to do without it.",
	.advice = "modprobe overlay",
};

static const struct rule_meta no_fuse_overlay = {
	.id = "mount-no-fuse-overlayfs",
	.severity = SEVERITY_INFO,
	.summary = "there is no fuse-overlayfs",
	.why = "Users other than root can mount images to read, but not for changes.",
	.advice = "install the package fuse-overlayfs; update changes images without a mount",
};

struct library {
	const char *name;
	const char *version;
	const void *symbol; /* any function of it: tells the file it was loaded from; may be NULL */
};

static const char *wim_version(void)
{
	static char text[40];
	uint32_t v = wimlib_get_version();

	snprintf(text, sizeof(text), "%u.%u.%u", v >> 20, v >> 10 & 0x3ff, v & 0x3ff);
	return text;
}

/* "libhivex.so.0.0.3" of /lib/x86_64-linux-gnu/libhivex.so.0: libraries that do not tell their version are named by this. */
static void file_of(const void *symbol, char ret[PATH_MAX])
{
	Dl_info info;

	*ret = '\0';
	if (symbol && dladdr(symbol, &info) && info.dli_fname && !realpath(info.dli_fname, ret))
		*ret = '\0';
}

static void show_library(const struct library *library, struct cli *cli)
{
	char file[PATH_MAX];

	file_of(library->symbol, file);
	fprintf(cli->out, "%-14s %-10s %s\n", library->name, library->version ? library->version : "-", file);
	json_begin_object(cli->json, NULL);
	json_text(cli->json, "name", library->name);
	json_text(cli->json, "version", library->version);
	json_text(cli->json, "file", *file ? file : NULL);
	json_end_object(cli->json);
}

/* dladdr wants an object pointer. */
static const void *address(void (*function)(void))
{
	const void *ret;

	memcpy(&ret, &function, sizeof(ret));
	return ret;
}
#define ADDRESS(f) address((void (*)(void))(f))

static void show_libraries(struct cli *cli)
{
	const struct library libraries[] = {
		{ "libwim", wim_version(), ADDRESS(wimlib_get_version) },
		{ "libhivex", NULL, ADDRESS(hivex_open) },
		{ "libxml2", xmlParserVersion, ADDRESS(xmlCheckVersion) },
		{ "libcrypto", OpenSSL_version(OPENSSL_VERSION_STRING), ADDRESS(OpenSSL_version) },
		{ "libfuse3", strrchr(mount_server_library(), ' ') + 1, NULL },
		{ "libyaml", yaml_get_version_string(), ADDRESS(yaml_get_version_string) },
	};

	json_begin_array(cli->json, "libraries");
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++)
		show_library(&libraries[i], cli);
	json_end_array(cli->json);
}

/* The first of a program in the PATH; free it. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t len = strcspn(path, ":");
		CLEANUP(freep) char *folder = xstrndup(path, len);
		CLEANUP(freep) char *file = path_join(folder, name);

		if (access(file, X_OK) == 0)
			return xstrdup(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}

static bool kernel_has(const char *file_system)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *line = xasprintf("\t%s\n", file_system);

	return file_read_all("/proc/filesystems", PROC_MAX, &text, NULL) == 0 && strstr(strbuf_text(&text), line);
}

static void show_fact(struct cli *cli, const char *name, const char *key, bool value, const char *detail)
{
	fprintf(cli->out, "%-14s %-10s %s\n", name, value ? "yes" : "no", detail ? detail : "");
	json_bool(cli->json, key, value);
}

static void judge_helper(struct cli *cli, struct report *report)
{
	CLEANUP(freep) char *helper = find_program("fusermount3");
	struct stat st;

	if (!helper)
		helper = find_program("fusermount");
	show_fact(cli, "fusermount", "fusermount", helper != NULL, helper);
	if (!helper)
		report_add(report, &no_helper, (struct place){ .file = "fusermount3" }, "fusermount3 is not in the PATH");
	else if (stat(helper, &st) == 0 && !(st.st_mode & S_ISUID))
		report_add(report, &helper_not_setuid, (struct place){ .file = helper }, "%s has no set-user-ID bit", helper);
}

static void judge_mount(struct cli *cli, struct report *report)
{
	bool exists = access("/dev/fuse", F_OK) == 0, usable = access("/dev/fuse", R_OK | W_OK) == 0;
	bool overlay = kernel_has("overlay");
	CLEANUP(freep) char *fuse_overlay = find_program("fuse-overlayfs");

	json_begin_object(cli->json, "mount");
	show_fact(cli, "/dev/fuse", "device", usable, exists && !usable ? "there, but this user may not open it" : NULL);
	judge_helper(cli, report);
	show_fact(cli, "overlayfs", "overlay", overlay, NULL);
	show_fact(cli, "fuse-overlayfs", "fuse_overlayfs", fuse_overlay != NULL, fuse_overlay);
	json_end_object(cli->json);
	if (!usable)
		report_add(report, &no_device, (struct place){ .file = "/dev/fuse" },
			   exists ? "/dev/fuse is there, but this user may not open it" : "there is no /dev/fuse");
	if (!overlay)
		report_add(report, &no_overlay, (struct place){ .file = "/proc/filesystems" },
			   "overlay is not among the file systems of this kernel");
	if (geteuid() != 0 && !fuse_overlay)
		report_add(report, &no_fuse_overlay, (struct place){ .file = "fuse-overlayfs" },
			   "fuse-overlayfs is not in the PATH: mount --rw needs it, or root");
}

void doctor_host(struct cli *cli, struct report *report)
{
	json_begin_object(cli->json, "result");
	show_libraries(cli);
	judge_mount(cli, report);
	json_end_object(cli->json);
}
