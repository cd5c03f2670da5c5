/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives SOFTWARE, SAM, SECURITY, DEFAULT and NTUSER.DAT of the invented computer. */
#include "common/base/bytes.h"
#include "tests/support/machine.h"

#define NT "Microsoft/Windows NT/CurrentVersion"
#define WINDOWS "Microsoft/Windows/CurrentVersion"

/* Month, weekday, week of the month (5 is the last), hour: the order of SYSTEMTIME. */
struct change {
	uint16_t month, day_of_week, week, hour;
};

struct zone {
	const char *name;
	uint32_t index;
	const char *display, *standard, *daylight;
	unsigned resource; /* of the display text in tzres.dll; 0: no MUI texts */
	int32_t bias, daylight_bias;
	struct change to_standard, to_daylight;
};

static const struct zone zones[] = {
	{ "AUS Eastern Standard Time", 255, "(UTC+10:00) Canberra, Melbourne, Sydney", "AUS Eastern Standard Time",
	  "AUS Eastern Daylight Time", 670, -600, -60, { 4, 0, 1, 3 }, { 10, 0, 1, 2 } },
	{ "Eastern Standard Time", 35, "(UTC-05:00) Eastern Time (US & Canada)", "Eastern Standard Time",
	  "Eastern Daylight Time", 110, 300, -60, { 11, 0, 1, 2 }, { 3, 0, 2, 2 } },
	{ "Kaliningrad Standard Time", 0x80000059, "(UTC+02:00) Kaliningrad", "Russia TZ 1 Standard Time",
	  "Russia TZ 1 Daylight Time", 0, -120, -60, { 0 }, { 0 } },
	{ "Pacific Standard Time", 4, "(UTC-08:00) Pacific Time (US & Canada)", "Pacific Standard Time",
	  "Pacific Daylight Time", 210, 480, -60, { 11, 0, 1, 2 }, { 3, 0, 2, 2 } },
	{ "Tokyo Standard Time", 235, "(UTC+09:00) Osaka, Sapporo, Tokyo", "Tokyo Standard Time",
	  "Tokyo Daylight Time", 630, -540, -60, { 0 }, { 0 } },
	{ "UTC", 0x80000050, "(UTC) Coordinated Universal Time", "Coordinated Universal Time",
	  "Coordinated Universal Time", 930, 0, 0, { 0 }, { 0 } },
	{ "W. Europe Standard Time", 110, "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
	  "W. Europe Standard Time", "W. Europe Daylight Time", 320, -60, -60, { 10, 0, 5, 3 }, { 3, 0, 5, 2 } },
};

