/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Languages with a user interface language pack of their own.
 */
#pragma once

#include "common/base/base.h"

bool is_ui_language(const char *tag);
