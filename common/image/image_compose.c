/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export, delete, optimize, join */
#include "common/image/image_compose.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/compose_files.h"
#include "common/image/image_set.h"
#include "common/image/wim_append.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_rows.h"
#include "common/image/wim_tables.h"
#include "common/report/xml_text.h"

struct compose_job {
	struct wim_compose c;
	struct compose_files files;
	char *path; /* of a file that is changed, with links resolved */
};

static void job_release(struct compose_job *job)
{
	wim_compose_release(&job->c);
	compose_files_release(&job->files);
	free(job->path);
}

/* Opens a WIM that is going to be changed, under its lock, with an unfinished change undone first. */
static struct image_file *open_to_change(struct compose_job *job, const char *path, struct err *err)
{
	CLEANUP(close_fdp) int fd = -1;
	struct image_file *file;
	bool did;

	job->path = realpath(path, NULL);
	if (!job->path) {
		err_errno(err, errno, "cannot be opened");
		return NULL;
	}
	fd = image_open_locked(job->path, err);
	if (fd < 0 || wim_journal_replay(job->path, fd, &did, err) < 0)
		return NULL;
	file = image_file_open_fd(dup(fd), err); /* both share one lock */
	if (!file)
		return NULL;
	*vec_add(&job->files.items) = file;
	return image_check_can_replace(file, err) < 0 ? NULL : file;
}

static void set_work(struct wim_compose *c, const struct image_work *work, bool had_integrity)
{
	c->options.check = work->check || (had_integrity && !work->no_check);
	c->options.progress = work->progress;
	c->options.context = work->context;
}

static bool wants_all(const char *image)
{
	return strcasecmp(image, "all") == 0 || strcmp(image, "*") == 0;
}

/* The images that a name, a number or "all" means: [*first, *last]. */
static int select_images(struct image_file *file, const char *image, unsigned *first, unsigned *last, struct err *err)
{
	*first = 1;
	*last = file->header.image_count;
	if (wants_all(image))
		return 0;
	if (image_select(file, image, first, err) < 0)
		return -1;
	*last = *first;
	return 0;
}

/* ---- export ---- */

static bool name_is_taken(const struct image_file *base, const char *name)
{
	for (unsigned i = 1; *name && base && i <= base->header.image_count; i++) {
		const struct image_info *info = wim_xml_image(&base->xml, i);

		if (info && strcmp(info->name, name) == 0)
			return true;
	}
	return false;
}

static int rename_element(struct strbuf *element, const char *name, const char *value, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct image_property property = { .name = name, .value = value };

	if (image_property_check(&property, err) < 0)
		return -1;
	xml_add_text(&text, value);
	return wim_xml_set_in_image(element, name, *value ? strbuf_text(&text) : NULL, err);
}

static int export_one(struct compose_job *job, const struct image_export *r, unsigned input, unsigned index,
		      const struct image_file *base, struct err *err)
{
	struct image_file *file = job->c.inputs.items[input].file;
	CLEANUP(strbuf_release) struct strbuf element = STRBUF_INIT;
	const struct image_info *info = wim_xml_image(&file->xml, index);
	const char *name = r->no_names ? "" : r->name;
	const char *description = r->no_descriptions ? "" : r->description;

	if (wim_xml_take_image(&file->xml, index, &element, err) < 0 ||
	    (name && rename_element(&element, "NAME", name, err) < 0) ||
	    (description && rename_element(&element, "DESCRIPTION", description, err) < 0))
		return -1;
	if (r->wimboot && wim_xml_set_in_image(&element, "WIMBOOT", "1", err) < 0)
		return -1;
	if (!name)
		name = info ? info->name : "";
	if (name_is_taken(base, name)) {
		err_set(err, ERR_REFUSED, "%s: has an image named \"%s\" already", r->target, name);
		return err_hint(err, "a name behind the target gives it another one");
	}
	return wim_compose_add_image(&job->c, input, index, &element, err) < 0 ? err_context(err, "%s", r->source) : 0;
}

