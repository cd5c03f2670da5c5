/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/image_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/sysprep_lite.h"
#include "wimtool/inf_file.h"
#include "wimtool/locales.h"

#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define MUM_MAX (4u << 20)
#define DRIVERS_HIVE_MAX (256u << 20)

struct gather {
	struct target *target;
	struct winroot *root;
	struct regf *system, *software, *user, *drivers;
	char set[24]; /* control set that Windows starts with */
	struct image_facts *facts;
	struct err *err;
};

/* ---- small readings ----------------------------------------------------------------------- */

static regf_key key_of(struct regf *hive, const char *path)
{
	return hive ? regf_find(hive, regf_root(hive), path) : 0;
}

/* Text of a value; NULL when there is none. */
static char *text_of(struct regf *hive, const char *path, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	regf_key key = key_of(hive, path);

	if (!key || !regf_get_text(hive, key, name, &text) || !text.len)
		return NULL;
	return strbuf_detach(&text);
}

static char *system_text(struct gather *g, const char *path, const char *name)
{
	CLEANUP(freep) char *full = xasprintf("%s\\%s", g->set, path);

	return text_of(g->system, full, name);
}


static char *subkey_name(struct regf *hive, regf_key key, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	regf_key child = regf_child_at(hive, key, i);

	if (!child)
		return NULL;
	regf_key_name(hive, child, &name);
	return strbuf_detach(&name);
}

/* ---- version and names -------------------------------------------------------------------- */

#define NT "Microsoft\\Windows NT\\CurrentVersion"

/* Before Vista CurrentBuild says "1.511.1 () (Obsolete data - do not use)". */
static char *build_of(const struct gather *g)
{
	char *number = text_of(g->software, NT, "CurrentBuildNumber");

	return number ? number : text_of(g->software, NT, "CurrentBuild");
}

static void read_version(struct gather *g)
{
	CLEANUP(freep) char *build = build_of(g);
	CLEANUP(freep) char *nt = text_of(g->software, NT, "CurrentVersion");
	regf_key key = key_of(g->software, NT);
	uint32_t major, minor, ubr;
	bool has_ubr;

	if (!key || !build)
		return;
	has_ubr = regf_get_u32(g->software, key, "UBR", &ubr);
	if (regf_get_u32(g->software, key, "CurrentMajorVersionNumber", &major) &&
	    regf_get_u32(g->software, key, "CurrentMinorVersionNumber", &minor))
		g->facts->version = has_ubr ? xasprintf("%u.%u.%s.%u", major, minor, build, ubr)
					    : xasprintf("%u.%u.%s", major, minor, build);
	else if (nt)
		g->facts->version = has_ubr ? xasprintf("%s.%s.%u", nt, build, ubr) : xasprintf("%s.%s", nt, build);
}

static char *locale_of(const char *lcid)
{
	const struct locale_row *row = lcid ? locale_by_lcid((uint32_t)strtoul(lcid, NULL, 16)) : NULL;

	if (row)
		return xstrdup(row->name);
	return lcid ? xstrdup(lcid) : NULL;
}

static void read_intl(struct gather *g)
{
	CLEANUP(freep) char *locale = system_text(g, "Control\\Nls\\Language", "Default");
	CLEANUP(freep) char *install = system_text(g, "Control\\Nls\\Language", "InstallLanguage");
	CLEANUP(freep) char *path = xasprintf("%s\\Control\\MUI\\UILanguages", g->set);
	regf_key key = key_of(g->system, path);
	regf_key layouts = key_of(g->user, "Keyboard Layout\\Preload");

	g->facts->system_locale = locale_of(locale);
	g->facts->ui_language = locale_of(install);
	for (size_t i = 0; key && i < MIN(regf_child_count(g->system, key), (size_t)FACTS_ROWS_MAX); i++) {
		char *name = subkey_name(g->system, key, i);

		if (name)
			*vec_add(&g->facts->languages) = name;
	}
	for (size_t i = 0; layouts && i < MIN(regf_value_count(g->user, layouts), (size_t)FACTS_ROWS_MAX); i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		regf_value_name(g->user, regf_value_at(g->user, layouts, i), &name);
		if (regf_get_text(g->user, layouts, strbuf_text(&name), &text))
			*vec_add(&g->facts->keyboards) = xstrdup(strbuf_text(&text));
	}
}

