/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/libpq.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "libpq.so.5" /* PostgreSQL 8 to 17 have this one */

static int find(void *library, const char *name, void *ret, struct err *err)
{
	void *function = dlsym(library, name);

	if (!function)
		return err_set(err, ERR_UNSUPPORTED, LIBRARY " has no function %s", name);
	/* A pointer to a function: POSIX lets it be kept as one to data. */
	memcpy(ret, &function, sizeof(function));
	return 0;
}

const struct libpq *libpq_load(struct err *err)
{
	static struct libpq loaded;
	static bool is_loaded;
	void *library = is_loaded ? NULL : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (is_loaded)
		return &loaded;
	if (!library) {
		err_set(err, ERR_UNSUPPORTED, "PostgreSQL needs " LIBRARY ", which cannot be loaded: %s", dlerror());
		err_hint(err, "install libpq5");
		return NULL;
	}
#define LIBPQ_FIND(name)                                                                                               \
	if (find(library, #name, &loaded.name, err) < 0)                                                               \
		return NULL;
	LIBPQ_FUNCTIONS(LIBPQ_FIND)
#undef LIBPQ_FIND
	is_loaded = true;
	return &loaded;
}
