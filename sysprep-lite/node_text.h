/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The adapters in what PowerShell printed, in UTF-8 or UTF-16:
 *
 *	Get-WmiObject Win32_NetworkAdapter | fl Name,GUID        "GUID : {...}"
 *	Get-NetAdapter | fl Name,InterfaceGuid                   "InterfaceGuid : {...}"
 *	Get-NetAdapter | ft Name,InterfaceGuid                   a table with such a column
 *
 * One text may hold several machines (Invoke-Command, Get-NetAdapter -CimSession): PSComputerName,
 * SystemName, or __SERVER, as a property or a column, names the one that an adapter belongs to.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/guid.h"

/* node is NULL when the text does not name the machine. */
typedef void (*node_adapter_fn)(void *context, const char *node, const struct guid *guid);
void node_text_read(struct bytes text, node_adapter_fn fn, void *context);
