/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA3xx: product keys, where they stand and what they are. */
#include "unattend/lint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unattend/move_key.h"

#define SETUP "Microsoft-Windows-Setup"
#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"
#define SETUP_KEY "UserData/ProductKey/Key"

/* Serial numbers below this belong to setup keys that Microsoft gives to everybody. */
#define SETUP_KEY_SERIALS 1000

static const struct setting *key_at(const struct lint *lint, size_t i)
{
	return i < lint->places.keys.len ? lint->places.keys.items[i] : NULL;
}

static void classify(const struct lint *lint, const struct setting *s, struct key_verdict *ret)
{
	size_t len;
	const char *value = setting_value(s, &len);

	key_classify(value, len, lint->options->pkeyconfig, ret);
}

static const char *image_name(const struct answer *answer)
{
	const struct setting *key = NULL;

	while ((key = answer_next(answer, SETUP, "ImageInstall/OSImage/InstallFrom/MetaData/Key", key))) {
		const struct setting *value = setting_child(answer, key->parent, "Value");

		if (setting_value_is(key, "/IMAGE/NAME") && value)
			return value->element->value;
	}
	return "";
}

/* Editions that are sold by volume only: with these names a key that is no public one is most likely a MAK. */
static bool names_volume_media(const char *image)
{
	return strcasestr(image, "enterprise") || strcasestr(image, "volume") || strcasestr(image, " VL");
}

/* ---- UA301 ----------------------------------------------------------------- */

static void report_mak(const struct rule *rule, struct lint *lint, const struct setting *s,
		       const struct key_verdict *verdict)
{
	struct hit *hit = lint_setting(lint, rule, s,
				       "Multiple Activation Key (group %u, %s) in pass %s: Setup of volume media stops here",
				       verdict->key.group, verdict->group->channel, s->component->block->pass_text);

	plan_move_key(lint->answer, s, hit);
	if (verdict->tier == KEY_TIER_CERTAIN)
		lint_note(lint, "the channel is from the given pkeyconfig; whether the key is genuine is not checked");
	else
		lint_note(lint, "the channel is from the built-in list of key groups; --pkeyconfig asks the image itself");
}

static void check_mak(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SETUP, SETUP_KEY, s))) {
		struct key_verdict verdict;

		if (s->placeholder || component_pass(s->component) != PASS_WINDOWS_PE)
			continue;
		classify(lint, s, &verdict);
		if (verdict.tier != KEY_TIER_UNKNOWN && key_verdict_is(&verdict, "Volume:MAK"))
			report_mak(rule, lint, s, &verdict);
		else if (verdict.tier == KEY_TIER_UNKNOWN && verdict.key.shape == KEY_2009 && verdict.key.checksum_ok &&
			 names_volume_media(image_name(lint->answer)))
			lint_setting_as(lint, rule, SEVERITY_WARNING, s,
					"this key (group %u, unknown) may be a Multiple Activation Key: the image is a volume edition",
					verdict.key.group);
	}
}

/* ---- the key itself --------------------------------------------------------- */

static void check_shape(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape == KEY_MALFORMED)
			lint_setting(lint, rule, s, "a product key has five groups of five characters with hyphens between");
	}
}

static void check_letters(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape == KEY_BAD_LETTER)
			lint_setting(lint, rule, s, "\"%c\" never occurs in a product key", verdict.key.bad_letter);
	}
}

static bool is_modern_image(const char *name)
{
	static const char *const names[] = { "Windows 8", "Windows 10", "Windows 11", "2012", "2016", "2019", "2022", "2025" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasestr(name, names[i]))
			return true;
	return false;
}

static void check_n_rule(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	bool modern = target ? target->build >= 9200 : is_modern_image(image_name(lint->answer));
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape == KEY_BAD_N)
			lint_setting(lint, rule, s, "a product key has one N at most");
		else if (verdict.key.shape == KEY_2005 && modern)
			lint_setting(lint, rule, s, "this key has no N: it is older than Windows 8, the image is not");
	}
}

static void check_checksum(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape == KEY_2009 && !verdict.key.checksum_ok)
			lint_setting(lint, rule, s, "the checksum inside the key does not match: it is mistyped");
	}
}

/* Zeros with WillShowUI=Always are how some ask Setup to show the page. */
static bool asks_for_the_page(const struct lint *lint, const struct setting *key)
{
	const struct setting *show = key->parent ? setting_child(lint->answer, key->parent, "WillShowUI") : NULL;

	return show && setting_value_is(show, "Always");
}