static void read_names(struct gather *g)
{
	struct image_facts *f = g->facts;

	f->product = text_of(g->software, NT, "ProductName");
	f->edition = text_of(g->software, NT, "EditionID");
	f->installation = text_of(g->software, NT, "InstallationType");
	f->display_version = text_of(g->software, NT, "DisplayVersion");
	f->build_lab = text_of(g->software, NT, "BuildLabEx");
	f->system_root = text_of(g->software, NT, "SystemRoot");
	f->image_state = text_of(g->software, "Microsoft\\Windows\\CurrentVersion\\Setup\\State", "ImageState");
	f->arch = system_text(g, "Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE");
	f->computer_name = system_text(g, "Control\\ComputerName\\ComputerName", "ComputerName");
	f->time_zone = system_text(g, "Control\\TimeZoneInformation", "TimeZoneKeyName");
	if (!f->time_zone)
		f->time_zone = system_text(g, "Control\\TimeZoneInformation", "StandardName");
	read_version(g);
}

/* ---- packages ------------------------------------------------------------------------------ */

const char *fact_package_state(uint32_t state)
{
	/* As the servicing stack numbers them: CurrentState of the package's key. */
	static const struct {
		uint32_t state;
		const char *name;
	} rows[] = {
		{ 0, "Not Present" },	   { 5, "Uninstall Pending" }, { 0x10, "Resolving" },	{ 0x20, "Resolved" },
		{ 0x30, "Staging" },	   { 0x40, "Staged" },	       { 0x50, "Superseded" },	{ 0x60, "Install Pending" },
		{ 0x65, "Partially Installed" }, { 0x70, "Installed" }, { 0x80, "Permanent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].state == state)
			return rows[i].name;
	return "Unknown";
}

/* releaseType="..." of the package's manifest. */
static char *release_type(struct gather *g, const char *package)
{
	static const char attribute[] = "releaseType=\"";
	CLEANUP(freep) char *name = xasprintf("Windows\\servicing\\Packages\\%s.mum", package);
	CLEANUP(freep) char *path = winroot_path(g->root, name);
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *value;

	if (target_read(g->target, path, MUM_MAX, &raw, NULL) < 0)
		return NULL;
	if (bytes_equal(bytes_of(strbuf_text(&raw), raw.len), 0, "\xff\xfe", 2))
		utf16le_to_text(bytes_from(bytes_of(raw.data, raw.len), 2), &text);
	else
		strbuf_add(&text, strbuf_text(&raw), raw.len);
	value = strstr(strbuf_text(&text), attribute);
	if (!value)
		return NULL;
	value += strlen(attribute);
	return xstrndup(value, MIN(strcspn(value, "\""), (size_t)64));
}

static void read_package(struct gather *g, regf_key packages, size_t i)
{
	regf_key key = regf_child_at(g->software, packages, i);
	struct fact_package package = { .name = subkey_name(g->software, packages, i) };
	uint32_t visibility = 0, low, high;

	if (!package.name)
		return;
	(void)regf_get_u32(g->software, key, "CurrentState", &package.state);
	(void)regf_get_u32(g->software, key, "Visibility", &visibility);
	package.visible = visibility == 1;
	if (regf_get_u32(g->software, key, "InstallTimeLow", &low) &&
	    regf_get_u32(g->software, key, "InstallTimeHigh", &high))
		package.installed = (uint64_t)high << 32 | low;
	if (package.visible)
		package.release_type = release_type(g, package.name);
	*vec_add(&g->facts->packages) = package;
}

static void read_packages(struct gather *g)
{
	regf_key key = key_of(g->software, CBS "\\Packages");

	for (size_t i = 0; key && i < MIN(regf_child_count(g->software, key), (size_t)FACTS_ROWS_MAX); i++)
		read_package(g, key, i);
}

/* ---- features ------------------------------------------------------------------------------ */

const char *fact_feature_state(const struct fact_feature *feature)
{
	if (feature->selected)
		return "Enabled";
	return feature->removed ? "Disabled with Payload Removed" : "Disabled";
}

/*
 * What the servicing stack notes of each optional feature for others to read: Selection 1 or 0, Removed 1 when the files
 * are not there. Microsoft does not describe it; several published programs ask for Selection instead of asking DISM, for
 * Removed one does. DISM itself works the states out from manifests and packages.
 */
static void read_feature(struct gather *g, regf_key features, size_t i)
{
	regf_key key = regf_child_at(g->software, features, i);
	struct fact_feature feature = { .name = subkey_name(g->software, features, i) };
	uint32_t selection, removed = 0;

	if (!feature.name || !regf_get_u32(g->software, key, "Selection", &selection)) {
		free(feature.name);
		return;
	}
	(void)regf_get_u32(g->software, key, "Removed", &removed);
	feature.selected = selection == 1;
	feature.removed = removed == 1;
	*vec_add(&g->facts->features) = feature;
}

static void read_features(struct gather *g)
{
	regf_key key = key_of(g->software, CBS "\\Notifications\\OptionalFeatures");

	for (size_t i = 0; key && i < MIN(regf_child_count(g->software, key), (size_t)FACTS_ROWS_MAX); i++)
		read_feature(g, key, i);
}

/* ---- apps ---------------------------------------------------------------------------------- */

/* Name_Version_Architecture_ResourceId_PublisherId */
static void read_app(struct gather *g, char *package)
{
	struct fact_app app = { .package = package };
	char **const parts[] = { &app.name, &app.version, &app.arch, NULL, &app.publisher };
	const char *at = package;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t len = strcspn(at, "_");

		if (parts[i])
			*parts[i] = xstrndup(at, len);
		at += len + (at[len] == '_');
	}
	*vec_add(&g->facts->apps) = app;
}

static void read_apps(struct gather *g)
{
	regf_key key = key_of(g->software, "Microsoft\\Windows\\CurrentVersion\\Appx\\AppxAllUserStore\\Applications");

	for (size_t i = 0; key && i < MIN(regf_child_count(g->software, key), (size_t)FACTS_ROWS_MAX); i++) {
		char *name = subkey_name(g->software, key, i);

		if (name)
			read_app(g, name);
	}
}

/* ---- drivers ------------------------------------------------------------------------------- */

/* "netkvm.inf_amd64_0123456789abcdef" -> "netkvm.inf" */
static char *inf_of_folder(const char *folder)
{
	const char *end = strcasestr(folder, ".inf_");

	return end ? xstrndup(folder, (size_t)(end - folder) + 4) : xstrdup(folder);
}

/* The folder in the driver store: DriverDatabase\DriverInfFiles\oem0.inf, default value (a list). */
static char *store_folder(struct gather *g, const char *published)
{
	struct regf *const hives[] = { g->drivers, g->system };
	CLEANUP(freep) char *path = xasprintf("DriverDatabase\\DriverInfFiles\\%s", published);

	for (size_t i = 0; i < ARRAY_SIZE(hives); i++) {
		CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		regf_key key = key_of(hives[i], path);
		regf_value value = key ? regf_value_find(hives[i], key, "") : 0;

		if (!value || regf_value_data(hives[i], value, &data, NULL) < 0)
			continue;
		utf16le_z_to_text(bytes_of(strbuf_text(&data), data.len), &text);
		if (text.len)
			return strbuf_detach(&text);
	}
	return NULL;
}

static bool read_inf(struct gather *g, const char *path, struct inf_version *ret)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;

	*ret = (struct inf_version){ .provider = NULL };
	return target_read(g->target, path, INF_BYTES_MAX, &raw, NULL) == 0 &&
	       inf_version_read(bytes_of(strbuf_text(&raw), raw.len), ret);
}

