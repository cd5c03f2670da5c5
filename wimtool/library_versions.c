/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/library_versions.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <wimlib.h>

#include "wimtool/mount_server.h"

/* The number, since the text of 1.13.6 as Debian has it says 1.13.5. */
static const char *libwim_version(void)
{
	static char text[40];
	uint32_t v = wimlib_get_version();

	snprintf(text, sizeof(text), "libwim %u.%u.%u", v >> 20, v >> 10 & 0x3ff, v & 0x3ff);
	return text;
}

static const char *libxml_version(void)
{
	static char text[40];

	snprintf(text, sizeof(text), "libxml2 %s", xmlParserVersion);
	return text;
}

static const char *fuse_presence(void)
{
	return access("/dev/fuse", F_OK) == 0 ? "fuse: /dev/fuse is here" : "fuse: no /dev/fuse, so no mount";
}

const char *(*const wimtool_library_versions[])(void) = {
	libwim_version, libxml_version, mount_server_library, fuse_presence, NULL,
};