static void check_placeholder(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape == KEY_PLACEHOLDER && !asks_for_the_page(lint, s))
			delete_key_element(lint->answer, s, hit_fix(lint_setting(lint, rule, s, "this is a placeholder, not a product key"),
								    FIX_UNSAFE));
	}
}

static void check_empty(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	enum severity severity = target && target->build >= 26100 ? SEVERITY_ERROR : rule->meta.severity;
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SETUP, SETUP_KEY, s)))
		if (setting_value_empty(s)) {
			struct hit *hit = lint_setting_as(lint, rule, severity, s, "the product key is empty");
			struct edits *edits = hit_fix(hit, FIX_SAFE);

			delete_key_element(lint->answer, s, edits);
		}
}

static void check_direct_text(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SETUP, "UserData/ProductKey", s))) {
		size_t len;
		const char *value = setting_value(s, &len);
		CLEANUP(freep) char *wrapped = NULL;
		struct hit *hit;

		if (s->element->first || len == 0)
			continue;
		hit = lint_setting(lint, rule, s, "the key stands directly in ProductKey instead of in ProductKey/Key");
		wrapped = xasprintf("<%s%sKey>%.*s</%s%sKey>", s->element->prefix, *s->element->prefix ? ":" : "", (int)len,
				    value, s->element->prefix, *s->element->prefix ? ":" : "");
		if (s->element->plain)
			edits_replace(hit_fix(hit, FIX_SAFE), s->element->content, wrapped);
	}
}

static void check_wrong_pass(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "ProductKey", s))) {
		enum pass pass = component_pass(s->component);
		struct hit *hit;

		if (pass == PASS_SPECIALIZE || pass == PASS_NONE)
			continue;
		hit = lint_setting_element(lint, rule, s, "Shell-Setup/ProductKey works in pass specialize only, not in %s",
					   pass_name(pass));
		if (!setting_value_empty(s))
			plan_move_key(lint->answer, s, hit);
	}
}

/* Published, or of the low numbers that Microsoft gives to keys for installing; not when the image calls it a MAK. */
static bool is_public(const struct key_verdict *verdict)
{
	if (verdict->tier == KEY_TIER_CERTAIN && key_verdict_is(verdict, "Volume:MAK"))
		return false;
	return verdict->published || verdict->key.serial < SETUP_KEY_SERIALS;
}

static void check_real_key(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;
	struct key_verdict verdict;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		classify(lint, s, &verdict);
		if (verdict.key.shape != KEY_2009 || !verdict.key.checksum_ok || is_public(&verdict))
			continue;
		lint_setting(lint, rule, s, "a product key that is no public setup key stands in this file (%s)",
			     verdict.group ? verdict.group->channel : "channel unknown");
	}
}

static void check_vista_key(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s = answer_next(lint->answer, SETUP, SETUP_KEY, NULL);

	if (!target || target->build >= 7600 || !s || setting_value_empty(s))
		return;
	if (!answer_next(lint->answer, SHELL_SETUP, "ProductKey", NULL))
		plan_copy_key(lint->answer, s, lint_setting(lint, rule, s, "only Setup has a key: Windows Welcome of Vista will ask for one"));
}

static bool chooses_image(const struct lint *lint, const struct component *c)
{
	const struct setting *key = component_setting(lint->answer, c, SETUP_KEY);

	if (component_setting(lint->answer, c, "ImageInstall/OSImage/InstallFrom/MetaData"))
		return true;
	if (key && !setting_value_empty(key))
		return true;
	key = component_setting(lint->answer, c, "UserData/ProductKey");
	return key && !key->element->first && !setting_value_empty(key);
}

static void check_image_choice(const struct rule *rule, struct lint *lint)
{
	for (size_t i = 0; i < lint->answer->components.len; i++) {
		const struct component *c = &lint->answer->components.items[i];

		if (!component_is(c, SETUP) || component_pass(c) != PASS_WINDOWS_PE || chooses_image(lint, c))
			continue;
		if (component_setting(lint->answer, c, "ImageInstall/OSImage") ||
		    component_setting(lint->answer, c, "UserData"))
			lint_element(lint, rule, c->element, "neither a product key nor ImageInstall/OSImage/InstallFrom/MetaData "
				     "says which image to install");
	}
}

/* ---- KMS client setup keys --------------------------------------------------- */

/* "Windows Server 2012 R2" before "Windows Server 2012". */
static const char *const products[] = {
	"Windows Server 2025", "Windows Server 2022", "Windows Server 2019", "Windows Server 2016", "Windows Server 2012 R2",
	"Windows Server 2012", "Windows 8.1", "Windows 8",
};