static const char top[] =
	"[" NT "]\n"
	"\"ProductName\"=sz:\"Windows 10 Enterprise\"\n"
	"\"EditionID\"=sz:\"Enterprise\"\n"
	"\"InstallationType\"=sz:\"Client\"\n"
	"\"CurrentVersion\"=sz:\"6.3\"\n"
	"\"CurrentMajorVersionNumber\"=dword:a\n"
	"\"CurrentMinorVersionNumber\"=dword:0\n"
	"\"CurrentBuild\"=sz:\"19045\"\n"
	"\"CurrentBuildNumber\"=sz:\"19045\"\n"
	"\"BuildLabEx\"=sz:\"19041.1.amd64fre.vb_release.191206-1406\"\n"
	"\"DisplayVersion\"=sz:\"22H2\"\n"
	"\"UBR\"=dword:b95\n"
	"\"SystemRoot\"=sz:\"C:~Windows\"\n"
	"\"RegisteredOwner\"=sz:\"J\\u00f6rg M\\u00fcller\"\n"
	"[" NT "/SoftwareProtectionPlatform]\n"
	"\"SkipRearm\"=dword:$R\n"
	"\"VLRenewalInterval\"=dword:2760\n"
	"[" NT "/NetworkCards]\n"
	"$[[" NT "/NetworkCards/$i]\n"
	"\"Description\"=sz:\"$D\"\n"
	"\"ServiceName\"=sz:\"$U\"\n$]"
	"[" NT "/NetworkList/Profiles]\n"
	"$([" NT "/NetworkList/Profiles/{0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0}]\n"
	"\"ProfileName\"=sz:\"build.example.com\"\n"
	"\"Category\"=dword:1\n$)"
	"[" NT "/ProfileList/S-1-5-18]\n"
	"\"ProfileImagePath\"=expand:\"%systemroot%~system32~config~systemprofile\"\n"
	"[" NT "/Winlogon]\n"
	"\"AutoAdminLogon\"=sz:\"0\"\n"
	"\"Shell\"=sz:\"explorer.exe\"\n"
	"[Microsoft/Cryptography]\n"
	"$(\"MachineGuid\"=sz:\"$G\"\n$)"
	"[Microsoft/SQMClient]\n"
	"$(\"MachineId\"=sz:\"$Q\"\n$)"
	"$[[Microsoft/Wlansvc/Interfaces/$L]\n"
	"\"NumProfiles\"=dword:1\n$]"
	"[Microsoft/Wlansvc]\n"
	"[" WINDOWS "]\n"
	"\"ProgramFilesDir\"=sz:\"C:~Program Files\"\n"
	"[" WINDOWS "/Setup/OOBE]\n"
	"\"MediaBootInstall\"=dword:1\n"
	"[" WINDOWS "/WindowsUpdate]\n"
	"$(\"SusClientId\"=sz:\"$Z\"\n"
	"\"SusClientIdValidation\"=hex:06,02,28,01,1b,00,56,00,4d,00,77,00,61,00,72,00,65,00\n$)"
	"[" WINDOWS "/WindowsUpdate/Auto Update]\n"
	"\"AUOptions\"=dword:4\n"
	"[Classes/.txt]\n"
	"@=sz:\"txtfile\"\n"
	"[Classes/CID/4aba8bfd-6b23-4a2f-8f3d-1a2b3c4d5e6f]\n"
	"[Classes/CID/4aba8bfd-6b23-4a2f-8f3d-1a2b3c4d5e6f/Description]\n"
	"@=sz:\"MSDTC\"\n"
	"[RegisteredApplications]\n"
	"\"Paint\"=sz:\"SOFTWARE~Microsoft~Windows~CurrentVersion~Applets~Paint~Capabilities\"\n";

static const char image_state[] =
	"[" WINDOWS "/Setup/State]\n"
	"\"ImageState\"=sz:\"$T\"\n";

static void add_le(struct strbuf *ret, uint32_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		strbuf_addf(ret, "%02x%s", (number >> (8 * i)) & 0xff, ",");
}

