/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Security descriptors are shared by keys. The count in the cell may be wrong in
 * hives that other programs wrote, so the number of keys that really use a
 * descriptor decides when it may go.
 */
#include "sysprep-lite/regf_hive.h"

static size_t slot_of(const struct regf_sk_table *table, uint32_t cell)
{
	size_t i = (cell / CELL_ALIGN * 2654435761u) & (table->size - 1);

	while (table->slots[i].cell && table->slots[i].cell != cell)
		i = (i + 1) & (table->size - 1);
	return i;
}

static void grow(struct regf_sk_table *table)
{
	struct regf_sk_table bigger = { .size = table->size ? table->size * 2 : 64, .used = table->used };

	bigger.slots = xcalloc(bigger.size, sizeof(*bigger.slots));
	for (size_t i = 0; i < table->size; i++)
		if (table->slots[i].cell)
			bigger.slots[slot_of(&bigger, table->slots[i].cell)] = table->slots[i];
	free(table->slots);
	*table = bigger;
}

struct regf_sk *sk_slot(struct regf_sk_table *table, uint32_t cell)
{
	struct regf_sk *slot;

	if (table->used * 2 >= table->size)
		grow(table);
	slot = &table->slots[slot_of(table, cell)];
	if (!slot->cell) {
		slot->cell = cell;
		table->used++;
	}
	return slot;
}

void sk_table_release(struct regf_sk_table *table)
{
	free(table->slots);
	*table = (struct regf_sk_table){ 0 };
}

void sk_take(struct regf *hive, uint32_t cell)
{
	struct bytes sk;

	if (cell == REGF_NIL || !cell_get_signed(hive, cell, "sk", SK_DATA, &sk))
		return;
	sk_slot(&hive->security, cell)->references++;
	cell_put32(hive, cell, SK_REFERENCES, bytes_le32(sk, SK_REFERENCES) + 1);
}

/* Only a neighbour that is still a descriptor and points back is touched. */
static void relink(struct regf *hive, uint32_t cell, uint32_t neighbour, size_t field, uint32_t to)
{
	struct bytes other;

	if (cell_get_signed(hive, neighbour, "sk", SK_DATA, &other) && bytes_le32(other, field) == cell)
		cell_put32(hive, neighbour, field, to);
}

void sk_drop(struct regf *hive, uint32_t cell)
{
	struct regf_sk *slot;
	struct bytes sk;
	uint32_t next, previous, stored;

	if (cell == REGF_NIL || !cell_get_signed(hive, cell, "sk", SK_DATA, &sk))
		return;
	slot = sk_slot(&hive->security, cell);
	stored = bytes_le32(sk, SK_REFERENCES);
	slot->references -= slot->references > 0;
	if (slot->references > 0) {
		cell_put32(hive, cell, SK_REFERENCES, MAX(stored, 2u) - 1);
		return;
	}
	next = bytes_le32(sk, SK_NEXT);
	previous = bytes_le32(sk, SK_PREVIOUS);
	relink(hive, cell, previous, SK_NEXT, next);
	relink(hive, cell, next, SK_PREVIOUS, previous);
	cell_free(hive, cell);
}
