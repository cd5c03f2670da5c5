/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that compare an answer file with the image it installs: they run with --image. */
#include "unattend/lint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unattend/image_context.h"

#define SETUP "Microsoft-Windows-Setup"
#define META_KEY "ImageInstall/OSImage/InstallFrom/MetaData/Key"
#define LISTED_MAX 8 /* images that a note names */

/* ---- the image that the file chooses ------------------------------------------- */

struct choice {
	const struct setting *key; /* /IMAGE/NAME, /IMAGE/INDEX, /IMAGE/DESCRIPTION */
	const struct setting *value;
	const struct image_row *row; /* NULL when the WIM does not have it */
};

static bool read_choice(const struct lint *lint, const struct setting *key, struct choice *ret)
{
	const struct image_context *image = lint->options->image;
	const char *text;
	size_t len;

	*ret = (struct choice){ .key = key };
	ret->value = key->parent ? setting_child(lint->answer, key->parent, "Value") : NULL;
	if (!ret->value || key->placeholder || ret->value->placeholder || setting_value_empty(ret->value))
		return false;
	text = setting_value(ret->value, &len);
	if (setting_value_is(key, "/IMAGE/INDEX"))
		ret->row = image_context_by_index(image, strspn(text, "0123456789") >= len ? strtoul(text, NULL, 10) : 0);
	else if (setting_value_is(key, "/IMAGE/NAME"))
		ret->row = image_context_by_name(image, text, len);
	else if (setting_value_is(key, "/IMAGE/DESCRIPTION"))
		ret->row = image_context_by_description(image, text, len);
	else
		return false;
	return true;
}

/* The row that the file names, or the one of --image FILE:IMAGE; NULL when neither tells. */
static const struct image_row *chosen_row(const struct lint *lint)
{
	const struct setting *key = NULL;
	struct choice choice;

	while ((key = answer_next(lint->answer, SETUP, META_KEY, key)))
		if (read_choice(lint, key, &choice) && choice.row)
			return choice.row;
	return image_context_selected(lint->options->image);
}

static void note_images(struct lint *lint)
{
	const struct image_context *image = lint->options->image;
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < MIN(image_context_len(image), (size_t)LISTED_MAX); i++) {
		const struct image_row *row = image_context_at(image, i);

		strbuf_addf(&list, "%s%u \"%s\"", i ? ", " : "", row->index, row->name);
	}
	if (image_context_len(image) > LISTED_MAX)
		strbuf_adds(&list, ", ...");
	lint_note(lint, "%s holds: %s", image_context_file(image), strbuf_text(&list));
}

/* ---- UA519 ---------------------------------------------------------------------- */

static void report_no_image(const struct rule *rule, struct lint *lint, const struct choice *choice)
{
	const struct image_context *image = lint->options->image;
	bool by_index = setting_value_is(choice->key, "/IMAGE/INDEX");
	bool by_name = setting_value_is(choice->key, "/IMAGE/NAME");
	const char *near = by_name ? image_context_did_you_mean(image, choice->value->element->value) : NULL;
	size_t before = report_len(lint->report);
	struct hit *hit;

	if (near)
		hit = lint_setting(lint, rule, choice->value, "the WIM has no image named \"%s\"; did you mean \"%s\"?",
				   lint_show(choice->value), near);
	else
		hit = lint_setting(lint, rule, choice->value, "the WIM has no image %s \"%s\"",
				   by_index ? "of index" : by_name ? "named" : "described as", lint_show(choice->value));
	if (near)
		edits_set_value(hit_fix(hit, FIX_UNSAFE), choice->value->element, near);
	if (report_len(lint->report) > before)
		note_images(lint);
}

static void check_image(const struct rule *rule, struct lint *lint)
{
	const struct setting *key = NULL;
	struct choice choice;

	if (!lint->options->image)
		return;
	while ((key = answer_next(lint->answer, SETUP, META_KEY, key)))
		if (read_choice(lint, key, &choice) && !choice.row)
			report_no_image(rule, lint, &choice);
}

/* ---- UA523 ---------------------------------------------------------------------- */

static bool is_machine_arch(const char *arch)
{
	static const char *const names[] = { "x86", "amd64", "arm", "arm64", "ia64" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(arch, names[i]) == 0)
			return true;
	return false;
}

static bool has_twin(const struct answer *answer, const struct component *c, const char *arch)
{
	for (size_t i = 0; i < answer->components.len; i++) {
		const struct component *other = &answer->components.items[i];

		if (component_pass(other) == component_pass(c) && component_is(other, c->name) &&
		    strcasecmp(other->arch, arch) == 0)
			return true;
	}
	return false;
}

/* That of --arch, or of the image. */
static const char *wanted_arch(const struct lint *lint)
{
	const struct image_context *image = lint->options->image;
	const struct image_row *row = image ? chosen_row(lint) : NULL;

	if (lint->options->arch)
		return lint->options->arch;
	if (!row && image)
		row = image_context_at(image, 0);
	return row ? row->arch : NULL;
}

