/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/sysprep_lite.h"
#include "wimtool/recipe_reader.h"

#define SHOWN_MAX 60

struct registry_draft {
	struct recipe_registry_edit edit;
	const struct yaml_value *data, *type;
	bool secret;
	bool has_set;
};

static const struct {
	const char *name;
	uint32_t type;
} registry_types[] = {
	{ "sz", REGF_SZ },	 { "expand", REGF_EXPAND_SZ }, { "multi", REGF_MULTI_SZ },
	{ "dword", REGF_DWORD }, { "qword", REGF_QWORD },      { "binary", REGF_BINARY },
};

static int read_key(struct recipe_reader *r, const struct yaml_value *value, const char **ret)
{
	struct err why = { 0 };

	if (recipe_text(r, value, "the path of a key", ret) < 0)
		return -1;
	return registry_check_path(*ret, &why) < 0 ? recipe_unfit(r, value, &why) : 0;
}

static int registry_set_key(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct registry_draft *d = into;

	d->has_set = true;
	return read_key(r, value, &d->edit.key);
}

static int registry_delete_key_of(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct registry_draft *d = into;

	d->edit.remove = true;
	return read_key(r, value, &d->edit.key);
}

static int registry_value(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_any_text(r, value, &((struct registry_draft *)into)->edit.value);
}

static int registry_type(struct recipe_reader *r UNUSED, const struct yaml_value *value, void *into)
{
	((struct registry_draft *)into)->type = value;
	return 0;
}

static int registry_data(struct recipe_reader *r UNUSED, const struct yaml_value *value, void *into)
{
	((struct registry_draft *)into)->data = value;
	return 0;
}

static int registry_secret(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_flag(r, value, &((struct registry_draft *)into)->secret);
}

static const struct recipe_key registry_keys[] = {
	{ "set", registry_set_key, false },   { "delete", registry_delete_key_of, false },
	{ "value", registry_value, false },   { "type", registry_type, false },
	{ "data", registry_data, false },     { "secret", registry_secret, false },
};

static int add_text(struct recipe_reader *r, const struct yaml_value *value, struct strbuf *data)
{
	if (value->kind != YAML_TEXT)
		return recipe_fail(r, value, "a text is wanted here");
	if (text_to_utf16le(value->text, strlen(value->text) + 1, data, NULL) < 0)
		return recipe_fail(r, value, "this is no UTF-8");
	return 0;
}

static int add_multi(struct recipe_reader *r, const struct yaml_value *value, struct strbuf *data)
{
	if (value->kind != YAML_LIST)
		return recipe_fail(r, value, "a list of texts is wanted here");
	for (const struct yaml_value *v = value->first; v; v = v->next) {
		if (v->kind != YAML_TEXT || !*v->text)
			return recipe_fail(r, v, "a text is wanted here");
		if (add_text(r, v, data) < 0)
			return -1;
	}
	strbuf_add_fill(data, '\0', 2);
	return 0;
}

static int add_number(struct recipe_reader *r, const struct yaml_value *value, uint64_t max, size_t len,
		      struct strbuf *data)
{
	uint8_t raw[8];
	uint64_t n;

	if (value->kind != YAML_TEXT || !recipe_number(value->text, max, &n))
		return recipe_fail(r, value, "a number up to %s is wanted here, decimal or 0x",
			    len == 4 ? "4294967295" : "0xffffffffffffffff");
	store_le64(raw, n);
	strbuf_add(data, raw, len);
	return 0;
}

/* "00 01 fe" or "0001fe" */
static int add_hex(struct recipe_reader *r, const struct yaml_value *value, struct strbuf *data)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	unsigned half = 0, byte = 0;

	if (value->kind != YAML_TEXT)
		return recipe_fail(r, value, "hexadecimal digits are wanted here");
	for (const char *c = value->text; *c; c++) {
		const char *digit = strchr(digits, *c);

		if ((*c == ' ' || *c == ',') && !half)
			continue;
		if (!digit)
			return recipe_fail(r, value, "hexadecimal digits are wanted here, two for each byte");
		byte = byte << 4 | ((unsigned)(digit - digits) & 15);
		half ^= 1;
		if (!half) {
			strbuf_addc(data, (char)byte);
			byte = 0;
		}
	}
	return half ? recipe_fail(r, value, "hexadecimal digits are wanted here, two for each byte") : 0;
}

static int fill_data(struct recipe_reader *r, struct registry_draft *d, struct strbuf *data)
{
	switch (d->edit.type) {
	case REGF_MULTI_SZ:
		return add_multi(r, d->data, data);
	case REGF_DWORD:
		return add_number(r, d->data, UINT32_MAX, 4, data);
	case REGF_QWORD:
		return add_number(r, d->data, UINT64_MAX, 8, data);
	case REGF_BINARY:
		return add_hex(r, d->data, data);
	default:
		return add_text(r, d->data, data);
	}
}

static int find_type(struct recipe_reader *r, struct registry_draft *d)
{
	const char *names[ARRAY_SIZE(registry_types) + 1] = { NULL };
	int i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(registry_types); k++)
		names[k] = registry_types[k].name;
	if (d->type && recipe_choice(r, d->type, "type", names, &i) < 0)
		return -1;
	d->edit.type = registry_types[i].type;
	d->edit.type_name = registry_types[i].name;
	return 0;
}

/* What people see of the data: as it was written, cut short. */
static const char *show_data(struct recipe_reader *r, const struct registry_draft *d)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (d->secret)
		return "***";
	if (d->data->kind == YAML_TEXT)
		return recipe_keep(r, d->data->shown);
	for (const struct yaml_value *v = d->data->first; v; v = v->next)
		strbuf_addf(&text, "%s%s", v == d->data->first ? "" : ", ", v->shown);
	return arena_text(&r->recipe->arena, strbuf_text(&text), text.len);
}

static int finish_set(struct recipe_reader *r, const struct yaml_value *map, struct registry_draft *d)
{
	CLEANUP(strbuf_wipe) struct strbuf data = STRBUF_INIT;

	if (!d->data && (d->type || d->edit.value || d->secret))
		return recipe_fail(r, map, "the key \"data\" is missing");
	if (!d->data) /* the key alone is made */
		return 0;
	if (!d->edit.value)
		d->edit.value = "";
	if (find_type(r, d) < 0 || fill_data(r, d, &data) < 0)
		return -1;
	d->edit.data = arena_text(&r->recipe->arena, strbuf_text(&data), data.len);
	d->edit.data_len = data.len;
	d->edit.shown = show_data(r, d);
	return 0;
}

int recipe_read_registry(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;
	struct registry_draft draft = { .edit = { .type = REGF_SZ } };

	if (recipe_map(r, value, registry_keys, ARRAY_SIZE(registry_keys), &draft) < 0)
		return -1;
	if (draft.has_set == draft.edit.remove)
		return recipe_fail(r, value, "either \"set\" or \"delete\" is wanted here");
	if (draft.edit.remove && (draft.data || draft.type || draft.secret))
		return recipe_fail(r, value, "delete takes \"value\" and nothing else");
	if (draft.has_set && finish_set(r, value, &draft) < 0)
		return -1;
	*vec_add(&step->registry) = draft.edit;
	return 0;
}
