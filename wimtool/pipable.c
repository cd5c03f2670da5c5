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

bool pipable_under_its_name(const char *wim)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	struct image_file_info info = { .pipable = false };

	file = persona_is_wimlib() ? image_file_open(wim, NULL) : NULL; /* what is wrong is told by who changes it */
	if (file)
		image_file_info(file, &info);
	return info.pipable;
}

int pipable_begin(const char *wim, struct pipable *ret, struct err *err)
{
	*ret = (struct pipable){ .wim = wim };
	if (!pipable_under_its_name(wim))
		return 0;
	if (write_anew(wim, false, err) < 0)
		return -1;
	ret->was = true;
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