static void add_change(struct strbuf *ret, const struct change *c)
{
	const uint16_t fields[8] = { 0, c->month, c->day_of_week, c->week, c->hour, 0, 0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		add_le(ret, fields[i], 2);
}

static void add_zone(struct strbuf *ret, const struct zone *z)
{
	strbuf_addf(ret, "[Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\%s]\n", z->name);
	strbuf_addf(ret, "\"Display\"=sz:\"%s\"\n\"Std\"=sz:\"%s\"\n\"Dlt\"=sz:\"%s\"\n", z->display, z->standard,
		    z->daylight);
	strbuf_addf(ret, "\"Index\"=dword:%x\n", z->index);
	if (z->resource)
		strbuf_addf(ret,
			    "\"MUI_Display\"=sz:\"@tzres.dll,-%u\"\n\"MUI_Dlt\"=sz:\"@tzres.dll,-%u\"\n"
			    "\"MUI_Std\"=sz:\"@tzres.dll,-%u\"\n",
			    z->resource, z->resource + 1, z->resource + 2);
	strbuf_adds(ret, "\"TZI\"=hex:");
	add_le(ret, (uint32_t)z->bias, 4);
	add_le(ret, 0, 4);
	add_le(ret, (uint32_t)z->daylight_bias, 4);
	add_change(ret, &z->to_standard);
	add_change(ret, &z->to_daylight);
	strbuf_addc(ret, '\n');
}

void machine_software(const struct machine *machine, struct strbuf *ret)
{
	machine_expand(machine, "", top, ret);
	if (machine->state != MACHINE_NONE)
		machine_expand(machine, "", image_state, ret);
	strbuf_adds(ret, "[Microsoft\\Windows NT\\CurrentVersion\\Time Zones]\n\"TzVersion\"=dword:7e60000\n");
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		add_zone(ret, &zones[i]);
	for (unsigned i = 0; i < 200; i++) {
		strbuf_addf(ret, "[Classes\\CLSID\\{%08X-1234-4321-ABCD-00AA00BB00CC}]\n@=sz:\"Class %u\"\n", i * 7919, i);
		strbuf_addf(ret, "[Classes\\CLSID\\{%08X-1234-4321-ABCD-00AA00BB00CC}\\InprocServer32]\n", i * 7919);
		strbuf_addf(ret, "@=expand:\"%%SystemRoot%%\\\\System32\\\\class%u.dll\"\n"
				 "\"ThreadingModel\"=sz:\"Both\"\n", i);
	}
}

void machine_sam(const struct machine *machine, struct strbuf *ret)
{
	machine_expand(machine, "",
		       "[SAM]\n\"C\"=hex:07,00,01,00\n"
		       "[SAM/Domains/Account]\n"
		       "\"F\"=hex:03,00,01,00,00,00,00,00\n"
		       "\"V\"=hex:00,00,00,00,98,00,00,00,02,00,01,00,01,04,00,00,00,00,00,05,15,00,00,00,$V\n"
		       "[SAM/Domains/Account/Users/000001F4]\n"
		       "\"F\"=hex:03,00,01,00,00,00,00,00\n"
		       "[SAM/Domains/Account/Users/Names/Administrator]\n"
		       "@=hex(1f4):\n"
		       "[SAM/Domains/Builtin/Aliases]\n"
		       "[SAM/RXACT]\n",
		       ret);
}

void machine_security(const struct machine *machine, struct strbuf *ret)
{
	machine_expand(machine, "",
		       "[Policy/PolAcDmN]\n"
		       "@=hex(0):0c,00,0e,00,00,00,00,00\n"
		       "[Policy/PolAcDmS]\n"
		       "@=hex(0):01,04,00,00,00,00,00,05,15,00,00,00,$V\n"
		       "[Policy/Secrets/DPAPI_SYSTEM/CurrVal]\n"
		       "@=hex(0):00,00,00,01,02,03,04,05,06,07,08,09\n"
		       "[Policy/Accounts]\n"
		       "[Cache]\n"
		       "\"NL$$Control\"=hex:04,00,01,00,0a,00,00,00\n",
		       ret);
}

void machine_default_user(const struct machine *machine, struct strbuf *ret)
{
	machine_expand(machine, "",
		       "[Control Panel/International]\n"
		       "\"LocaleName\"=sz:\"de-DE\"\n"
		       "\"sCountry\"=sz:\"Deutschland\"\n"
		       "[Control Panel/International/Geo]\n"
		       "\"Nation\"=sz:\"94\"\n"
		       "[Environment]\n"
		       "\"TEMP\"=expand:\"%USERPROFILE%~AppData~Local~Temp\"\n"
		       "[Software/Microsoft/Windows/CurrentVersion/Explorer]\n"
		       "\"ShellState\"=hex:24,00,00,00,3c,28,00,00\n",
		       ret);
}

void machine_network_service(const struct machine *machine, struct strbuf *ret)
{
	machine_default_user(machine, ret);
	machine_expand(machine, "",
		       "[Software/" NT "/SoftwareProtectionPlatform]\n"
		       "\"ServiceSessionId\"=hex:01,00,00,00\n"
		       "$(\"DiscoveredKeyManagementServiceName\"=sz:\"kms.build.example.com\"\n"
		       "\"DiscoveredKeyManagementServicePort\"=dword:698\n$)",
		       ret);
}