static int export_images(struct compose_job *job, const struct image_export *r, unsigned input,
			 const struct image_file *base, struct err *err)
{
	struct image_file *file = job->c.inputs.items[input].file;
	unsigned before = base ? base->header.image_count : 0;
	unsigned first, last;

	if (select_images(file, r->image, &first, &last, err) < 0)
		return err_context(err, "%s", r->source);
	if (first != last && (r->name || r->description))
		return err_set(err, ERR_USAGE, "a name is for one image, not for all");
	if (r->boot && !wants_all(r->image))
		job->c.options.boot_index = before + 1;
	else if (r->boot && file->header.boot_index)
		job->c.options.boot_index = before + file->header.boot_index - first + 1;
	else if (r->boot)
		return err_set(err, ERR_REFUSED, "%s: --boot: no image of it boots", r->source);
	for (unsigned i = first; i <= last; i++)
		if (export_one(job, r, input, i, base, err) < 0)
			return -1;
	return 0;
}

static int check_same_packing(const struct image_packing *wanted, const struct image_file *base, struct err *err)
{
	if (wanted->given && wanted->compression != base->header.compression)
		return err_set(err, ERR_USAGE, "--compress: the target has %s, and one WIM has one compression",
			       wim_compression_name(base->header.compression));
	return 0;
}

static void report(const struct wim_compose *c, struct image_done *ret)
{
	ret->copied = c->copied;
	ret->packed = c->packed;
	ret->bytes = c->bytes;
}

static int export_into(struct compose_job *job, const struct image_export *r, const struct image_work *work,
		       struct image_done *ret, struct err *err)
{
	struct image_file *base = open_to_change(job, r->target, err);
	struct image_file *source;
	const struct image_packing same = { .level = r->packing.level };
	unsigned exported;

	if (!base)
		return err_context(err, "%s", r->target);
	if (check_same_packing(&r->packing, base, err) < 0)
		return -1;
	wim_compose_add_input(&job->c, base);
	source = compose_files_open_source(&job->files, r->source, work, err);
	if (!source)
		return -1;
	wim_compose_add_input(&job->c, source);
	set_work(&job->c, work, base->header.integrity.offset != 0);
	if (compose_choose_packing(&job->c, &same, base, work, err) < 0)
		return -1;
	job->c.options.pipable = compose_wants_pipable(&r->packing, base->header.pipable);
	/* links of an image from a WIM with this mark lead into the target of an apply */
	job->c.options.flags = (base->header.flags | source->header.flags) & WIM_FLAG_RP_FIX;
	if (!r->rebuild && !base->header.pipable && !job->c.options.pipable) {
		job->c.options.solid = r->packing.solid ? COMPOSE_SOLID_ALL :
				       base->blobs.has_solid ? COMPOSE_SOLID_KEEP : COMPOSE_SOLID_NONE;
		strbuf_add(&job->c.xml, base->xml.text.data, base->xml.text.len);
		if (export_images(job, r, 1, base, err) < 0 ||
		    compose_check_space(job->path, wim_compose_least_bytes(&job->c), err) < 0)
			return -1;
		ret->images = (unsigned)job->c.images.len;
		if (wim_compose_append(&job->c, job->path, err) < 0) {
			compose_hint_damage(err);
			return err_context(err, "%s", r->target);
		}
		report(&job->c, ret);
		return 0;
	}
	if (!job->c.options.pipable)
		job->c.options.solid = r->packing.solid ? COMPOSE_SOLID_ALL :
				       base->blobs.has_solid ? COMPOSE_SOLID_KEEP : COMPOSE_SOLID_NONE;
	job->c.options.guid = base->header.guid;
	job->c.options.boot_index = base->header.boot_index;
	strbuf_add(&job->c.xml, base->xml.text.data, base->xml.text.len);
	if (wim_xml_drop_images(&job->c.xml, err) < 0)
		return -1;
	for (unsigned i = 1; i <= base->header.image_count; i++)
		if (compose_add_image(&job->c, 0, i, err) < 0)
			return -1;
	exported = (unsigned)job->c.images.len;
	if (export_images(job, r, 1, base, err) < 0 || compose_write_file(&job->c, job->path, ret, err) < 0)
		return -1;
	ret->images -= exported;
	return 0;
}

static bool is_esd(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && strcasecmp(dot, ".esd") == 0;
}

static int export_new(struct compose_job *job, const struct image_export *r, const struct image_work *work,
		      struct image_done *ret, struct err *err)
{
	struct image_file *source = compose_files_open_source(&job->files, r->source, work, err);
	struct image_packing packing = r->packing;

