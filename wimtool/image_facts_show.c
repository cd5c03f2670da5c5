/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text with the labels of DISM; JSON. */
#include "common/base/filetime.h"
#include "wimtool/image_facts.h"
#include "wimtool/wim_show.h"

static void print(struct cli *cli, const char *label, const char *text)
{
	if (!text)
		return;
	fprintf(cli->out, "%s : ", label);
	wim_show_text(text, cli->out);
	fputc('\n', cli->out);
}

static void both(struct cli *cli, const char *label, const char *key, const char *text)
{
	print(cli, label, text);
	json_text(cli->json, key, text);
}

static void show_list(struct cli *cli, const char *label, const char *key, char *const *items, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_begin_array(cli->json, key);
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(&text, "%s%s", i ? ", " : "", items[i]);
		json_text(cli->json, NULL, items[i]);
	}
	json_end_array(cli->json);
	print(cli, label, n ? strbuf_text(&text) : NULL);
}

static void show_general(const struct image_facts *f, struct cli *cli)
{
	both(cli, "Product Name", "product", f->product);
	both(cli, "Current Edition", "edition", f->edition);
	both(cli, "Image Version", "version", f->version);
	both(cli, "Display Version", "display_version", f->display_version);
	both(cli, "Installation", "installation", f->installation);
	both(cli, "Architecture", "architecture", f->arch);
	both(cli, "Build Lab", "build_lab", f->build_lab);
	both(cli, "System Root", "system_root", f->system_root);
	both(cli, "Image State", "image_state", f->image_state);
	both(cli, "Computer Name", "computer_name", f->computer_name);
	both(cli, "Default system UI language", "ui_language", f->ui_language);
	both(cli, "System locale", "system_locale", f->system_locale);
	both(cli, "Default time zone", "time_zone", f->time_zone);
	show_list(cli, "Active keyboard(s)", "keyboards", f->keyboards.items, f->keyboards.len);
	show_list(cli, "Installed language(s)", "languages", f->languages.items, f->languages.len);
	if (f->incomplete)
		fprintf(cli->out, "(a registry hive was not written to the end: some of this may be old)\n");
	json_bool(cli->json, "incomplete", f->incomplete);
}

static void show_package(const struct fact_package *p, struct cli *cli)
{
	char time[FILETIME_TEXT_LEN + 8];

	json_begin_object(cli->json, NULL);
	json_text(cli->json, "name", p->name);
	json_text(cli->json, "state", fact_package_state(p->state));
	json_uint(cli->json, "state_number", p->state);
	json_bool(cli->json, "visible", p->visible);
	json_text(cli->json, "release_type", p->release_type);
	if (p->installed)
		json_filetime(cli->json, "installed", p->installed);
	json_end_object(cli->json);
	if (!p->visible && !cli->verbose)
		return;
	fputc('\n', cli->out);
	print(cli, "Package Identity", p->name);
	print(cli, "State", fact_package_state(p->state));
	print(cli, "Release Type", p->release_type);
	if (p->installed)
		print(cli, "Install Time", filetime_format(p->installed, time));
}

static void show_feature(const struct fact_feature *feature, struct cli *cli)
{
	fputc('\n', cli->out);
	json_begin_object(cli->json, NULL);
	both(cli, "Feature Name", "name", feature->name);
	both(cli, "State", "state", fact_feature_state(feature));
	json_end_object(cli->json);
}

static void show_driver(const struct fact_driver *d, struct cli *cli)
{
	fputc('\n', cli->out);
	json_begin_object(cli->json, NULL);
	both(cli, "Published Name", "published_name", d->published);
	both(cli, "Original File Name", "original_name", d->original);
	both(cli, "Class Name", "class", d->class_name);
	both(cli, "Provider Name", "provider", d->provider);
	both(cli, "Date", "date", d->date);
	both(cli, "Version", "version", d->version);
	json_end_object(cli->json);
}

static void show_app(const struct fact_app *a, struct cli *cli)
{
	fputc('\n', cli->out);
	json_begin_object(cli->json, NULL);
	both(cli, "DisplayName", "name", a->name);
	both(cli, "Version", "version", a->version);
	both(cli, "Architecture", "architecture", a->arch);
	both(cli, "PublisherId", "publisher", a->publisher);
	both(cli, "PackageName", "package", a->package);
	json_end_object(cli->json);
}

static void head(struct cli *cli, const char *text, size_t n)
{
	if (n)
		fprintf(cli->out, "\n%s:\n", text);
}

void image_facts_show(const struct image_facts *f, struct cli *cli)
{
	size_t visible = 0;

	for (size_t i = 0; i < f->packages.len; i++)
		visible += f->packages.items[i].visible || cli->verbose;
	show_general(f, cli);
	head(cli, "Packages", visible);
	json_begin_array(cli->json, "packages");
	for (size_t i = 0; i < f->packages.len; i++)
		show_package(&f->packages.items[i], cli);
	json_end_array(cli->json);
	head(cli, "Features", f->features.len);
	json_begin_array(cli->json, "features");
	for (size_t i = 0; i < f->features.len; i++)
		show_feature(&f->features.items[i], cli);
	json_end_array(cli->json);
	head(cli, "Drivers", f->drivers.len);
	json_begin_array(cli->json, "drivers");
	for (size_t i = 0; i < f->drivers.len; i++)
		show_driver(&f->drivers.items[i], cli);
	json_end_array(cli->json);
	head(cli, "Provisioned apps", f->apps.len);
	json_begin_array(cli->json, "apps");
	for (size_t i = 0; i < f->apps.len; i++)
		show_app(&f->apps.items[i], cli);
	json_end_array(cli->json);
}