static void check_arch(const struct rule *rule, struct lint *lint)
{
	const char *arch = wanted_arch(lint);
	const struct answer *answer = lint->answer;

	if (!arch || !is_machine_arch(arch))
		return;
	for (size_t i = 0; i < answer->components.len; i++) {
		const struct component *c = &answer->components.items[i];
		const struct attribute *a = element_attribute(c->element, "processorArchitecture");
		struct hit *hit;

		if (!a || !is_machine_arch(c->arch) || strcasecmp(c->arch, arch) == 0 ||
		    has_twin(answer, c, arch))
			continue;
		hit = lint_add(lint, rule, a->value_where, c->name, "component for %s, but the image is %s", c->arch, arch);
		edits_replace(hit_fix(hit, FIX_UNSAFE), a->raw, arch);
	}
}

/* ---- UA407 ---------------------------------------------------------------------- */

static bool any_row_has_language(const struct image_context *image, const char *tag, size_t len)
{
	for (size_t i = 0; i < image_context_len(image); i++)
		if (image_row_has_language(image_context_at(image, i), tag, len))
			return true;
	return false;
}

static void check_one_language(const struct rule *rule, struct lint *lint, const char *component, const char *path)
{
	const struct image_row *row = chosen_row(lint);
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, component, path, s))) {
		size_t len;
		const char *tag = setting_value(s, &len);

		if (s->placeholder || len == 0)
			continue;
		if (row ? image_row_has_language(row, tag, len) : any_row_has_language(lint->options->image, tag, len))
			continue;
		lint_setting(lint, rule, s, "the image has no language \"%s\", it has: %s", lint_show(s),
			     row ? row->languages : image_context_at(lint->options->image, 0)->languages);
	}
}

static void check_language(const struct rule *rule, struct lint *lint)
{
	if (!lint->options->image || image_context_len(lint->options->image) == 0)
		return;
	check_one_language(rule, lint, "Microsoft-Windows-International-Core-WinPE", "SetupUILanguage/UILanguage");
	check_one_language(rule, lint, "Microsoft-Windows-International-Core-WinPE", "UILanguage");
	check_one_language(rule, lint, "Microsoft-Windows-International-Core", "UILanguage");
}

/* ---- UA310, UA312 ---------------------------------------------------------------- */

static bool read_key(const struct lint *lint, const struct setting *s, struct key_verdict *ret)
{
	size_t len;
	const char *value = setting_value(s, &len);

	if (s->placeholder || s->element->first || len == 0)
		return false;
	key_classify(value, len, lint->options->pkeyconfig, ret);
	return ret->tier != KEY_TIER_UNKNOWN && ret->group && *ret->group->edition;
}

/* "EnterpriseS" for "EnterpriseSEval": an evaluation image is of the edition but takes no such key (UA312). */
static bool same_edition(const char *edition, const char *key_edition)
{
	size_t len = strlen(key_edition);

	if (strncasecmp(edition, key_edition, len) != 0)
		return false;
	return edition[len] == '\0' || strcasecmp(edition + len, "Eval") == 0;
}

static bool wim_has_edition(const struct image_context *image, const char *edition)
{
	for (size_t i = 0; i < image_context_len(image); i++) {
		const struct image_row *row = image_context_at(image, i);

		if (!*row->edition || same_edition(row->edition, edition))
			return true;
	}
	return false;
}

/* The published key whose group the image's own configuration has for its edition. */
static void offer_setup_key(const struct lint *lint, const struct setting *s, const struct image_row *row, struct hit *hit)
{
	const struct published_key *key;
	struct key_verdict verdict;

	for (size_t i = 0; hit->rule && s->element->plain && (key = published_key_at(i)); i++) {
		key_classify(key->key, strlen(key->key), lint->options->pkeyconfig, &verdict);
		if (verdict.group && same_edition(row->edition, verdict.group->edition) && key_verdict_is(&verdict, "Volume:GVLK")) {
			edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, key->key);
			return;
		}
	}
}

static void check_edition(const struct rule *rule, struct lint *lint)
{
	const struct image_context *image = lint->options->image;
	const struct image_row *row = image ? chosen_row(lint) : NULL;
	const struct setting *s = NULL;
	struct key_verdict verdict;

	while (image && (s = answer_next(lint->answer, SETUP, "UserData/ProductKey/Key", s))) {
		if (!read_key(lint, s, &verdict))
			continue;
		if (row && *row->edition && !same_edition(row->edition, verdict.group->edition))
			offer_setup_key(lint, s, row, lint_setting(lint, rule, s, "the key is for edition %s, the image %u \"%s\" is %s",
								   verdict.group->edition, row->index, row->name, row->edition));
		else if (!row && !wim_has_edition(image, verdict.group->edition))
			lint_setting(lint, rule, s, "the key is for edition %s, the WIM has no image of it",
				     verdict.group->edition);
	}
}

