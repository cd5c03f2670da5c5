/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules and the runs of them.
 *
 * A rule is a row (struct rule) in the table at the end of a rules_<subject>.c
 * and a check that walks the answer and adds findings. A finding may carry the
 * edits that would mend it. Keys and passwords never get into a message: what
 * looks like a product key is masked here, the values of secret settings are
 * for the checks not to cite.
 */
#pragma once

#include "common/report/report.h"
#include "unattend/answer.h"
#include "unattend/edit.h"
#include "unattend/image_context.h"
#include "unattend/pkey_config.h"
#include "unattend/places.h"

struct lint;

enum rule_flag {
	RULE_OFF = 1,      /* runs only with --enable */
	RULE_ANY_XML = 2,  /* also on XML that is not well-formed */
	RULE_INI = 4,      /* on the text formats instead of XML */
	RULE_CROSS = 8,    /* compares elements: not decidable with unrendered conditions */
};

enum fix_safety {
	FIX_NONE,
	FIX_SAFE,   /* keeps what the file means */
	FIX_UNSAFE, /* a guess, or changes what happens */
};

struct rule {
	struct rule_meta meta;
	unsigned flags;
	enum fix_safety fix;
	const char *bad;  /* a short example */
	const char *good;
	void (*check)(const struct rule *rule, struct lint *lint);
};

struct severity_override {
	const struct rule *rule;
	enum severity severity;
};

/* What the file is used for. */
enum answer_role {
	ROLE_ANY,
	ROLE_MEDIA,   /* Setup from installation media */
	ROLE_SYSPREP, /* sysprep /unattend */
	ROLE_WDS,     /* Windows Deployment Services */
};

struct lint_options {
	VEC(struct severity_override) overrides;
	enum template_mode template_mode;
	const struct pkey_config *pkeyconfig; /* may be NULL */
	const struct image_context *image;    /* may be NULL */
	const char *arch;                     /* "amd64"; may be NULL */
	enum answer_role role;
	bool strict_wsim;                     /* see config_options */
	const struct windows *target;          /* may be NULL */
	bool report_fixes; /* findings of the report carry their edits */
};

/* A finding with its mending. */
struct hit {
	const struct rule *rule;
	enum severity severity;
	char *message;
	enum fix_safety safety;
	struct edits edits;
	bool to_utf8; /* mended by storing the file as UTF-8 without a byte order mark */
	bool secret;  /* the edits hold a secret that stands nowhere in the file as it is written in them */
};

struct suppression;

struct secret_text {
	const char *text;
	size_t len;
};

struct rule_count {
	const struct rule *rule;
	size_t n;
};

struct lint {
	const struct answer *answer;
	const struct lint_options *options;
	struct report *report;
	VEC(struct hit) hits;
	VEC(struct rule_count) counts;
	VEC(struct suppression) suppressions;
	struct places places; /* filled by lint_run */
	const struct rule *suppression_rule; /* the one that tells of unused suppressions */
	VEC(struct secret_text) secrets; /* of report_fix */
	bool secrets_known;
	bool fix_pending;    /* the edits of the last hit are not in the report yet */
	struct hit unwanted; /* what lint_add lends for a finding that is switched off */
};

/* Runs all rules. Findings go to lint->report; hits stay until lint_release. */
void lint_run(struct lint *lint);
void lint_release(struct lint *lint);

enum severity lint_severity(const struct lint_options *options, const struct rule *rule);

/* False when the file has so many findings of the rule already that no more are added. */
bool lint_wants(const struct lint *lint, const struct rule *rule);

/* Adds a finding; the hit is good until the next one and never NULL. */
struct hit *lint_add(struct lint *lint, const struct rule *rule, struct spot where, const char *item, const char *fmt, ...)
	PRINTF_LIKE(5, 6);
struct hit *lint_element(struct lint *lint, const struct rule *rule, const struct element *e, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* At the value of a setting, with pass/component/path as item. */
struct hit *lint_setting(struct lint *lint, const struct rule *rule, const struct setting *s, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* At the element of a setting. */
struct hit *lint_setting_element(struct lint *lint, const struct rule *rule, const struct setting *s, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* With another severity than that of the rule, unless the user has set one. */
struct hit *lint_add_as(struct lint *lint, const struct rule *rule, enum severity severity, struct spot where, const char *item,
			const char *fmt, ...) PRINTF_LIKE(6, 7);
struct hit *lint_setting_as(struct lint *lint, const struct rule *rule, enum severity severity, const struct setting *s,
			    const char *fmt, ...) PRINTF_LIKE(5, 6);
void lint_note(struct lint *lint, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A value as a message may show it: short, one line, keys masked, secrets hidden. Lends a buffer of the thread. */
const char *lint_show(const struct setting *s);

/* The edits of a hit, to be filled; says that they may be applied. */
struct edits *hit_fix(struct hit *hit, enum fix_safety safety);

const struct rule *rule_find(const char *id);
const struct rule *rule_at(size_t i); /* NULL behind the last */

/* Tables of rules, each at the end of its file. */
struct rule_table {
	const struct rule *rules;
	size_t n;
};
extern const struct rule_table file_rules, envelope_rules, component_rules, setting_rules, list_rules, key_rules, value_rules, account_rules,
	disk_rules, image_rules, oobe_rules, command_rules, system_rules, legacy_rules, wim_rules, role_rules;