	if (!source)
		return -1;
	job->c.options.pipable = packing.pipable;
	if (!packing.pipable && !packing.solid)
		packing.solid = r->solid_as_source ? source->blobs.has_solid && !packing.given : is_esd(r->target);
	set_work(&job->c, work, source->header.integrity.offset != 0);
	if (compose_choose_packing(&job->c, &packing, source, work, err) < 0)
		return -1;
	if (packing.solid)
		job->c.options.solid = source->blobs.has_solid && !packing.given ? COMPOSE_SOLID_KEEP :
										   COMPOSE_SOLID_ALL;
	job->c.options.flags = source->header.flags & WIM_FLAG_RP_FIX;
	wim_compose_add_input(&job->c, source);
	if (export_images(job, r, 0, NULL, err) < 0)
		return -1;
	return compose_write_file(&job->c, r->target, ret, err);
}

int image_export(const struct image_export *request, const struct image_work *work, struct image_done *ret,
		 struct err *err)
{
	CLEANUP(job_release) struct compose_job job = { .path = NULL };

	*ret = (struct image_done){ 0 };
	job.c.options.recompress = request->recompress;
	if (strcmp(request->target, "-") != 0 && path_exists(request->target))
		return export_into(&job, request, work, ret, err);
	return export_new(&job, request, work, ret, err);
}

/* ---- a file written anew without some images, or in another compression ---- */

struct rewrite {
	unsigned without_first, without_last; /* images that are left out; 0: none */
	bool recompress;
	enum wim_compose_solid solid;
	struct image_packing packing;
};

static unsigned new_boot_index(const struct image_file *file, const struct rewrite *rewrite)
{
	unsigned boot = file->header.boot_index;

	if (!rewrite->without_first || boot < rewrite->without_first)
		return boot;
	if (boot <= rewrite->without_last)
		return 0;
	return boot - (rewrite->without_last - rewrite->without_first + 1);
}

static int rewrite_file(struct compose_job *job, struct image_file *file, const struct rewrite *rewrite,
			const struct image_work *work, struct image_done *ret, struct err *err)
{
	struct wim_compose *c = &job->c;

	set_work(c, work, file->header.integrity.offset != 0);
	if (compose_choose_packing(c, &rewrite->packing, file, work, err) < 0)
		return -1;
	c->options.recompress = rewrite->recompress;
	c->options.pipable = compose_wants_pipable(&rewrite->packing, file->header.pipable);
	c->options.solid = c->options.pipable ? COMPOSE_SOLID_NONE : rewrite->solid;
	c->options.allow_missing = true;
	c->options.guid = file->header.guid;
	c->options.flags = file->header.flags & WIM_FLAG_RP_FIX;
	c->options.boot_index = new_boot_index(file, rewrite);
	strbuf_add(&c->xml, file->xml.text.data, file->xml.text.len);
	if (wim_xml_drop_images(&c->xml, err) < 0)
		return -1;
	wim_compose_add_input(c, file);
	for (unsigned i = 1; i <= file->header.image_count; i++)
		if ((i < rewrite->without_first || i > rewrite->without_last) && compose_add_image(c, 0, i, err) < 0)
			return -1;
	ret->before = file->file_bytes;
	return compose_write_file(c, job->path, ret, err);
}

/* ---- delete ---- */

struct soft_delete {
	struct image_file *file;
	unsigned first, last;
	uint32_t *counts; /* by blob, of the images that stay */
	bool check;
};

static int count_image(struct soft_delete *d, unsigned index, struct err *err)
{
	CLEANUP(image_free_treep) struct wim_tree *tree = image_load_tree(d->file->reader, d->file, index, err);

	for (const struct wim_node *node = tree ? tree->root : NULL; node; node = wim_node_walk(tree->root, node)) {
		for (unsigned i = 0; i <= node->n_streams; i++) {
			const char *name;
			const struct wim_blob *blob = wim_blobs_find(&d->file->blobs,
								     wim_node_stream(node, i, &name));

			if (blob)
				d->counts[blob - d->file->blobs.items]++;
		}
	}
	return tree ? 0 : -1;
}

