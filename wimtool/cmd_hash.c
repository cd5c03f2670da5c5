/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "common/cli/progress.h"
#include "common/image/image_hash.h"
#include "wimtool/commands.h"

enum hash_format {
	HASH_TEXT,
	HASH_NDJSON,
};

static const char *const formats[] = { "text", "ndjson", NULL };

struct hash_args {
	struct cli_list refs;
	int format;
	bool sha256;
};

struct hasher {
	struct cli *cli;
	const struct hash_args *args;
	struct image_file *file;
	VEC(struct image_sum) sums; /* with --sha256: all contents, sorted by SHA-1 in the end */
	struct strbuf line;
	struct progress bar;
};

static const uint8_t empty_sha1[20] = {
	0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
	0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09,
};

static const uint8_t empty_sha256[SHA256_LEN] = {
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

/* Files, and reparse points that hold data besides (deduplicated, compressed by the file system). */
static bool has_contents(const struct image_entry *entry)
{
	return !entry->is_dir && (!entry->reparse_tag || !wim_hash_is_zero(entry->sha1));
}

static int note_contents(void *context, const char *path UNUSED, const struct image_entry *entry)
{
	struct hasher *h = context;

	if (has_contents(entry) && !wim_hash_is_zero(entry->sha1))
		memcpy(vec_add(&h->sums)->sha1, entry->sha1, sizeof(entry->sha1));
	return 0;
}

static int by_sha1(const void *a, const void *b)
{
	return memcmp(((const struct image_sum *)a)->sha1, ((const struct image_sum *)b)->sha1, 20);
}

static void drop_equal(struct hasher *h)
{
	size_t kept = 0;

	if (h->sums.len)
		qsort(h->sums.items, h->sums.len, sizeof(*h->sums.items), by_sha1);
	for (size_t i = 0; i < h->sums.len; i++)
		if (i == 0 || by_sha1(&h->sums.items[i], &h->sums.items[kept - 1]) != 0)
			h->sums.items[kept++] = h->sums.items[i];
	h->sums.len = kept;
}

static void on_progress(void *context, uint64_t done, uint64_t total)
{
	struct hasher *h = context;

	progress_set_total(&h->bar, total);
	progress_update(&h->bar, done);
}

static int read_contents(struct hasher *h, unsigned index, struct err *err)
{
	int done;

	if (image_walk(h->file, index, "/", note_contents, h, err) < 0)
		return -1;
	drop_equal(h);
	progress_begin(&h->bar, h->cli, "hash", 0);
	done = image_sum_contents(h->file, h->sums.items, h->sums.len, on_progress, h, err);
	progress_end(&h->bar);
	return done;
}

static void hex(const uint8_t *hash, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

/* As sha1sum of coreutils prints names and reads them back: what would break the line is escaped. */
static void add_line(struct strbuf *line, const char *hash, const char *path)
{
	if (strpbrk(path, "\\\n\r"))
		strbuf_addc(line, '\\');
	strbuf_addf(line, "%s  ", hash);
	for (; *path; path++) {
		if (*path == '\\' || *path == '\n' || *path == '\r')
			strbuf_addf(line, "\\%c", *path == '\\' ? '\\' : *path == '\n' ? 'n' : 'r');
		else
			strbuf_addc(line, *path);
	}
	strbuf_addc(line, '\n');
}

static void json_row(struct json *j, const char *path, uint64_t size, const char *sha1, const char *sha256)
{
	json_begin_object(j, NULL);
	json_text(j, "path", path);
	json_uint(j, "size", size);
	json_text(j, "sha1", sha1);
	if (sha256)
		json_text(j, "sha256", sha256);
	json_end_object(j);
}

static void add_ndjson(struct strbuf *line, const char *path, uint64_t size, const char *sha1, const char *sha256)
{
	struct json *j = json_new(line, false);

	json_row(j, path, size, sha1, sha256);
	json_freep(&j);
	if (line->len && line->data[line->len - 1] != '\n')
		strbuf_addc(line, '\n');
}

static int show(void *context, const char *path, const struct image_entry *entry)
{
	struct hasher *h = context;
	const struct image_sum *sum = image_find_sum(h->sums.items, h->sums.len, entry->sha1);
	char sha1[41], sha256[65];

	if (!has_contents(entry))
		return 0;
	hex(wim_hash_is_zero(entry->sha1) ? empty_sha1 : entry->sha1, 20, sha1);
	hex(sum ? sum->sha256 : empty_sha256, SHA256_LEN, sha256);
	strbuf_clear(&h->line);
	if (h->cli->json) {
		json_row(h->cli->json, path, entry->size, sha1, h->args->sha256 ? sha256 : NULL);
	} else if (h->args->format == HASH_NDJSON) {
		add_ndjson(&h->line, path, entry->size, sha1, h->args->sha256 ? sha256 : NULL);
		fwrite(h->line.data, 1, h->line.len, h->cli->out);
	} else {
		add_line(&h->line, h->args->sha256 ? sha256 : sha1, path + (*path == '/'));
		fwrite(h->line.data, 1, h->line.len, h->cli->out);
	}
	return ferror(h->cli->out) ? 1 : 0;
}

static int hash(struct hasher *h, struct err *err)
{
	unsigned index;
	int result;

	if (image_select(h->file, h->cli->n_args > 1 ? h->cli->args[1] : NULL, &index, err) < 0)
		return -1;
	if (h->args->sha256 && read_contents(h, index, err) < 0)
		return -1;
	json_begin_array(h->cli->json, "result");
	result = image_walk(h->file, index, "/", show, h, err);
	json_end_array(h->cli->json);
	return result < 0 ? -1 : CLI_DONE;
}

static int hash_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct hash_args *args = raw;
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	struct hasher hasher = { .cli = cli, .args = args };
	int result;

	if (cli->json && args->format != HASH_TEXT)
		return err_set(err, ERR_USAGE, "--json and --format=%s exclude each other", formats[args->format]);
	file = image_file_open_parts(cli->args[0], args->refs.items, args->refs.len, err);
	if (!file)
		return -1;
	hasher.file = file;
	result = hash(&hasher, err);
	vec_release(&hasher.sums);
	strbuf_release(&hasher.line);
	return result < 0 ? err_context(err, "%s", cli->args[0]) : result;
}

static const struct cli_option hash_options[] = {
	OPT_LIST(struct hash_args, refs, 0, "ref", "GLOB", "take what is missing from these parts (install*.swm)"),
	OPT_FLAG(struct hash_args, sha256, 0, "sha256", "SHA-256, which needs all contents to be read"),
	OPT_CHOICE(struct hash_args, format, 0, "format", "FORMAT", formats,
		   "text (lines of sha1sum), ndjson (one JSON object a line)"),
};

static const struct cli_example hash_examples[] = {
	{ "wimtool hash install.wim 1 >install.sha1", "a manifest, in a second" },
	{ "cd applied && sha1sum --quiet -c ../install.sha1", "compare a folder with it" },
	{ "wimtool hash install.wim 1 --sha256 --format=ndjson | jq -r 'select(.path | test(\"lsass\")) | .sha256'",
	  "the SHA-256 of a few files" },
};

const struct cli_command cmd_hash = {
	.name = "hash",
	.summary = "print the SHA-1 or SHA-256 of each file of an image",
	.usage = "WIM [IMAGE]",
	.description =
		"SHA-1 comes from the metadata: nothing is decompressed, and that the contents match it is what verify "
		"checks. --sha256 reads all contents, each once, and checks their SHA-1 on the way. Lines are as "
		"sha1sum and sha256sum print them, with paths relative to the image; folders and links have none. "
		"Of a split WIM, --sha256 needs all parts (--ref).",
	.examples = hash_examples,
	.n_examples = ARRAY_SIZE(hash_examples),
	CLI_OPTIONS(struct hash_args, hash_options),
	.min_args = 1,
	.max_args = 2,
	.has_json = true,
	.run = hash_run,
};
