/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .unattend.yaml, looked for from the folder of an answer file upwards:
 *
 *	fail-on: warning            error, warning, info, style
 *	target: win11-24h2
 *	arch: amd64                 x86, amd64, arm64
 *	role: media                 media, sysprep, wds
 *	strict-wsim: false
 *	template: auto              auto, jinja, hcl, erb, none
 *	pkeyconfig: pkeyconfig.xrm-ms
 *	rules: { UA301: error, UA609: off }
 *	ignore: [old, "backup-*"]
 *	overrides:
 *	  - paths: [lab]
 *	    rules: { UA514: off }
 *
 * A path is relative to the folder of the file. A glob without "/" is for a name
 * at any depth, one with "/" for the whole path; "*" and "?" stop at "/", "**"
 * does not; a folder stands for all that is in it. Every scalar is text until
 * the key says what it is. What is not in this list is an error with its place;
 * so are anchors, aliases, tags, keys given twice and a second document.
 *
 *	struct config_set set = { 0 };
 *	config_set_find(&set, "answers/unattend.xml", &config, err);   config NULL: there is none
 *	config_options(config, "answers/unattend.xml", &base, &options);
 *	... config_options_release(&options); config_set_release(&set);
 */
#pragma once

#include "common/base/bytes.h"
#include "unattend/lint.h"

#define CONFIG_FILE_NAME ".unattend.yaml"
#define CONFIG_MAX_BYTES (1024u * 1024)
#define CONFIG_MAX_DEPTH 8 /* of YAML collections; the deepest key needs 4 */

struct config_globs {
	VEC(char *) list;
};

struct config_override {
	struct config_globs paths;
	VEC(struct severity_override) rules;
};

struct config_file {
	char *path;
	char *folder;           /* real path */
	bool has_fail_on;
	enum severity fail_on;
	const struct windows *target; /* NULL: not given; so all below */
	const char *arch;
	enum answer_role role;
	bool has_strict_wsim;
	bool strict_wsim;
	const char *template_name;
	char *pkeyconfig_path;
	struct pkey_config *pkeyconfig; /* loaded by config_set_find */
	VEC(struct severity_override) rules;
	struct config_globs ignore;
	VEC(struct config_override) overrides;
};

/* name is for messages, folder for globs and paths. NULL with err set when something is wrong. */
struct config_file *config_parse(const char *name, const char *folder, struct bytes text, struct err *err);
void config_freep(struct config_file **config);

struct config_set {
	VEC(struct config_file *) files;
	VEC(struct { char *folder; struct config_file *config; }) folders; /* asked for already */
};

/* The configuration nearest above file, owned by set; *ret is NULL when there is none. */
int config_set_find(struct config_set *set, const char *file, const struct config_file **ret, struct err *err);
void config_set_release(struct config_set *set);

/* config may be NULL in both. */
bool config_ignores(const struct config_file *config, const char *file);

/*
 * What is given in base (from the command line) wins over the configuration; both
 * win over the severities of strict_wsim.
 */
void config_options(const struct config_file *config, const char *file, const struct lint_options *base,
		    struct lint_options *ret);
void config_options_release(struct lint_options *options);

/* path is relative, with "/" between. */
bool config_glob_matches(const char *glob, const char *path);
