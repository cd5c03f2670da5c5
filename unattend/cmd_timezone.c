/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/facts/timezone.h"
#include "unattend/product_key.h"

#define SHORTEST_SEARCH 3 /* letters that are looked for inside names */

/* ---- JSON -------------------------------------------------------------------- */

static void iana_to_json(struct json *json, const struct timezone_row *zone)
{
	const struct timezone_iana *iana;

	json_text(json, "iana", *zone->iana ? zone->iana : NULL);
	json_begin_array(json, "iana_all");
	for (size_t i = 0; (iana = timezone_iana_at(i)); i++)
		if (strcmp(iana->id, zone->id) == 0)
			json_text(json, NULL, iana->iana);
	json_end_array(json);
}

static void zone_to_json(struct json *json, const struct timezone_row *zone)
{
	char text[TIMEZONE_TEXT_LEN];

	json_begin_object(json, NULL);
	json_text(json, "id", zone->id);
	json_text(json, "label", zone->label);
	json_text(json, "index_confidence", index_sure_name(zone->sure));
	if (zone->sure != INDEX_NONE) {
		json_uint(json, "index", zone->index);
		json_textf(json, "index_hex", "0x%08" PRIx32, zone->index);
		json_text(json, "sysprep_inf", timezone_inf_text(zone->index, text));
	}
	iana_to_json(json, zone);
	json_text(json, "state", *zone->state ? zone->state : "current");
	json_end_object(json);
}

/* ---- text -------------------------------------------------------------------- */

static void print_index(FILE *out, const struct timezone_row *zone)
{
	char text[TIMEZONE_TEXT_LEN];

	if (zone->sure == INDEX_NONE) {
		fputs("  index        none: the zone came after Windows XP and Server 2003\n", out);
		return;
	}
	fprintf(out, "  index        %" PRIu32 " (0x%08" PRIx32 ")%s\n", zone->index, zone->index,
		zone->sure == INDEX_UNCERTAIN ? ", not confirmed" : "");
	fprintf(out, "  sysprep.inf  TimeZone=%s\n", timezone_inf_text(zone->index, text));
}

static void print_iana(FILE *out, const struct timezone_row *zone)
{
	const struct timezone_iana *iana;
	size_t n = 0;

	if (*zone->iana)
		fprintf(out, "  IANA         %s", zone->iana);
	for (size_t i = 0; *zone->iana && (iana = timezone_iana_at(i)); i++)
		if (strcmp(iana->id, zone->id) == 0 && strcmp(iana->iana, zone->iana) != 0)
			fprintf(out, "%s%s", n++ ? ", " : "; also ", iana->iana);
	if (*zone->iana)
		fputc('\n', out);
}

static void print_zone(FILE *out, const struct timezone_row *zone)
{
	fprintf(out, "%s\n", zone->id);
	fprintf(out, "  answer file  <TimeZone>%s</TimeZone>\n", zone->id);
	fprintf(out, "  shown as     %s\n", zone->label);
	print_index(out, zone);
	print_iana(out, zone);
	if (*zone->state)
		fputs("  note         current versions of Windows do not have this zone\n", out);
	if (zone->sure == INDEX_UNCERTAIN)
		fprintf(out, "  note         compare the index with the value Index below HKLM\\SOFTWARE\\Microsoft\\Windows NT\\\n"
			     "               CurrentVersion\\Time Zones\\%s on the machine\n", zone->id);
}

static void print_row(FILE *out, const struct timezone_row *zone)
{
	char text[TIMEZONE_TEXT_LEN] = "-";

	if (zone->sure != INDEX_NONE)
		timezone_inf_text(zone->index, text);
	fprintf(out, "%-34s %-12s %s\n", zone->id, text, zone->label);
}

/* ---- asking ------------------------------------------------------------------ */

/* What there is to say of how the zone was named. */
static void explain_form(struct cli *cli, const struct timezone_value *value)
{
	uint32_t index = value->index;
	char right[TIMEZONE_TEXT_LEN];
	const char *text = timezone_inf_text(index, right);

	if (value->form == TIMEZONE_SIGNED) {
		json_textf(cli->json, "note", "this is index 0x%08" PRIx32 " read as a signed number; sysprep.inf wants "
			   "minus and the unsigned number: %s", index, text);
		fprintf(cli->out, "%" PRId32 " is index 0x%08" PRIx32 " read as a signed number; sysprep.inf wants minus and the "
			"unsigned\nnumber: TimeZone=%s\n\n", (int32_t)index, index, text);
	} else if (value->dst_off) {
		json_text(cli->json, "note", "_dstoff behind the key name switches summer time off; Vista and later take it");
		fputs("\"_dstoff\" behind the key name switches summer time off; Windows Vista and later take it.\n\n", cli->out);
	} else if (value->form == TIMEZONE_OLD_NAME) {
		json_text(cli->json, "note", "this name is from the list for Windows XP; answer files want the key name");
		fputs("This name is from the list for Windows XP; answer files want the key name.\n\n", cli->out);
	}
}

