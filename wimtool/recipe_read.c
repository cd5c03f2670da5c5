/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of a recipe: which keys there are, and what their texts mean. docs/recipe.schema.json says the same. */
#include <stdlib.h>
#include <string.h>

#include "common/image/image_set.h"
#include "wimtool/compress.h"
#include "wimtool/recipe_reader.h"

#define SPLIT_MIN (1u << 20)

static int top_version(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (value->kind != YAML_TEXT || strcmp(value->text, "1") != 0)
		return recipe_fail(r, value, "this wimtool knows recipes of version 1");
	return 0;
}

static int source_path(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_path(r, value, &r->recipe->source.path);
}

static int source_image(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_text(r, value, "an index or name", &r->recipe->source.image);
}

static int source_config(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_path(r, value, &r->recipe->source.config);
}

static int add_ref(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	const char *glob;

	if (recipe_glob(r, value, &glob) < 0)
		return -1;
	cli_list_add(&r->recipe->source.refs, glob);
	return 0;
}

static int source_ref(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	if (value->kind == YAML_TEXT)
		return add_ref(r, value, into);
	return recipe_list(r, value, "patterns of file names", add_ref, into);
}

static const struct recipe_key source_keys[] = {
	{ "path", source_path, true },
	{ "image", source_image, false },
	{ "config", source_config, false },
	{ "ref", source_ref, false },
};

static int top_source(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	if (value->kind == YAML_TEXT)
		return source_path(r, value, into);
	return recipe_map(r, value, source_keys, ARRAY_SIZE(source_keys), into);
}

static int top_matrix(struct recipe_reader *r UNUSED, const struct yaml_value *value UNUSED, void *into UNUSED)
{
	return 0; /* recipe_file.c */
}

static int top_steps(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_list(r, value, "steps", recipe_read_step, into);
}

static int output_path(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_path(r, value, &r->recipe->output.path);
}

static int check_property(struct recipe_reader *r, const struct yaml_value *value, const char *name)
{
	const struct image_property property = { .name = name, .value = value->text };
	struct err why = { 0 };

	return image_property_check(&property, &why) < 0 ? recipe_unfit(r, value, &why) : 0;
}

static int output_name(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_text(r, value, "a name", &r->recipe->output.name) < 0 ? -1 : check_property(r, value, "NAME");
}

static int output_description(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (recipe_any_text(r, value, &r->recipe->output.description) < 0)
		return -1;
	return check_property(r, value, "DESCRIPTION");
}

static int output_flags(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_text(r, value, "an edition", &r->recipe->output.flags) < 0 ? -1 : check_property(r, value, "FLAGS");
}

static int output_compress(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	struct compress_choice choice;

	if (recipe_text(r, value, "a compression", &r->recipe->output.compress) < 0)
		return -1;
	if (compress_parse(r->recipe->output.compress, &choice, NULL) == 0)
		return 0;
	return recipe_fail(r, value, "none, fast (xpress), lzx, max, lzms or recovery is wanted here, with a level from 1 to 100 "
			      "behind a colon where there are levels");
}

static int output_boot(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_flag(r, value, &r->recipe->output.boot);
}

static int output_check(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_flag(r, value, &r->recipe->output.check);
}

static int output_solid(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return recipe_flag(r, value, &r->recipe->output.solid);
}

static int output_verify(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	bool verify;

	if (recipe_flag(r, value, &verify) < 0)
		return -1;
	r->recipe->output.no_verify = !verify;
	return 0;
}

static int output_split(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (recipe_size(r, value, &r->recipe->output.split) < 0)
		return -1;
	return r->recipe->output.split < SPLIT_MIN ? recipe_fail(r, value, "a part has at least 1M") : 0;
}

static int output_properties(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (value->kind != YAML_MAP)
		return recipe_fail(r, value, "names with values (\"WINDOWS/EDITIONID: Pro\") are wanted here");
	for (const struct yaml_value *v = value->first; v; v = v->next) {
		struct recipe_property property = { .name = recipe_keep(r, v->key) };

		if (recipe_any_text(r, v, &property.value) < 0 || check_property(r, v, property.name) < 0)
			return -1;
		*vec_add(&r->recipe->output.properties) = property;
	}
	return 0;
}

static const struct recipe_key output_keys[] = {
	{ "path", output_path, true },
	{ "name", output_name, false },
	{ "description", output_description, false },
	{ "flags", output_flags, false },
	{ "compress", output_compress, false },
	{ "boot", output_boot, false },
	{ "check", output_check, false },
	{ "solid", output_solid, false },
	{ "split", output_split, false },
	{ "verify", output_verify, false },
	{ "properties", output_properties, false },
};

static int top_output(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	if (recipe_map(r, value, output_keys, ARRAY_SIZE(output_keys), into) < 0)
		return -1;
	if (r->recipe->output.solid && r->recipe->output.split)
		return recipe_fail(r, value, "a solid WIM cannot be split: \"solid\" and \"split\" exclude each other");
	return 0;
}

static const struct recipe_key top_keys[] = {
	{ "version", top_version, true }, { "source", top_source, true }, { "matrix", top_matrix, false },
	{ "steps", top_steps, false },	  { "output", top_output, true },
};

int recipe_read(const struct recipe_file *file, const struct yaml_tree *tree, struct recipe *ret, struct err *err)
{
	struct recipe_reader r = { .file = file, .tree = tree, .recipe = ret, .err = err };

	*ret = (struct recipe){ .id = "" };
	return recipe_map(&r, tree->root, top_keys, ARRAY_SIZE(top_keys), NULL);
}

void recipe_release(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->steps.len; i++) {
		struct recipe_step *step = &recipe->steps.items[i];

		vec_release(&step->registry);
		vec_release(&step->files);
		free(step->generalize.enable.items);
		free(step->generalize.disable.items);
	}
	vec_release(&recipe->steps);
	free(recipe->source.refs.items);
	vec_release(&recipe->axes);
	vec_release(&recipe->output.properties);
	arena_release(&recipe->arena);
}