static bool is_evaluation(const struct image_row *row)
{
	size_t len = strlen(row->edition);

	return len > 4 && strcasecmp(row->edition + len - 4, "Eval") == 0;
}

static void check_evaluation_key(const struct rule *rule, struct lint *lint, const char *component, const char *path)
{
	const struct image_row *row = chosen_row(lint);
	const struct setting *s = NULL;
	struct key_verdict verdict;

	while (row && is_evaluation(row) && (s = answer_next(lint->answer, component, path, s)))
		if (read_key(lint, s, &verdict) && !strcasestr(verdict.group->channel, "Eval"))
			lint_setting(lint, rule, s, "a %s key for the evaluation image \"%s\"", verdict.group->channel,
				     row->name);
}

static void check_evaluation(const struct rule *rule, struct lint *lint)
{
	if (!lint->options->image)
		return;
	check_evaluation_key(rule, lint, SETUP, "UserData/ProductKey/Key");
	check_evaluation_key(rule, lint, "Microsoft-Windows-Shell-Setup", "ProductKey");
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA310", .name = "key-for-another-edition", .severity = SEVERITY_ERROR,
			.summary = "the product key is for another edition than the image",
			.why = "Setup looks for an image that fits the key: \"The product key entered does not match any of the Windows\n"
			       "images available for installation\". Reported with --image only.",
			.advice = "use the public setup key of the edition, or choose the image of the key's edition",
			.source = "https://github.com/joefitzgerald/packer-windows/issues/151",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "the setup key of Enterprise, and <Key>/IMAGE/NAME</Key><Value>Windows 11 Pro</Value>",
		.good = "the setup key of Professional, and <Key>/IMAGE/NAME</Key><Value>Windows 11 Pro</Value>",
		.check = check_edition,
	},
	{
		.meta = {
			.id = "UA312", .name = "key-for-evaluation-image", .severity = SEVERITY_WARNING,
			.summary = "a product key for an evaluation image",
			.why = "Evaluation images bring their own key and refuse others during Setup; they are converted afterwards with\n"
			       "DISM /Set-Edition. Reported with --image only.",
			.advice = "leave the key out, or take the image from volume or retail media",
			.source = "https://learn.microsoft.com/windows-server/get-started/upgrade-conversion-options",
		},
		.flags = RULE_CROSS,
		.bad = "a KMS client setup key with the image \"Windows Server 2022 Standard Evaluation\"",
		.good = "no key with that image",
		.check = check_evaluation,
	},
	{
		.meta = {
			.id = "UA407", .name = "language-not-in-image", .severity = SEVERITY_WARNING,
			.summary = "the image does not have this user interface language",
			.why = "Setup of 24H2 and later asks for language and region again, earlier ones fall back to the language of the\n"
			       "image. Reported with --image only; for pass windowsPE the boot image counts, which has the same language on\n"
			       "media as Microsoft makes them.",
			.advice = "use a language of the image, or add its language pack to install and boot image",
			.source = "https://github.com/cschneegans/unattend-generator/issues/170",
		},
		.bad = "<SetupUILanguage><UILanguage>de-DE</UILanguage></SetupUILanguage>   (image: en-US)",
		.good = "<SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage>",
		.check = check_language,
	},
	{
		.meta = {
			.id = "UA519", .name = "image-not-in-wim", .severity = SEVERITY_ERROR,
			.summary = "the WIM has no such image",
			.why = "\"Windows could not display the images available for installation\", or Setup stops at the page that asks\n"
			       "for the edition. Names change between media: Windows 11 25H2 renamed its images. Reported with --image only.",
			.advice = "use a name or an index that the WIM has; wimtool info lists them",
			.source = "https://github.com/cschneegans/unattend-generator/issues/410",
		},
		.fix = FIX_UNSAFE,
		.bad = "<Key>/IMAGE/NAME</Key><Value>Windows 10 Pro</Value>   (the WIM has \"Windows 11 Pro\")",
		.good = "<Key>/IMAGE/NAME</Key><Value>Windows 11 Pro</Value>",
		.check = check_image,
	},
	{
		.meta = {
			.id = "UA523", .name = "component-for-another-architecture", .severity = SEVERITY_WARNING,
			.summary = "the component is for another architecture than the image, and there is none for it",
			.why = "Setup passes over components of another architecture without a word, so that their settings are missing.\n"
			       "Reported with --image or --arch only.",
			.advice = "write the component for the architecture of the image, or for both",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/"
				  "component-settings-and-properties-reference",
		},
		.flags = RULE_CROSS,
		.fix = FIX_UNSAFE,
		.bad = "<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"x86\" ...>   (image: amd64)",
		.good = "<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"amd64\" ...>",
		.check = check_arch,
	},
};

const struct rule_table wim_rules = { rules, ARRAY_SIZE(rules) };
