/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/inventory.h"

#include <stdlib.h>
#include <strings.h>

#include "common/base/file.h"
#include "common/base/vec.h"
#include "kms/unpack.h"

enum { CELLS_MAX = 256 };

struct entry {
	char *name;
	char *image;
	size_t row;
};

struct inventory {
	VEC(struct entry) entries; /* sorted by name, those of one name by row */
};

struct csv {
	struct bytes text;
	size_t at;
	char separator;
	struct strbuf cells[CELLS_MAX];
	size_t n_cells;
};

static bool at_end(const struct csv *csv)
{
	return csv->at >= csv->text.len;
}

static char look(const struct csv *csv)
{
	return at_end(csv) ? '\n' : (char)csv->text.data[csv->at];
}

static void read_quoted(struct csv *csv, struct strbuf *cell)
{
	for (csv->at++; !at_end(csv); csv->at++) {
		if (look(csv) == '"') {
			csv->at++;
			if (look(csv) != '"' || at_end(csv))
				return;
		}
		strbuf_addc(cell, look(csv));
	}
}

static void read_cell(struct csv *csv, struct strbuf *cell)
{
	strbuf_clear(cell);
	while (look(csv) == ' ')
		csv->at++;
	if (look(csv) == '"')
		read_quoted(csv, cell);
	for (; look(csv) != csv->separator && look(csv) != '\n'; csv->at++)
		if (look(csv) != '\r')
			strbuf_addc(cell, look(csv));
	while (cell->len && cell->data[cell->len - 1] == ' ')
		cell->data[--cell->len] = '\0';
}

/* False behind the last row. Cells beyond the last that is kept are dropped. */
static bool read_row(struct csv *csv)
{
	if (at_end(csv))
		return false;
	csv->n_cells = 0;
	for (;;) {
		read_cell(csv, &csv->cells[MIN(csv->n_cells, (size_t)CELLS_MAX - 1)]);
		csv->n_cells = MIN(csv->n_cells + 1, (size_t)CELLS_MAX);
		if (look(csv) == '\n')
			break;
		csv->at++;
	}
	csv->at++;
	return true;
}

static char separator_of(struct bytes text)
{
	for (size_t i = 0; i < text.len && text.data[i] != '\n'; i++)
		if (text.data[i] == ',' || text.data[i] == ';' || text.data[i] == '\t')
			return (char)text.data[i];
	return ',';
}

static size_t column_of(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->n_cells; i++)
		if (strcasecmp(strbuf_text(&csv->cells[i]), name) == 0)
			return i;
	return CELLS_MAX;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_name = strcasecmp(x->name, y->name);

	return by_name ? by_name : (x->row > y->row) - (x->row < y->row);
}

/* Of an address all is the name. */
static size_t label_len(const char *name)
{
	return strspn(name, "0123456789.") == strlen(name) ? strlen(name) : strcspn(name, ".");
}

static void add_entry(struct inventory *inventory, const char *name, size_t len, const char *image, size_t row)
{
	*vec_add(&inventory->entries) = (struct entry){ xstrndup(name, len), xstrdup(image), row };
}

static int read_rows(struct csv *csv, struct inventory *inventory, struct err *err)
{
	size_t computer, image;

	if (!read_row(csv))
		return err_set(err, ERR_FORMAT, "the file is empty");
	computer = column_of(csv, "computer");
	image = column_of(csv, "image");
	if (computer == CELLS_MAX || image == CELLS_MAX)
		return err_set(err, ERR_FORMAT, "its first row does not name the columns \"computer\" and \"image\"");
	for (size_t row = 2; read_row(csv); row++) {
		const char *name = strbuf_text(&csv->cells[computer]), *made_from = strbuf_text(&csv->cells[image]);
		size_t label = label_len(name);

		if (csv->n_cells <= MAX(computer, image) || !*name || !*made_from)
			continue;
		add_entry(inventory, name, strlen(name), made_from, row);
		if (name[label])
			add_entry(inventory, name, label, made_from, row);
	}
	if (inventory->entries.len)
		qsort(inventory->entries.items, inventory->entries.len, sizeof(*inventory->entries.items),
		      compare_entries);
	return 0;
}

struct inventory *inventory_parse(struct bytes file, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct csv csv = { 0 };
	struct inventory *inventory;
	int done;

	if (text_unpack(file, INVENTORY_MAX_BYTES, &text, &csv.text, err) < 0)
		return NULL;
	csv.separator = separator_of(csv.text);
	inventory = xcalloc(1, sizeof(*inventory));
	done = read_rows(&csv, inventory, err);
	for (size_t i = 0; i < CELLS_MAX; i++)
		strbuf_release(&csv.cells[i]);
	if (done < 0)
		inventory_freep(&inventory);
	return inventory;
}

struct inventory *inventory_read(const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct inventory *inventory = NULL;

	if (file_read_all(path, INVENTORY_MAX_BYTES, &file, err) == 0)
		inventory = inventory_parse(bytes_of(strbuf_text(&file), file.len), err);
	if (!inventory)
		err_context(err, "%s", path);
	return inventory;
}

void inventory_freep(struct inventory **pointer)
{
	struct inventory *inventory = *pointer;

	if (!inventory)
		return;
	for (size_t i = 0; i < inventory->entries.len; i++) {
		free(inventory->entries.items[i].name);
		free(inventory->entries.items[i].image);
	}
	vec_release(&inventory->entries);
	free(inventory);
	*pointer = NULL;
}

/* The first row of a name counts. */
static const char *find(const struct inventory *inventory, const char *name)
{
	size_t low = 0, high = inventory->entries.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcasecmp(inventory->entries.items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == inventory->entries.len || strcasecmp(inventory->entries.items[low].name, name) != 0)
		return NULL;
	return inventory->entries.items[low].image;
}

const char *inventory_image(const struct inventory *inventory, const char *computer)
{
	CLEANUP(freep) char *label = NULL;
	const char *image = find(inventory, computer);

	if (image)
		return image;
	label = xstrndup(computer, label_len(computer));
	return find(inventory, label);
}