static const char *product_in(const char *image)
{
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (strcasestr(image, products[i]))
			return products[i];
	if (strcasestr(image, "Windows 10") || strcasestr(image, "Windows 11"))
		return strcasestr(image, "LTS") ? NULL : "Windows 11 / Windows 10";
	return NULL;
}

/* Keys that fit several versions are not judged. */
static bool is_single_product(const char *product)
{
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (strcmp(products[i], product) == 0)
			return true;
	return strcmp(product, "Windows 11 / Windows 10") == 0;
}

static const struct published_key *same_edition(const char *product, const char *edition)
{
	const struct published_key *key;

	for (size_t i = 0; (key = published_key_at(i)); i++)
		if (strcmp(key->product, product) == 0 && strcmp(key->edition, edition) == 0)
			return key;
	return NULL;
}

static void check_setup_key_version(const struct rule *rule, struct lint *lint)
{
	const char *wanted = product_in(image_name(lint->answer));
	const struct setting *s = NULL;

	for (size_t i = 0; wanted && (s = key_at(lint, i)); i++) {
		size_t len;
		const char *value = setting_value(s, &len);
		const struct published_key *key = published_key_find(value, len), *other;
		struct hit *hit;

		if (!key || !is_single_product(key->product) || strcmp(key->product, wanted) == 0)
			continue;
		other = same_edition(wanted, key->edition);
		hit = lint_setting(lint, rule, s, "this is the KMS client setup key of %s %s, the image is %s", key->product, key->edition,
				   wanted);
		if (other && s->element->plain)
			edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, other->key);
	}
}

static bool names_kms_host(const struct answer *answer)
{
	return text_find(strbuf_text(&answer->source.text), answer->source.text.len, 0, "skms") < answer->source.text.len ||
	       answer_next(answer, "Microsoft-Windows-UnattendedJoin", "Identification", NULL);
}