static void add_driver(struct gather *g, const char *published, const char *path)
{
	CLEANUP(freep) char *folder = store_folder(g, published);
	struct fact_driver driver = { .published = xstrdup(published) };
	struct inf_version inf;

	if (folder)
		driver.original = inf_of_folder(folder);
	if (!read_inf(g, path, &inf) && folder) {
		CLEANUP(freep) char *name = xasprintf("Windows\\System32\\DriverStore\\FileRepository\\%s\\%s", folder,
						      driver.original);
		CLEANUP(freep) char *other = winroot_path(g->root, name);

		inf_version_release(&inf);
		(void)read_inf(g, other, &inf);
	}
	driver.provider = inf.provider;
	driver.class_name = inf.class_name;
	driver.date = inf.date;
	driver.version = inf.version;
	inf.provider = inf.class_name = inf.date = inf.version = NULL;
	inf_version_release(&inf);
	*vec_add(&g->facts->drivers) = driver;
}

/* Those that came from outside are called oem0.inf, oem1.inf, ... */
static int visit_inf(void *context, const char *path, const struct target_entry *entry)
{
	struct gather *g = context;
	const char *name = strrchr(path, '\\');

	name = name ? name + 1 : path;
	if (entry->is_dir || entry->is_link || !name[3] || name[3 + strspn(name + 3, "0123456789")] != '.')
		return 0;
	if (g->facts->drivers.len < FACTS_ROWS_MAX)
		add_driver(g, name, path);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(((const struct fact_driver *)a)->published, ((const struct fact_driver *)b)->published);
}

