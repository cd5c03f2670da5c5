/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/tree_builder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/hive_builder.h"
#include "tests/support/pe_builder.h"
#include "tests/support/tree_writer.h"

#define FILES_DEFAULT 2000

static const char answer_file[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
	"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"
	"  <settings pass=\"generalize\">\r\n"
	"    <component name=\"Microsoft-Windows-Security-SPP\" processorArchitecture=\"amd64\""
	" publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\""
	" xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\">\r\n"
	"      <SkipRearm>%d</SkipRearm>\r\n"
	"    </component>\r\n"
	"  </settings>\r\n"
	"</unattend>\r\n";

static const char wlan_profile[] =
	"<?xml version=\"1.0\"?>\r\n"
	"<WLANProfile xmlns=\"http://www.microsoft.com/networking/WLAN/profile/v1\">\r\n"
	"  <name>build</name>\r\n"
	"</WLANProfile>\r\n";

typedef void (*hive_text_fn)(const struct machine *machine, struct strbuf *ret);

static int put_hive(struct tree *tree, const struct machine *machine, const char *path, hive_text_fn text)
{
	struct strbuf spec = STRBUF_INIT;
	char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	char *host = tree_host_path(tree, path);
	int result = tree_mkdir(tree, folder);

	text(machine, &spec);
	if (result == 0)
		result = hive_build(host, strbuf_text(&spec), tree->err);
	strbuf_release(&spec);
	free(folder);
	free(host);
	return result < 0 ? -1 : tree_adopt(tree, path);
}

static int put_hives(struct tree *tree, const struct machine *machine)
{
	static const struct {
		const char *path;
		hive_text_fn text;
	} hives[] = {
		{ "Windows/System32/config/SYSTEM", machine_system },
		{ "Windows/System32/config/SOFTWARE", machine_software },
		{ "Windows/System32/config/SAM", machine_sam },
		{ "Windows/System32/config/SECURITY", machine_security },
		{ "Windows/System32/config/DEFAULT", machine_default_user },
		{ "Windows/ServiceProfiles/NetworkService/NTUSER.DAT", machine_network_service },
		{ "Users/Default/NTUSER.DAT", machine_default_user },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hives); i++)
		if (put_hive(tree, machine, hives[i].path, hives[i].text) < 0)
			return -1;
	return 0;
}

static int put_setup_files(struct tree *tree, const struct machine *machine)
{
	bool done = machine_is_generalized(machine);
	char *answer = xasprintf(answer_file, done ? 0 : 1);
	int result = tree_put_text(tree, "Windows/Panther/unattend.xml", answer);

	free(answer);
	if (result == 0)
		result = tree_put_text(tree, "Windows/Panther/setupact.log", "2020-01-01 00:00:00, Info  setup\r\n");
	if (result == 0 && done)
		result = tree_put(tree, "Windows/System32/Sysprep/Sysprep_succeeded.tag", "", 0);
	if (result == 0)
		result = tree_put_text(tree, "Windows/System32/Sysprep/Panther/setupact.log", "SYSPRP\r\n");
	return result;
}