static void make_rows(const struct soft_delete *d, struct strbuf *rows)
{
	const struct wim_blobs *blobs = &d->file->blobs;
	CLEANUP(freep) bool *drop = xcalloc(blobs->table.len / WIM_BLOB_ROW_LEN + 1, sizeof(*drop));

	strbuf_add(rows, blobs->table.data, blobs->table.len);
	for (size_t i = 0; i < blobs->n; i++) {
		drop[blobs->items[i].row] = d->counts[i] == 0;
		store_le32(wim_row_at(rows, blobs->items[i].row) + ROW_REFCNT, d->counts[i]);
	}
	for (unsigned i = d->first; i <= d->last; i++)
		drop[blobs->metadata[i - 1].row] = true;
	wim_rows_drop(rows, drop);
	/* a metadata row that parts two solid runs would count as an image */
	for (size_t row = 0; row < rows->len / WIM_BLOB_ROW_LEN; row++)
		for (unsigned i = d->first; i <= d->last; i++)
			if (memcmp(wim_row_at(rows, row),
				   (const uint8_t *)blobs->table.data + blobs->metadata[i - 1].row * WIM_BLOB_ROW_LEN,
				   WIM_BLOB_ROW_LEN) == 0)
				wim_row_at(rows, row)[7] |= WIM_RES_FREE;
}

static int xml_without(const struct soft_delete *d, struct strbuf *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf kept = STRBUF_INIT;
	const struct wim_xml *old = &d->file->xml;
	unsigned next = 0;

	strbuf_add(ret, old->text.data, old->text.len);
	if (wim_xml_drop_images(ret, err) < 0)
		return -1;
	for (unsigned i = 1; i <= d->file->header.image_count; i++) {
		CLEANUP(strbuf_release) struct strbuf element = STRBUF_INIT;

		if (i >= d->first && i <= d->last)
			continue;
		if (wim_xml_take_image(old, i, &element, err) < 0 ||
		    wim_xml_number_image(element.data, ++next, &kept, err) < 0)
			return -1;
	}
	return wim_xml_add_images(ret, &kept, err);
}

static int write_tables(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	struct soft_delete *d = context;
	CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;
	const struct rewrite rewrite = { .without_first = d->first, .without_last = d->last };
	const struct wim_tables tables = { .fd = d->file->fd, .rows = &rows, .xml = &xml,
					   .encoding = d->file->xml.encoding, .check = d->check, .old = d->file };

	make_rows(d, &rows);
	if (xml_without(d, &xml, err) < 0)
		return -1;
	header->image_count -= d->last - d->first + 1;
	header->boot_index = new_boot_index(d->file, &rewrite);
	if (!header->boot_index)
		header->boot_metadata = (struct wim_reshdr){ 0 };
	return wim_tables_write(&tables, d->file->file_bytes, header, ret_end, err);
}

static int delete_softly(struct compose_job *job, struct image_file *file, unsigned first, unsigned last,
			 const struct image_work *work, struct image_done *ret, struct err *err)
{
	CLEANUP(freep) uint32_t *counts = xcalloc(file->blobs.n + 1, sizeof(*counts));
	struct soft_delete d = { .file = file, .first = first, .last = last, .counts = counts,
				 .check = work->check || (file->header.integrity.offset && !work->no_check) };
	const struct wim_append append = { .path = job->path, .fd = file->fd, .old = &file->header,
					   .old_bytes = file->file_bytes, .write = write_tables, .context = &d };

	for (unsigned i = 1; i <= file->header.image_count; i++)
		if ((i < first || i > last) && count_image(&d, i, err) < 0)
			return -1;
	if (wim_append_run(&append, err) < 0)
		return -1;
	ret->before = file->file_bytes;
	return file_size(file->fd, &ret->bytes, err);
}

int image_delete(const char *wim, const char *image, bool soft, const struct image_work *work, struct image_done *ret,
		 struct err *err)
{
	CLEANUP(job_release) struct compose_job job = { .path = NULL };
	struct image_file *file;
	unsigned first = 0, last = 0;
	int done;

	*ret = (struct image_done){ 0 };
	if (!*image) /* the variable of a script that was not set must not mean the only image */
		return err_set(err, ERR_USAGE, "%s: which image to delete is an empty text", wim);
	file = open_to_change(&job, wim, err);
	if (!file || select_images(file, image, &first, &last, err) < 0)
		return err_context(err, "%s", wim);
	if (first > last)
		return 0;
	if (soft) {
		if (image_check_can_change(file, err) < 0)
			return err_context(err, "%s", wim);
		done = delete_softly(&job, file, first, last, work, ret, err);
	} else {
		const struct rewrite rewrite = { .without_first = first, .without_last = last,
						 .solid = COMPOSE_SOLID_KEEP };

		done = rewrite_file(&job, file, &rewrite, work, ret, err);
	}
	ret->images = last - first + 1;
	return done < 0 ? err_context(err, "%s", wim) : 0;
}

/* ---- optimize ---- */

