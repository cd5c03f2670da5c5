/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/pipable.h"

#include "common/image/image_compose.h"
#include "wimtool/persona.h"

static int write_anew(const char *wim, bool as_pipable, struct err *err)
{
	const struct image_optimize request = { .wim = wim, .packing = { .pipable = as_pipable,
									 .not_pipable = !as_pipable } };
	const struct image_work work = { .threads = 0 };
	struct image_done done;

	return image_optimize(&request, &work, &done, err);
}

int pipable_begin(const char *wim, struct pipable *ret, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	struct image_file_info info;

	*ret = (struct pipable){ .wim = wim };
	file = persona_is_wimlib() ? image_file_open(wim, NULL) : NULL; /* what is wrong is told by who changes it */
	if (!file)
		return 0;
	image_file_info(file, &info);
	image_file_closep(&file);
	if (info.pipable && write_anew(wim, false, err) < 0)
		return -1;
	ret->was = info.pipable;
	return 0;
}

int pipable_end(const struct pipable *pipable, int result, struct err *err)
{
	struct err own = { 0 };

	if (!pipable->was || write_anew(pipable->wim, true, &own) == 0 || result < 0)
		return result;
	*err = own;
	err_context(err, "changed, but not made pipable again");
	return -1;
}
