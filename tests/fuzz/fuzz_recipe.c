/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes of wimtool build: YAML, variables, schema. */
#include <stdlib.h>

#include "wimtool/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipe_file file = { .path = xstrdup("recipe.yaml"), .folder = xstrdup("/recipes") };
	struct recipe_jobs jobs = { .items = NULL };
	struct err err = { 0 };

	if (yaml_tree_read(file.path, bytes_of(data, size), &file.tree, &err) == 0 &&
	    recipe_file_expand(&file, &jobs, &err) == 0)
		for (size_t i = 0; i < jobs.len; i++)
			assert(jobs.items[i].source.path[0] == '/' && jobs.items[i].output.path[0] == '/');
	else
		assert(err.kind != ERR_NONE && *err.text);
	recipe_jobs_release(&jobs);
	recipe_file_release(&file);
	return 0;
}