static int read_drivers(struct gather *g)
{
	CLEANUP(freep) char *pattern = winroot_path(g->root, "Windows\\INF\\oem*.inf");

	if (target_match(g->target, pattern, visit_inf, g, g->err) < 0)
		return -1;
	if (g->facts->drivers.len)
		qsort(g->facts->drivers.items, g->facts->drivers.len, sizeof(*g->facts->drivers.items), by_number);
	return 0;
}

/* ---- all ----------------------------------------------------------------------------------- */

/* Windows 8.1 and later keep what is known of drivers in a hive of their own. */
static void open_drivers_hive(struct gather *g)
{
	CLEANUP(freep) char *path = winroot_path(g->root, "Windows\\System32\\config\\DRIVERS");
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (target_read(g->target, path, DRIVERS_HIVE_MAX, &raw, NULL) == 0)
		g->drivers = regf_open_to_read(bytes_of(strbuf_text(&raw), raw.len), NULL, NULL);
}

static void find_control_set(struct gather *g)
{
	regf_key select = key_of(g->system, "Select");
	uint32_t current = 1;

	if (select)
		(void)regf_get_u32(g->system, select, "Current", &current);
	snprintf(g->set, sizeof(g->set), "ControlSet%03u", current);
}

static int open_hives(struct gather *g)
{
	winroot_accept_dirty(g->root);
	if (winroot_hive(g->root, HIVE_SYSTEM, &g->system, g->err) < 0 ||
	    winroot_hive(g->root, HIVE_SOFTWARE, &g->software, g->err) < 0 ||
	    winroot_hive(g->root, HIVE_DEFAULT, &g->user, g->err) < 0)
		return -1;
	g->facts->incomplete = winroot_is_incomplete(g->root, HIVE_SYSTEM) ||
			       winroot_is_incomplete(g->root, HIVE_SOFTWARE) ||
			       winroot_is_incomplete(g->root, HIVE_DEFAULT);
	find_control_set(g);
	open_drivers_hive(g);
	return 0;
}

int image_facts_read(const char *spec, struct image_facts *ret, struct err *err)
{
	CLEANUP(target_freep) struct target *target = target_open(spec, false, err);
	CLEANUP(winroot_freep) struct winroot *root = target ? winroot_open(target, err) : NULL;
	struct gather g = { .target = target, .root = root, .facts = ret, .err = err };
	int result;

	*ret = (struct image_facts){ .product = NULL };
	if (!root)
		return -1;
	result = open_hives(&g);
	if (result < 0 && err && err->kind == ERR_NOT_FOUND)
		err->kind = ERR_UNSUPPORTED; /* there is a Windows, but not what its hives hold */
	if (result == 0) {
		read_names(&g);
		read_intl(&g);
		read_packages(&g);
		read_features(&g);
		read_apps(&g);
		result = read_drivers(&g);
	}
	regf_freep(&g.drivers);
	return result;
}

static void free_texts(char **texts_of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts_of[i]);
}

static void release_rows(struct image_facts *f)
{
	for (size_t i = 0; i < f->packages.len; i++) {
		free(f->packages.items[i].name);
		free(f->packages.items[i].release_type);
	}
	for (size_t i = 0; i < f->features.len; i++)
		free(f->features.items[i].name);
	for (size_t i = 0; i < f->drivers.len; i++) {
		const struct fact_driver *d = &f->drivers.items[i];
		char *all[] = { d->published, d->original, d->provider, d->class_name, d->date, d->version };

		free_texts(all, ARRAY_SIZE(all));
	}
	for (size_t i = 0; i < f->apps.len; i++) {
		const struct fact_app *a = &f->apps.items[i];
		char *all[] = { a->package, a->name, a->version, a->arch, a->publisher };

		free_texts(all, ARRAY_SIZE(all));
	}
	vec_release(&f->packages);
	vec_release(&f->features);
	vec_release(&f->drivers);
	vec_release(&f->apps);
}

void image_facts_release(struct image_facts *f)
{
	char *all[] = { f->product,	f->edition,	  f->installation,  f->display_version, f->version, f->build_lab,
			f->system_root, f->arch,	  f->computer_name, f->time_zone,	f->image_state,
			f->system_locale, f->ui_language };

	free_texts(all, ARRAY_SIZE(all));
	free_texts(f->languages.items, f->languages.len);
	free_texts(f->keyboards.items, f->keyboards.len);
	vec_release(&f->languages);
	vec_release(&f->keyboards);
	release_rows(f);
	*f = (struct image_facts){ .product = NULL };
}