static int put_wlan_profiles(struct tree *tree, const struct machine *machine)
{
	for (size_t i = 0; i < machine->n_nics; i++) {
		char guid[GUID_BRACED_LEN + 1];
		char *path = xasprintf("ProgramData/Microsoft/Wlansvc/Profiles/Interfaces/%s/"
				       "{1BD9E34C-6C3F-4E4C-9F5B-0C0D0E0F0A0%zu}.xml",
				       guid_format(&machine->nics[i].guid, GUID_BRACES | GUID_UPPER, guid), i);
		int result = tree_put_text(tree, path, wlan_profile);

		free(path);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int put_users(struct tree *tree)
{
	if (tree_put(tree, "Users/Default/AppData/Local/Microsoft/empty.dat", "", 0) < 0 ||
	    tree_put_text(tree, "Users/J\u00f6rg M\u00fcller/Documents/\u00dcbersicht.txt", "gr\u00fc\u00df dich\r\n") < 0 ||
	    tree_put_text(tree, "Users/Public/Documents/\u6587\u5b57 \U0001f4be.txt", "\u6587\u5b57\r\n") < 0 ||
	    tree_mkdir(tree, "Users/Public/Music") < 0)
		return -1;
	return tree_symlink(tree, "../ProgramData", "Users/All Users") < 0 ? -1 :
	       tree_symlink(tree, "Default", "Users/Default User");
}

/* Noise behind a version resource, so that files are of many sizes. */
static int put_program(struct tree *tree, struct rng *rng, const char *path)
{
	const struct pe_version version = { { 10, 0, 19041, (uint16_t)rng_between(rng, 1, 4000) } };
	struct strbuf pe = STRBUF_INIT;
	size_t more = rng_below(rng, 20000);
	int result;

	pe_build(&version, strrchr(path, '/') + 1, &pe);
	strbuf_reserve(&pe, more);
	for (size_t i = 0; i < more; i += 64)
		strbuf_addf(&pe, "%016llx%048zu", (unsigned long long)rng_next(rng), i);
	result = tree_put(tree, path, pe.data, pe.len);
	strbuf_release(&pe);
	return result;
}

/* As on a real system: the file in System32 is a hard link to the one in its component folder. */
static int put_component(struct tree *tree, struct rng *rng, const char *name)
{
	char *path = xasprintf("Windows/System32/%s", name);
	char *twin = xasprintf("Windows/WinSxS/amd64_example-%.*s_31bf3856ad364e35_10.0.19041.1_none_%016llx/%s",
			       (int)strcspn(name, "."), name, (unsigned long long)rng_next(rng), name);
	int result = put_program(tree, rng, path);

	if (result == 0)
		result = tree_link(tree, path, twin);
	free(path);
	free(twin);
	return result;
}

static int put_components(struct tree *tree, struct rng *rng, size_t count)
{
	static const char *const known[] = { "ntoskrnl.exe", "kernel32.dll", "ntdll.dll", "user32.dll", "shell32.dll" };

	for (size_t i = 0; i < count; i++) {
		char *name = i < ARRAY_SIZE(known) ? xstrdup(known[i]) :
			     xasprintf("svc%03zu.%s", i, i % 4 == 3 ? "exe" : "dll");
		int result = put_component(tree, rng, name);

		free(name);
		if (result < 0)
			return -1;
	}
	return 0;
}

static void add_words(struct strbuf *ret, struct rng *rng, size_t len)
{
	static const char *const words[] = { "microsoft", "windows", "component", "foundation", "package", "client",
					     "server", "security", "driver", "storage", "update", "language", "=\"",
					     "\"/>\r\n", "<file name=\"", "version" };

	while (ret->len < len) {
		strbuf_adds(ret, words[rng_below(rng, ARRAY_SIZE(words))]);
		strbuf_addc(ret, ' ');
	}
}

static void add_noise(struct strbuf *ret, struct rng *rng, size_t len)
{
	strbuf_reserve(ret, len);
	while (ret->len < len) {
		uint64_t word = rng_next(rng);

		strbuf_add(ret, &word, sizeof word);
	}
}

/* Size between 1 byte and 64 KiB, small ones more often. */
static size_t some_size(struct rng *rng)
{
	return 1 + rng_below(rng, 1u << rng_between(rng, 4, 16));
}

static void make_content(struct strbuf *ret, struct rng *rng, size_t number)
{
	size_t len = some_size(rng);

	if (number % 40 == 0)
		return; /* empty */
	if (number % 9 == 0)
		strbuf_adds(ret, "the same in several files: one blob\r\n");
	else if (number % 7 == 0)
		strbuf_add_fill(ret, '\0', len);
	else if (number % 5 == 0)
		add_noise(ret, rng, len);
	else
		add_words(ret, rng, len);
}

static char *make_name(struct rng *rng, size_t number)
{
	static const char *const folders[] = {
		"Windows/System32/de-DE", "Windows/System32/drivers", "Windows/System32/DriverStore/FileRepository",
		"Windows/WinSxS/Manifests", "Windows/servicing/Packages", "Windows/Fonts", "Windows/INF",
		"Program Files/Common Files/System", "Program Files (x86)/Example", "ProgramData/Example/Daten",
		"Users/Public/Documents/B\u00fcro", "Windows/System32/winevt",
	};
	static const char *const endings[] = { "mui", "sys", "inf", "manifest", "mum", "ttf", "pnf", "dat" };

	return xasprintf("%s/%s%04zu.%s", folders[rng_below(rng, ARRAY_SIZE(folders))],
			 number % 50 == 7 ? "d\u00e4tei-\u0436-" : "file", number, endings[number % ARRAY_SIZE(endings)]);
}

static int put_filler(struct tree *tree, struct rng *rng, size_t until)
{
	for (size_t i = 0; tree->files < until; i++) {
		struct strbuf content = STRBUF_INIT;
		char *path = make_name(rng, i);
		int result;

		make_content(&content, rng, i);
		result = tree_put(tree, path, strbuf_text(&content), content.len);
		strbuf_release(&content);
		free(path);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int fill(struct tree *tree, const struct machine *machine, const struct tree_options *options)
{
	size_t files = options->files ? options->files : FILES_DEFAULT;
	struct rng rng = rng_of(options->seed, "files");

	if (files < TREE_FILES_MIN)
		return err_set(tree->err, ERR_USAGE, "at least %d files are needed", TREE_FILES_MIN);
	if (tree_mkdir(tree, "") < 0 || put_hives(tree, machine) < 0 || put_setup_files(tree, machine) < 0 ||
	    put_wlan_profiles(tree, machine) < 0 || put_users(tree) < 0 ||
	    put_components(tree, &rng, files / 20) < 0 || put_filler(tree, &rng, files) < 0)
		return -1;
	return tree_finish(tree);
}

int tree_build(const char *path, const struct tree_options *options, struct err *err)
{
	struct machine machine;
	struct tree tree;
	int result;

	machine_init(&machine, options->state, options->seed, options->identity);
	tree_begin(&tree, path, options->seed, err);
	result = fill(&tree, &machine, options);
	tree_release(&tree);
	return result;
}
