/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/apply.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/timezone_image.h"

struct timezone_args {
	bool dry_run;
};

static const struct cli_option timezone_option_table[] = {
	OPT_FLAG(struct timezone_args, dry_run, 'n', "dry-run", "set: show the plan, change nothing"),
};

static void format_bias(int bias, char ret[16])
{
	unsigned minutes = bias < 0 ? 0u - (unsigned)bias : (unsigned)bias;

	snprintf(ret, 16, "UTC%c%02u:%02u", bias > 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

static void zone_to_json(const struct timezone_row *zone, struct json *json)
{
	char inf[TIMEZONE_TEXT_LEN];

	json_text(json, "key", zone->id);
	json_text(json, "display", zone->label);
	json_text(json, "iana", *zone->iana ? zone->iana : NULL);
	json_int(json, "bias", zone->bias);
	if (zone->sure != INDEX_NONE) {
		json_textf(json, "index", "0x%08x", zone->index);
		json_uint(json, "index_decimal", zone->index);
		json_text(json, "sysprep_inf", timezone_inf_text(zone->index, inf));
	}
	json_text(json, "index_confidence", index_sure_name(zone->sure));
	json_text(json, "state", *zone->state ? zone->state : NULL);
}

static int list_zones(struct cli *cli)
{
	const struct timezone_row *zone;

	json_begin_array(cli->json, "zones");
	for (size_t i = 0; (zone = timezone_at(i)); i++) {
		char inf[TIMEZONE_TEXT_LEN] = "-", bias[16];

		json_begin_object(cli->json, NULL);
		zone_to_json(zone, cli->json);
		json_end_object(cli->json);
		format_bias(zone->bias, bias);
		if (zone->sure != INDEX_NONE)
			timezone_inf_text(zone->index, inf);
		fprintf(cli->out, "%-32s %s  %11s%s  %-26s %s\n", zone->id, bias, inf,
			zone->sure == INDEX_UNCERTAIN ? "?" : " ", *zone->iana ? zone->iana : "-", zone->label);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

/* ---- of an image ---- */

static void image_zone_to_json(const struct image_zone *zone, struct json *json)
{
	char inf[TIMEZONE_TEXT_LEN];

	json_begin_object(json, NULL);
	json_text(json, "key", zone->key);
	json_text(json, "display", *zone->display ? zone->display : NULL);
	json_text(json, "iana", zone->zone && *zone->zone->iana ? zone->zone->iana : NULL);
	json_bool(json, "in_table", zone->zone != NULL);
	if (zone->has_tzi) {
		json_int(json, "bias", zone->bias);
		json_bool(json, "summer_time", zone->has_summer_time);
	}
	if (zone->has_index) {
		json_textf(json, "index", "0x%08x", zone->index);
		json_text(json, "sysprep_inf", timezone_inf_text(zone->index, inf));
	}
	json_end_object(json);
}

/* What the image says itself comes first; our table adds IANA names, and an index where it has none. */
static void print_image_zone(const struct image_zone *zone, FILE *out)
{
	const struct timezone_row *known = zone->zone;
	char inf[TIMEZONE_TEXT_LEN] = "-", bias[16] = "-";
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf display = STRBUF_INIT;
	const char *mark = " ";

	text_show(zone->key, strlen(zone->key), &key);
	text_show(zone->display, strlen(zone->display), &display);
	if (zone->has_tzi)
		format_bias(zone->bias, bias);
	if (zone->has_index) {
		timezone_inf_text(zone->index, inf);
		if (known && known->sure != INDEX_NONE && known->index != zone->index)
			mark = "!";
	} else if (known && known->sure != INDEX_NONE) {
		timezone_inf_text(known->index, inf);
		mark = known->sure == INDEX_UNCERTAIN ? "?" : "*";
	}
	fprintf(out, "%-32s %s%s %11s%s  %-26s %s\n", strbuf_text(&key), bias, zone->has_summer_time ? "+" : " ", inf, mark,
		known && *known->iana ? known->iana : "-", strbuf_text(&display));
}

static int list_of_image(struct cli *cli, const char *spec, struct err *err)
{
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(image_zones_release) image_zones found = { 0 };

	if (subject_open_target(&subject, spec, false, err) < 0 || image_zones_read(subject.root, &found, err) < 0)
		return -1;
	json_text(cli->json, "target", spec);
	json_begin_array(cli->json, "zones");
	for (size_t i = 0; i < found.len; i++) {
		if (cli->json)
			image_zone_to_json(&found.items[i], cli->json);
		print_image_zone(&found.items[i], cli->out);
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

static int show(struct cli *cli, const char *spec, struct err *err)
{
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(zone_settings_release) zone_settings settings = { 0 };

	if (subject_open_target(&subject, spec, false, err) < 0 || zone_settings_read(subject.root, &settings, err) < 0)
		return -1;
	json_text(cli->json, "target", spec);
	json_begin_array(cli->json, "control_sets");
	for (size_t i = 0; i < settings.len; i++) {
		const struct zone_setting *s = &settings.items[i];
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
		char bias[16], active[16];

		text_show(s->key, strlen(s->key), &key);
		format_bias(s->bias, bias);
		format_bias(s->active_bias, active);
		json_begin_object(cli->json, NULL);
		json_text(cli->json, "control_set", s->control_set);
		json_bool(cli->json, "current", s->is_current);
		json_text(cli->json, "zone", s->key);
		json_int(cli->json, "bias", s->bias);
		json_int(cli->json, "active_bias", s->active_bias);
		json_bool(cli->json, "summer_time_off", s->dst_off);
		json_end_object(cli->json);
		fprintf(cli->out, "%s%s: %s (%s, now %s)%s\n", s->control_set, s->is_current ? " (current)" : "",
			key.len ? key.data : "no zone", bias, active, s->dst_off ? ", summer time is switched off" : "");
	}
	json_end_array(cli->json);
	return CLI_DONE;
}

static const char *form_name(enum timezone_form form)
{
	static const char *const names[] = {
		[TIMEZONE_ID] = "key name", [TIMEZONE_OLD_NAME] = "name of Windows XP", [TIMEZONE_IANA] = "IANA name",
		[TIMEZONE_HEX] = "index, hexadecimal", [TIMEZONE_DECIMAL] = "index, decimal",
		[TIMEZONE_INF_OLD] = "index, decimal", [TIMEZONE_INF] = "sysprep.inf TimeZone",
		[TIMEZONE_SIGNED] = "index read as a signed number",
	};

	return names[form];
}

static void print_zone(const struct timezone_value *value, FILE *out)
{
	const struct timezone_row *zone = value->zone;
	char inf[TIMEZONE_TEXT_LEN], bias[16];

	if (zone) {
		format_bias(zone->bias, bias);
		fprintf(out, "key name:     %s%s\n", zone->id, value->dst_off ? " (_dstoff: no summer time)" : "");
		fprintf(out, "display name: %s\n", zone->label);
		fprintf(out, "offset:       %s (Bias %d)\n", bias, zone->bias);
		fprintf(out, "IANA name:    %s\n", *zone->iana ? zone->iana : "(none)");
	} else {
		fprintf(out, "key name:     (no time zone of this index is known)\n");
	}
	if (value->has_index) {
		fprintf(out, "index:        0x%08x = %u\n", value->index, value->index);
		fprintf(out, "sysprep.inf:  TimeZone=%s\n", timezone_inf_text(value->index, inf));
	} else {
		fprintf(out, "index:        (none is known: the zone is newer than sysprep.inf)\n");
	}
}

static void explain(const struct timezone_value *value, FILE *out)
{
	char inf[TIMEZONE_TEXT_LEN];

	if (value->form == TIMEZONE_SIGNED)
		fprintf(out,
			"note: the number given is 0x%08x read as a signed 32-bit number. sysprep.inf wants minus the "
			"unsigned number: %s\n",
			value->index, timezone_inf_text(value->index, inf));
	if (value->zone && value->zone->sure == INDEX_UNCERTAIN)
		fprintf(out, "note: this index is uncertain: compare Index in SOFTWARE\\Microsoft\\Windows NT\\"
			     "CurrentVersion\\Time Zones\\%s of the image\n",
			value->zone->id);
	if (value->zone && *value->zone->state)
		fprintf(out, "note: %s\n", strcmp(value->zone->state, "obsolete") == 0
						   ? "this zone is obsolete"
						   : "this is an old name: current Windows uses another key");
}

static int convert(struct cli *cli, const char *text, struct err *err)
{
	struct timezone_value value;
	char inf[TIMEZONE_TEXT_LEN];

	if (zone_parse(text, &value, err) < 0)
		return -1;
	json_text(cli->json, "given", text);
	json_text(cli->json, "given_as", form_name(value.form));
	if (value.zone) {
		zone_to_json(value.zone, cli->json);
	} else {
		json_null(cli->json, "key");
		json_textf(cli->json, "index", "0x%08x", value.index);
		json_uint(cli->json, "index_decimal", value.index);
		json_text(cli->json, "sysprep_inf", timezone_inf_text(value.index, inf));
	}
	fprintf(cli->out, "given:        %s (%s)\n", text, form_name(value.form));
	print_zone(&value, cli->out);
	explain(&value, cli->out);
	return CLI_DONE;
}

static int set_zone(struct cli *cli, const char *spec, const char *zone, bool dry_run, struct err *err)
{
	struct plan_options options = { .time_zone = zone, .only_settings = true };
	CLEANUP(subject_release) struct subject subject = { 0 };
	CLEANUP(plan_freep) struct plan *plan = NULL;

	if (subject_open_target(&subject, spec, !dry_run, err) < 0)
		return -1;
	plan = plan_build(subject.root, &options, err);
	if (!plan || (!dry_run && plan_apply(plan, subject.root, NULL, NULL, err) < 0))
		return -1;
	json_text(cli->json, "target", spec);
	plan_to_json(plan, cli->json, false);
	plan_print(plan, cli->out, PLAN_EDITS, false);
	fprintf(cli->out, "%s: %s\n", spec, plan_is_empty(plan) ? "the time zone is set already"
					    : dry_run		? "dry run, nothing was changed"
								: "the time zone is set");
	return CLI_DONE;
}

static int timezone_command(struct cli *cli, const void *args, struct err *err)
{
	const struct timezone_args *a = args;
	static const char *const verbs[] = { "list", "show", "convert", "set", NULL };
	const char *verb = cli->args[0];
	const char *near;

	if (strcmp(verb, "list") == 0 && cli->n_args == 1)
		return list_zones(cli);
	if (strcmp(verb, "list") == 0 && cli->n_args == 2)
		return list_of_image(cli, cli->args[1], err);
	if (strcmp(verb, "show") == 0 && cli->n_args == 2)
		return show(cli, cli->args[1], err);
	if (strcmp(verb, "convert") == 0 && cli->n_args == 2)
		return convert(cli, cli->args[1], err);
	if (strcmp(verb, "set") == 0 && cli->n_args == 3)
		return set_zone(cli, cli->args[1], cli->args[2], a->dry_run, err);
	near = cli_did_you_mean(verb, verbs);
	if (near && strcmp(near, verb) != 0)
		return err_set(err, ERR_USAGE, "no 'timezone %s'; did you mean '%s'?", verb, near);
	return err_set(err, ERR_USAGE, "wanted: timezone list [TARGET], show TARGET, convert VALUE, or set TARGET ZONE");
}

static const struct cli_example timezone_examples[] = {
	{ "sysprep-lite timezone convert 0x8000004d", "index to name and to the number that sysprep.inf wants" },
	{ "sysprep-lite timezone convert -2147483725", "and back" },
	{ "sysprep-lite timezone convert Europe/Berlin", "IANA name to Windows" },
	{ "sysprep-lite timezone set install.wim:1 'W. Europe Standard Time'", "in every control set" },
};

const struct cli_command cmd_timezone = {
	.name = "timezone",
	.summary = "list, show, convert and set time zones",
	.usage = "list [TARGET] | show TARGET | convert VALUE | set TARGET ZONE",
	.description = "VALUE and ZONE are a key name (W. Europe Standard Time), an index (110, 0x8000004d), a number "
		       "as in sysprep.inf (-2147483725), or an IANA name (Europe/Berlin). Key names are those of the "
		       "registry and of answer files; '_dstoff' behind one switches summer time off.\n\n"
		       "list shows our table, or the zones that the SOFTWARE hive of TARGET has, joined with it: '+' "
		       "behind the offset is summer time; behind the index '*' is from the table, '?' from it and "
		       "uncertain, '!' not that of the table. show tells what each control set is set to.",
	.examples = timezone_examples,
	.n_examples = ARRAY_SIZE(timezone_examples),
	.min_args = 1,
	.max_args = 3,
	.has_json = true,
	CLI_OPTIONS(struct timezone_args, timezone_option_table),
	.run = timezone_command,
};
