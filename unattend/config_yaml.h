/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The home of libyaml: the events of a .unattend.yaml become a struct
 * config_file. No tree of the YAML is built; the first thing that is not
 * wanted ends the reading with "NAME:LINE:COLUMN: what is wrong".
 */
#pragma once

#include "unattend/config_file.h"

int config_yaml_read(const char *name, struct bytes text, struct config_file *ret, struct err *err);
