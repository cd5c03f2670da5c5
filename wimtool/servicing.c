/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/servicing.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/cli/cli.h"

struct verb {
	const char *name;    /* as DISM has it, without the stroke */
	const char *command; /* behind "dism /Image:MOUNT " */
	const char *instead; /* what we have; "" for nothing */
};

static const struct verb verbs[] = {
	{ "Add-Package", "/Add-Package /PackagePath:FILE", "" },
	{ "Remove-Package", "/Remove-Package /PackageName:NAME", "" },
	{ "Enable-Feature", "/Enable-Feature /FeatureName:NAME", "" },
	{ "Disable-Feature", "/Disable-Feature /FeatureName:NAME", "" },
	{ "Add-Capability", "/Add-Capability /CapabilityName:NAME", "" },
	{ "Remove-Capability", "/Remove-Capability /CapabilityName:NAME", "" },
	{ "Cleanup-Image", "/Cleanup-Image /StartComponentCleanup", "" },
	{ "Add-Driver", "/Add-Driver /Driver:FOLDER", "drivers for Setup can lie beside it: unattend PnpCustomizationsWinPE" },
	{ "Remove-Driver", "/Remove-Driver /Driver:OEM.INF", "" },
	{ "Export-Driver", "/Export-Driver /Destination:FOLDER", "" },
	{ "Set-Edition", "/Set-Edition:NAME", "" },
	{ "Set-ProductKey", "/Set-ProductKey:KEY", "a key of the answer file: unattend set" },
	{ "Add-ProvisionedAppxPackage", "/Add-ProvisionedAppxPackage /PackagePath:FILE", "" },
	{ "Remove-ProvisionedAppxPackage", "/Remove-ProvisionedAppxPackage /PackageName:NAME", "" },
	{ "Set-ProvisionedAppxDataFile", "/Set-ProvisionedAppxDataFile", "" },
	{ "Optimize-ProvisionedAppxPackages", "/Optimize-ProvisionedAppxPackages", "" },
	{ "Add-Edge", "/Add-Edge /SupportPath:FOLDER", "" },
	{ "Apply-SiloedPackage", "/Apply-SiloedPackage", "" },
	{ "Capture-FFU", "/Capture-FFU", "wimtool capture makes a WIM" },
	{ "Apply-FFU", "/Apply-FFU", "wimtool apply takes a WIM" },
	{ "Split-FFU", "/Split-FFU", "" },
	{ "Optimize-FFU", "/Optimize-FFU", "" },
	{ "Capture-CustomImage", "/Capture-CustomImage", "" },
};

static const struct verb *find(const char *word)
{
	if (*word == '/')
		word++;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		size_t len = strlen(verbs[i].name);

		if (strncasecmp(word, verbs[i].name, len) == 0 && (!word[len] || word[len] == ':'))
			return &verbs[i];
	}
	return NULL;
}

bool servicing_is_verb(const char *word)
{
	return find(word) != NULL;
}

static void print_json(const char *verb, const char *text, const char *command)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(json_freep) struct json *json = json_new(&out, true);

	json_begin_object(json, NULL);
	json_text(json, "schema", "goldwim/wimtool-servicing/1");
	json_text(json, "tool", "wimtool");
	json_text(json, "version", GOLDWIM_VERSION);
	json_text(json, "command", verb);
	json_begin_object(json, "error");
	json_text(json, "kind", err_kind_name(ERR_UNSUPPORTED));
	json_text(json, "text", text);
	json_text(json, "windows_command", command);
	json_end_object(json);
	json_int(json, "exit_code", CLI_FAILED);
	json_end_object(json);
	fputs(strbuf_text(&out), stdout);
}

int servicing_refuse(int argc, char **argv)
{
	const struct verb *verb = find(argv[1]);
	CLEANUP(freep) char *command = NULL;
	CLEANUP(freep) char *text = NULL;

	assert(verb); /* servicing_is_verb was asked */
	command = xasprintf("dism /Image:MOUNT %s", verb->command);
	text = xasprintf("%s: only the servicing stack of Windows can do this: run \"%s\" on Windows%s%s%s", argv[1], command,
			  *verb->instead ? " (" : "", verb->instead, *verb->instead ? ")" : "");

	fprintf(stderr, "wimtool: %s\n", text);
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			print_json(verb->name, text, command);
	return CLI_FAILED;
}
