/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <string.h>

#include "common/base/file.h"
#include "unattend/pkey_config.h"

#define KEY_INPUT_MAX 4096

struct args {
	const char *pkeyconfig;
};

static const struct cli_option options[] = {
	OPT_TEXT(struct args, pkeyconfig, 0, "pkeyconfig", "FILE", "pkeyconfig.xrm-ms of the image: makes the channel certain"),
};

static const char *shape_text(enum key_shape shape)
{
	static const char *const texts[] = {
		[KEY_EMPTY] = "empty",
		[KEY_PLACEHOLDER] = "a placeholder, not a key",
		[KEY_MALFORMED] = "not five groups of five characters",
		[KEY_BAD_LETTER] = "holds a letter that no key has",
		[KEY_BAD_N] = "holds more than one N",
		[KEY_2005] = "no N: Vista, 7 or Server 2008; group and checksum cannot be read",
		[KEY_2009] = "one N: Windows 8 or later",
	};

	return texts[shape];
}

static const char *tier_text(enum key_tier tier)
{
	static const char *const texts[] = {
		[KEY_TIER_UNKNOWN] = "unknown",
		[KEY_TIER_TABLE] = "built-in list",
		[KEY_TIER_CERTAIN] = "given pkeyconfig",
	};

	return texts[tier];
}

static const char *place_text(const struct key_verdict *v)
{
	if (key_verdict_is(v, "Volume:MAK"))
		return "Microsoft-Windows-Shell-Setup/ProductKey, pass specialize, only there";
	if (key_verdict_is(v, "Volume:GVLK"))
		return "Microsoft-Windows-Setup/UserData/ProductKey/Key (windowsPE) to choose the edition; "
		       "Shell-Setup/ProductKey (specialize) to activate by KMS";
	return "Microsoft-Windows-Setup/UserData/ProductKey/Key (windowsPE) chooses the edition; "
	       "Shell-Setup/ProductKey (specialize) activates";
}

static void print_line(struct cli *cli, const char *member, const char *title, const char *text)
{
	fprintf(cli->out, "%-10s %s\n", title, text);
	json_text(cli->json, member, text);
}

static void print_numbers(struct cli *cli, const struct key_verdict *v)
{
	if (v->key.shape != KEY_2009)
		return;
	fprintf(cli->out, "%-10s %s\n", "checksum:", v->key.checksum_ok ? "matches" : "does not match: the key is mistyped");
	json_bool(cli->json, "checksum_ok", v->key.checksum_ok);
	if (!v->key.checksum_ok)
		return;
	fprintf(cli->out, "%-10s %u\n", "group:", v->key.group);
	json_uint(cli->json, "group", v->key.group);
	print_line(cli, "channel", "channel:", v->group ? v->group->channel : v->published ? "Volume:GVLK" : "unknown");
	if (v->group && *v->group->edition)
		print_line(cli, "edition", "edition:", v->group->edition);
	else if (v->group)
		print_line(cli, "edition", "edition:", v->group->description);
	print_line(cli, "known_from", "known by:", tier_text(v->tier));
}

static bool is_usable(const struct key_verdict *v)
{
	return v->key.shape == KEY_2005 || (v->key.shape == KEY_2009 && v->key.checksum_ok);
}

static void print_verdict(struct cli *cli, const char *text, size_t len, const struct key_verdict *v)
{
	char masked[PRODUCT_KEY_MASKED_LEN + 1];

	print_line(cli, "key", "key:", cli->show_secrets ? text : product_key_mask(text, len, masked));
	print_line(cli, "shape", "shape:", shape_text(v->key.shape));
	print_numbers(cli, v);
	if (v->published) {
		fprintf(cli->out, "%-10s %s, %s: a setup key that Microsoft publishes\n", "public:", v->published->product,
			v->published->edition);
		json_textf(cli->json, "public", "%s, %s", v->published->product, v->published->edition);
	}
	if (!is_usable(v))
		return;
	print_line(cli, "place", "place:", place_text(v));
	fputs("Whether the key is genuine, blocked or used up cannot be told offline.\n", cli->out);
}

/* The first line of the input without space around it. */
static void take_line(struct strbuf *raw)
{
	const char *newline = raw->len ? memchr(raw->data, '\n', raw->len) : NULL;
	size_t start = 0, end = newline ? (size_t)(newline - raw->data) : raw->len;

	while (end && (raw->data[end - 1] == ' ' || raw->data[end - 1] == '\r' || raw->data[end - 1] == '\t'))
		end--;
	while (start < end && (raw->data[start] == ' ' || raw->data[start] == '\t'))
		start++;
	memmove(raw->data, raw->data + start, end - start);
	raw->len = end - start;
	raw->data[raw->len] = '\0';
}

static int run_key(struct cli *cli, const void *args, struct err *err)
{
	const struct args *a = args;
	CLEANUP(strbuf_wipe) struct strbuf raw = STRBUF_INIT;
	CLEANUP(pkey_config_freep) struct pkey_config *config = NULL;
	struct key_verdict verdict;

	if (strcmp(cli->args[0], "-") != 0) {
		err_set(err, ERR_USAGE, "a key is read from standard input only, so that it is in no history and no list of processes");
		return err_hint(err, "unattend key - < file");
	}
	if (a->pkeyconfig && !(config = pkey_config_load(a->pkeyconfig, err)))
		return -1;
	if (file_read_all("-", KEY_INPUT_MAX, &raw, err) < 0)
		return -1;
	strbuf_reserve(&raw, 1);
	take_line(&raw);
	key_classify(raw.data, raw.len, config, &verdict);
	print_verdict(cli, raw.data, raw.len, &verdict);
	strbuf_wipe(&raw);
	return is_usable(&verdict) ? CLI_DONE : CLI_FINDINGS;
}

static const struct cli_example examples[] = {
	{ "unattend key - < key.txt", "what a key says about itself" },
};

const struct cli_command cmd_key = {
	.name = "key",
	.summary = "tell what a product key says about itself",
	.usage = "-",
	.description = "Reads one key from standard input and tells shape, checksum, group, edition and channel, and where in an answer\n"
		       "file it belongs. Nothing is asked over the network, so nothing is said about whether the key is genuine.\n\n"
		       "Exit code 1 means that this cannot be a product key.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.min_args = 1,
	.max_args = 1,
	CLI_OPTIONS(struct args, options),
	.has_json = true,
	.has_secrets = true,
	.schema = "goldwim/key/1",
	.run = run_key,
};