static const char *form_name(enum timezone_form form)
{
	static const char *const names[] = {
		[TIMEZONE_ID] = "id", [TIMEZONE_OLD_NAME] = "old-name", [TIMEZONE_IANA] = "iana", [TIMEZONE_HEX] = "index",
		[TIMEZONE_DECIMAL] = "index", [TIMEZONE_INF_OLD] = "sysprep-inf", [TIMEZONE_INF] = "sysprep-inf",
		[TIMEZONE_SIGNED] = "signed-index",
	};

	return names[form];
}

static int list_all(struct cli *cli)
{
	json_begin_array(cli->json, "zones");
	for (size_t i = 0; timezone_at(i); i++) {
		zone_to_json(cli->json, timezone_at(i));
		print_row(cli->out, timezone_at(i));
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

static bool zone_holds(const struct timezone_row *zone, const char *word)
{
	const struct timezone_iana *iana;

	if (strcasestr(zone->id, word) || strcasestr(zone->label, word))
		return true;
	for (size_t i = 0; (iana = timezone_iana_at(i)); i++)
		if (strcmp(iana->id, zone->id) == 0 && strcasestr(iana->iana, word))
			return true;
	return false;
}

static int no_zone(const char *word, struct err *err)
{
	CLEANUP(freep) char *shown = xstrdup(word);
	const char **names = timezone_names();
	const char *near = cli_did_you_mean(word, names);

	free(names);
	mask_keys(shown); /* given to the wrong command */
	err_set(err, ERR_NOT_FOUND, "there is no time zone \"%s\"", shown);
	return near ? err_hint(err, "did you mean \"%s\"?", near) : err_hint(err, "unattend timezone lists them");
}

/* Zones that have the word somewhere in their names; none is as good as any other when there are several. */
static int search(struct cli *cli, const char *word, struct err *err)
{
	size_t n = 0;

	json_text(cli->json, "form", "search");
	json_begin_array(cli->json, "zones");
	for (size_t i = 0; strlen(word) >= SHORTEST_SEARCH && timezone_at(i); i++)
		if (zone_holds(timezone_at(i), word)) {
			zone_to_json(cli->json, timezone_at(i));
			print_row(cli->out, timezone_at(i));
			n++;
		}
	json_end_array(cli->json);
	if (n == 0)
		return no_zone(word, err);
	return n == 1 ? CLI_DONE : CLI_FINDINGS;
}

static int run_timezone(struct cli *cli, const void *args, struct err *err)
{
	const char *name = cli->args[0];
	struct timezone_value value;

	(void)args;
	if (cli->n_args == 0)
		return list_all(cli);
	json_text(cli->json, "query", name);
	if (strncasecmp(name, "TimeZone=", 9) == 0)
		name += 9; /* a line of a sysprep.inf */
	if (timezone_read(name, &value) == TIMEZONE_NONE)
		return search(cli, name, err);
	if (!value.zone)
		return err_set(err, ERR_NOT_FOUND, "no time zone has the index %" PRIu32 " (0x%08" PRIx32 ")", value.index,
			       value.index);
	json_text(cli->json, "form", form_name(value.form));
	explain_form(cli, &value);
	json_begin_array(cli->json, "zones");
	zone_to_json(cli->json, value.zone);
	json_end_array(cli->json);
	print_zone(cli->out, value.zone);
	return CLI_DONE;
}

static const struct cli_example examples[] = {
	{ "unattend timezone Europe/Vienna", "the name an answer file wants" },
	{ "unattend timezone 110", "what TimeZone=110 of a sysprep.inf means" },
	{ "unattend timezone -- -2147483725", "an index with the high bit" },
};

const struct cli_command cmd_timezone = {
	.name = "timezone",
	.summary = "translate between the names of a time zone",
	.usage = "[NAME|INDEX]",
	.description = "Takes a key name of Windows (\"W. Europe Standard Time\"), a zone of the IANA database (Europe/Vienna), an index as\n"
		       "Windows XP and Server 2003 have it (110, 0x6e) or the value of TimeZone= in a sysprep.inf, and tells all the\n"
		       "others. Any other word is looked for in all names. Without an argument all zones are listed.\n\n"
		       "An index with the high bit stands in sysprep.inf as minus and the unsigned number: 0x8000004d is\n"
		       "TimeZone=-2147483725. A number with a minus goes behind \"--\".\n\n"
		       "Exit code 1 means that a word was found in several zones, 3 that there is none.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.max_args = 1,
	.has_json = true,
	.run = run_timezone,
};