int image_optimize(const struct image_optimize *request, const struct image_work *work, struct image_done *ret,
		   struct err *err)
{
	CLEANUP(job_release) struct compose_job job = { .path = NULL };
	struct image_file *file = open_to_change(&job, request->wim, err);
	struct rewrite rewrite = {
		.recompress = request->recompress || request->packing.given,
		.solid = request->packing.solid ? COMPOSE_SOLID_ALL :
			 request->no_solid || request->packing.given ? COMPOSE_SOLID_NONE : COMPOSE_SOLID_KEEP,
		.packing = request->packing,
	};

	*ret = (struct image_done){ 0 };
	if (!file || rewrite_file(&job, file, &rewrite, work, ret, err) < 0)
		return err_context(err, "%s", request->wim);
	return 0;
}

/* ---- join ---- */

static int check_set(const struct compose_files *files, const char *const *names, struct err *err)
{
	if (!files->items.items)
		return err_set(err, ERR_USAGE, "no parts are given");

	const struct wim_header *first = &files->items.items[0]->header;
	CLEANUP(freep) bool *seen = xcalloc((size_t)first->parts + 1, sizeof(*seen));

	for (size_t i = 0; i < files->items.len; i++) {
		const struct wim_header *header = &files->items.items[i]->header;

		if (!guid_equal(&header->guid, &first->guid) || header->parts != first->parts)
			return err_set(err, ERR_REFUSED, "%s and %s are not parts of one split WIM", names[0], names[i]);
		if (seen[header->part])
			return err_set(err, ERR_REFUSED, "%s: part %u is given twice", names[i], header->part);
		seen[header->part] = true;
	}
	for (unsigned i = 1; i <= first->parts; i++)
		if (!seen[i])
			return err_set(err, ERR_NOT_FOUND, "part %u of %u is not given", i, first->parts);
	return 0;
}

static size_t find_part(const struct compose_job *job, unsigned part)
{
	size_t i = 0;

	while (job->files.items.items[i]->header.part != part)
		i++;
	return i;
}

/* A solid resource may be named in the table of one part and lie in another: then all are opened as one. */
static int add_parts(struct compose_job *job, const char *const *names, size_t n, struct err *err)
{
	const struct image_work with_parts = { .refs = names, .n_refs = n };
	struct image_file *all;
	bool solid = false;

	for (size_t i = 0; i < n; i++)
		solid = solid || job->files.items.items[i]->blobs.has_solid;
	for (unsigned part = 1; !solid && part <= n; part++)
		wim_compose_add_input(&job->c, job->files.items.items[find_part(job, part)]);
	if (!solid)
		return 0;
	all = compose_files_open_source(&job->files, names[find_part(job, 1)], &with_parts, err);
	if (!all)
		return -1;
	wim_compose_add_input(&job->c, all);
	return 0;
}

int image_join(const char *target, const char *const *parts, size_t n, bool replace, const struct image_work *work,
	       struct image_done *ret, struct err *err)
{
	CLEANUP(job_release) struct compose_job job = { .path = NULL };
	struct wim_compose *c = &job.c;

	*ret = (struct image_done){ 0 };
	if (!replace && path_exists(target)) {
		err_set(err, ERR_REFUSED, "exists already");
		err_hint(err, "--force replaces it");
		return err_context(err, "%s", target);
	}
	for (size_t i = 0; i < n; i++) {
		if (!compose_files_open(&job.files, parts[i], work, err))
			return -1;
	}
	if (check_set(&job.files, parts, err) < 0)
		return -1;
	if (add_parts(&job, parts, n, err) < 0)
		return -1;

	assert(c->inputs.items);

	struct image_file *first = c->inputs.items[0].file;
	const struct image_packing same = { .given = false };

	set_work(c, work, first->header.integrity.offset != 0);
	if (compose_choose_packing(c, &same, first, work, err) < 0)
		return -1;
	c->options.solid = COMPOSE_SOLID_KEEP;
	c->options.flags = first->header.flags & WIM_FLAG_RP_FIX;
	c->options.boot_index = first->header.boot_index;
	strbuf_add(&c->xml, first->xml.text.data, first->xml.text.len);
	if (wim_xml_drop_images(&c->xml, err) < 0)
		return -1;
	for (unsigned i = 1; i <= first->header.image_count; i++)
		if (compose_add_image(c, 0, i, err) < 0)
			return -1;
	return compose_write_file(c, target, ret, err);
}