static void check_kms_client(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	for (size_t i = 0; (s = key_at(lint, i)); i++) {
		size_t len;
		const char *value = setting_value(s, &len);
		const struct published_key *key = published_key_find(value, len);

		if (key && !names_kms_host(lint->answer))
			lint_setting(lint, rule, s, "the KMS client setup key of %s %s activates at a KMS host only", key->product, key->edition);
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA301", .name = "mak-in-windowspe", .severity = SEVERITY_ERROR,
			.summary = "a Multiple Activation Key stands in pass windowsPE",
			.why = "UserData/ProductKey of pass windowsPE only chooses the image and decides about the media. Setup of\n"
			       "volume media cannot do that with a MAK and stops: \"The unattend answer file contains an invalid\n"
			       "product key\"; setupact.log names Callback_Productkey_Validate_Unattend. A MAK activates Windows and\n"
			       "belongs in Shell-Setup/ProductKey, pass specialize. The group number inside the key says whether it\n"
			       "is a MAK: certain when the pkeyconfig of the image says so, otherwise by a built-in list; a key of\n"
			       "an unknown group gives a warning on volume editions and silence elsewhere.",
			.advice = "move the key to Microsoft-Windows-Shell-Setup/ProductKey in pass specialize; choose the image with "
				  "ImageInstall/OSImage/InstallFrom/MetaData",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-productkey",
		},
		.fix = FIX_SAFE,
		.bad = "<settings pass=\"windowsPE\">\n  <component name=\"Microsoft-Windows-Setup\" ...>\n    <UserData>\n"
		       "      <ProductKey><Key>(a MAK)</Key></ProductKey>",
		.good = "<settings pass=\"specialize\">\n  <component name=\"Microsoft-Windows-Shell-Setup\" ...>\n"
			"    <ProductKey>(a MAK)</ProductKey>",
		.check = check_mak,
	},
	{
		.meta = {
			.id = "UA302", .name = "malformed-key", .severity = SEVERITY_ERROR,
			.summary = "the product key is not five groups of five characters",
			.why = "Setup stops with \"Windows cannot read the <ProductKey> setting from the unattend answer file\".",
			.advice = "write the key as XXXXX-XXXXX-XXXXX-XXXXX-XXXXX",
			.source = "https://github.com/memstechtips/UnattendedWinstall/issues/49",
		},
		.bad = "<Key>W269N-WFGWX</Key>",
		.good = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key>",
		.check = check_shape,
	},
	{
		.meta = {
			.id = "UA303", .name = "illegal-key-letter", .severity = SEVERITY_ERROR,
			.summary = "the product key has a letter that no key has",
			.why = "Keys are made of BCDFGHJKMPQRTVWXY2346789 and, since Windows 8, one N. A, E, I, L, O, S, U, Z, 0, 1 and 5\n"
			       "never occur, so this one is mistyped and Setup refuses it.",
			.advice = "compare with the original: 0 and O, 1 and I, 5 and S are usual slips; the right letter is another one",
			.source = "https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys",
		},
		.bad = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GO</Key>",
		.good = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key>",
		.check = check_letters,
	},
	{
		.meta = {
			.id = "UA304", .name = "key-of-another-era", .severity = SEVERITY_ERROR,
			.summary = "the number of N in the product key does not fit the Windows version",
			.why = "Keys of Windows 8 and later have exactly one N, keys of Vista and 7 have none. A key of the other era is\n"
			       "refused. The era of the image is taken from --target, else from /IMAGE/NAME.",
			.advice = "use a key of the Windows version that is installed",
			.source = "https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys",
		},
		.bad = "<Key>33PXH-7Y6KF-2VJC9-XBBR8-HVTHH</Key>   (Windows 7) with /IMAGE/NAME \"Windows 10 Enterprise\"",
		.good = "<Key>NPPR9-FWDCX-D2C8J-H872K-2YT43</Key>",
		.check = check_n_rule,
	},
	{
		.meta = {
			.id = "UA305", .name = "key-checksum", .severity = SEVERITY_ERROR,
			.summary = "the checksum inside the product key does not match",
			.why = "Ten bits of a key of Windows 8 or later are a checksum of the others. When they do not match, a letter is\n"
			       "wrong; 1023 of 1024 slips are found so. Setup refuses the key: \"Setup has failed to validate the\n"
			       "product key\" or \"The unattend answer file contains an invalid product key\".",
			.advice = "type the key again",
			.source = "https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys",
		},
		.bad = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GY</Key>",
		.good = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key>",
		.check = check_checksum,
	},
	{
		.meta = {
			.id = "UA306", .name = "placeholder-key", .severity = SEVERITY_WARNING,
			.summary = "the product key is a placeholder",
			.why = "Setup stops at the page for the product key. Zeros together with WillShowUI=Always are left alone: that is\n"
			       "how some ask for the page on purpose.",
			.advice = "remove the element and choose the image with MetaData, or use the public setup key of the edition",
			.source = "https://github.com/cschneegans/unattend-generator/issues/170",
		},
		.fix = FIX_UNSAFE,
		.bad = "<Key>XXXXX-XXXXX-XXXXX-XXXXX-XXXXX</Key>",
		.good = "<Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key>",
		.check = check_placeholder,
	},
	{
		.meta = {
			.id = "UA307", .name = "empty-key", .severity = SEVERITY_WARNING,
			.summary = "the product key of pass windowsPE is empty",
			.why = "Older Setup shows the page for the key; Setup of Windows 11 24H2 fails with \"Setup has failed to validate\n"
			       "the product key\", for example when the firmware holds a key of another edition. An error with\n"
			       "--target win11-24h2 or server2025.",
			.advice = "remove the Key element (WillShowUI may stay) or give a key",
			.source = "https://github.com/ChrisTitusTech/winutil/pull/4791",
		},
		.fix = FIX_SAFE,
		.bad = "<ProductKey><Key/><WillShowUI>Never</WillShowUI></ProductKey>",
		.good = "<ProductKey><WillShowUI>Never</WillShowUI></ProductKey>",
		.check = check_empty,
	},
	{
		.meta = {
			.id = "UA308", .name = "key-not-in-key-element", .severity = SEVERITY_ERROR,
			.summary = "the product key of pass windowsPE stands directly in ProductKey",
			.why = "In Microsoft-Windows-Setup the key belongs in ProductKey/Key; only Shell-Setup has it directly in ProductKey.\n"
			       "Setup stops with \"Windows cannot read the <Product Key> setting from the unattend answer file\".",
			.advice = "put the key into a Key element",
			.source = "https://github.com/joefitzgerald/packer-windows/pull/39",
		},
		.fix = FIX_SAFE,
		.bad = "<UserData><ProductKey>W269N-WFGWX-YVC9B-4J6C9-T83GX</ProductKey></UserData>",
		.good = "<UserData><ProductKey><Key>W269N-WFGWX-YVC9B-4J6C9-T83GX</Key></ProductKey></UserData>",
		.check = check_direct_text,
	},
	{
		.meta = {
			.id = "UA309", .name = "activation-key-in-wrong-pass", .severity = SEVERITY_ERROR,
			.summary = "Shell-Setup/ProductKey stands outside pass specialize",
			.why = "The setting is read in pass specialize only. Elsewhere it is passed over without a word and Windows is not\n"
			       "activated with this key.",
			.advice = "move it to pass specialize",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-productkey",
		},
		.fix = FIX_SAFE,
		.bad = "<settings pass=\"oobeSystem\">\n  <component name=\"Microsoft-Windows-Shell-Setup\" ...>\n    <ProductKey>...",
		.good = "<settings pass=\"specialize\">\n  <component name=\"Microsoft-Windows-Shell-Setup\" ...>\n    <ProductKey>...",
		.check = check_wrong_pass,
	},
	{
		.meta = {
			.id = "UA311", .name = "setup-key-of-another-version", .severity = SEVERITY_WARNING,
			.summary = "the KMS client setup key is of another Windows version",
			.why = "The keys that Microsoft publishes are made for one version each: Setup finds no image that fits, or Windows is not\n"
			       "activated. The version of the image is taken from /IMAGE/NAME.",
			.advice = "take the key of the version that is installed",
			.source = "https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "(the key of Windows Server 2016 with an image Windows Server 2019)",
		.good = "(the key of Windows Server 2019)",
		.check = check_setup_key_version,
	},
	{
		.meta = {
			.id = "UA313", .name = "real-key-in-file", .severity = SEVERITY_INFO,
			.summary = "a product key that is no public setup key stands in the file",
			.why = "Who can read the file can use the key; Setup also leaves a copy in %WINDIR%\\Panther.",
			.advice = "keep a placeholder in the repository and put the key in when the image is made",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/hide-sensitive-data-in-an-answer-file",
		},
		.bad = "<ProductKey>(a Retail, OEM or MAK key)</ProductKey>",
		.good = "<ProductKey>${PRODUCT_KEY}</ProductKey>   (rendered at deployment)",
		.check = check_real_key,
	},
	{
		.meta = {
			.id = "UA314", .name = "no-activation-key-on-vista", .severity = SEVERITY_INFO,
			.summary = "only Setup has a product key (Vista)",
			.why = "On Vista the key of pass windowsPE is not used for activation; Windows Welcome asks for one. Reported with\n"
			       "--target vista or server2008 only.",
			.advice = "add Microsoft-Windows-Shell-Setup/ProductKey to pass specialize",
			.source = "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-vista/cc749389(v=ws.10)",
		},
		.fix = FIX_UNSAFE,
		.bad = "UserData/ProductKey/Key without Shell-Setup/ProductKey",
		.good = "both",
		.check = check_vista_key,
	},
	{
		.meta = {
			.id = "UA315", .name = "no-image-choice", .severity = SEVERITY_WARNING,
			.summary = "nothing says which image to install",
			.why = "When the media hold several images, Setup shows the list of editions, or \"Windows could not display the\n"
			       "images available for installation\".",
			.advice = "add ImageInstall/OSImage/InstallFrom/MetaData with /IMAGE/INDEX or /IMAGE/NAME, or the public setup key "
				  "of the edition",
			.source = "https://github.com/cschneegans/unattend-generator/issues/446",
		},
		.flags = RULE_CROSS,
		.bad = "<ImageInstall><OSImage><InstallTo>...</InstallTo></OSImage></ImageInstall>",
		.good = "<InstallFrom><MetaData wcm:action=\"add\"><Key>/IMAGE/INDEX</Key><Value>1</Value></MetaData></InstallFrom>",
		.check = check_image_choice,
	},
	{
		.meta = {
			.id = "UA316", .name = "setup-key-needs-kms", .severity = SEVERITY_WARNING,
			.summary = "a KMS client setup key and no KMS host in sight",
			.why = "Outside an organisation with a KMS host or Active Directory-based activation these keys activate nothing. Quiet when\n"
			       "the file joins a domain or names a host.",
			.advice = "use it inside the organisation only, or give a key of your own",
			.source = "https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys",
		},
		.flags = RULE_OFF | RULE_CROSS,
		.bad = "<ProductKey>(a KMS client setup key)</ProductKey>",
		.good = "<ProductKey>(a KMS client setup key)</ProductKey> in a file that joins a domain",
		.check = check_kms_client,
	},
};

const struct rule_table key_rules = { rules, ARRAY_SIZE(rules) };
