/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an offline Windows says about itself, from its hives and driver files, as DISM
 * shows it for a mounted image (/Get-CurrentEdition, /Get-Intl, /Get-Packages,
 * /Get-Features, /Get-Drivers, /Get-ProvisionedAppxPackages). Only read.
 */
#pragma once

#include "common/base/vec.h"
#include "common/cli/cli.h"

#define FACTS_ROWS_MAX 100000

struct fact_package {
	char *name;  /* "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.19041.1" */
	uint32_t state;
	bool visible; /* DISM lists it */
	char *release_type; /* "Feature Pack", "Security Update"; NULL: not known */
	uint64_t installed; /* FILETIME; 0: not known */
};

struct fact_feature {
	char *name; /* "TelnetClient" */
	bool selected;
	bool removed; /* its files, too */
};

struct fact_driver {
	char *published; /* "oem0.inf" */
	char *original;  /* "netkvm.inf"; NULL: not known */
	char *provider, *class_name, *date, *version; /* NULL: not known */
};

struct fact_app {
	char *package; /* "Microsoft.Paint_11.2302.19.0_neutral_~_8wekyb3d8bbwe" */
	char *name, *version, *arch, *publisher;
};

struct image_facts {
	/* Texts are NULL where the image does not tell. */
	char *product, *edition, *installation, *display_version;
	char *version; /* "10.0.19045.2965" */
	char *build_lab, *system_root, *arch;
	char *computer_name, *time_zone, *image_state;
	char *system_locale, *ui_language; /* "de-DE", or the number */
	VEC(char *) languages;             /* of the user interface */
	VEC(char *) keyboards;
	VEC(struct fact_package) packages;
	VEC(struct fact_feature) features;
	VEC(struct fact_driver) drivers;
	VEC(struct fact_app) apps;
	bool incomplete; /* a hive was not written to the end, and no log completes it */
};

/* spec: WIM:IMAGE or folder. ERR_NOT_FOUND when there is no Windows in it. Release it in any case. */
int image_facts_read(const char *spec, struct image_facts *ret, struct err *err);
void image_facts_release(struct image_facts *facts);

const char *fact_package_state(uint32_t state); /* "Installed", as DISM has it */

const char *fact_feature_state(const struct fact_feature *feature); /* "Enabled", as DISM has it */

/* image_facts_show.c */
void image_facts_show(const struct image_facts *facts, struct cli *cli);
