/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SYSTEM hive. The places of a network card and the forms of its GUID (case,
 * UTF-16 or bytes) are those found in the hives of Windows 7, 8.1 and 10.
 */
#include <stdio.h>

#include "tests/support/machine.h"

#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define LAN_INTERFACE "{ad498944-762f-11d0-8dcb-00c04fc3358c}"
#define THIS_COMPUTER "{00000000-0000-0000-ffff-ffffffffffff}"
#define NDIS_INTERFACE "{cac88484-7515-4c03-82e6-71a87abac361}"

static const char top[] =
	"[Select]\n"
	"\"Current\"=dword:1\n"
	"\"Default\"=dword:1\n"
	"\"Failed\"=dword:0\n"
	"\"LastKnownGood\"=dword:2\n"
	"[Setup]\n"
	"\"CloneTag\"=multi:\"Fri Sep 29 06:49:45 2017\"\n"
	"\"CmdLine\"=sz:\"$K\"\n"
	"\"SetupType\"=dword:$Y\n"
	"\"SetupPhase\"=dword:0\n"
	"\"SystemSetupInProgress\"=dword:0\n"
	"\"OOBEInProgress\"=dword:0\n"
	"\"RestartSetup\"=dword:0\n"
	"\"SetupSupported\"=dword:1\n"
	"\"OsLoaderPath\"=sz:\"~\"\n"
	"\"SystemPartition\"=sz:\"~Device~HarddiskVolume1\"\n"
	"\"RespecializeCmdLine\"=sz:\"Sysprep~sysprep.exe /respecialize /quiet\"\n"
	"\"WorkingDirectory\"=sz:\"C:~Windows~Panther\"\n"
	"[Setup/AllowStart/PlugPlay]\n"
	"[Setup/AllowStart/SamSs]\n"
	"[Setup/AllowStart/sppsvc]\n"
	"[Setup/Status/ChildCompletion]\n"
	"\"setup.exe\"=dword:3\n"
	"\"oobeldr.exe\"=dword:3\n"
	"[Setup/Status/SysprepStatus]\n"
	"\"GeneralizationState\"=dword:$J\n"
	"\"CleanupState\"=dword:2\n"
	"[Setup/Status/UnattendPasses]\n"
	"\"specialize\"=dword:9\n"
	"\"oobeSystem\"=dword:9\n"
	"\"generalize\"=dword:0\n"
	"[MountedDevices]\n"
	"$(\"~DosDevices~C:\"=hex:21,1f,93,09,00,00,10,00,00,00,00,00\n"
	"\"~??~Volume$O\"=hex:21,1f,93,09,00,00,10,00,00,00,00,00\n$)"
	"[HardwareConfig]\n"
	"$(\"LastConfig\"=sz:\"{4c4c4544-0051-3510-8052-b4c04f4a4e31}\"\n"
	"[HardwareConfig/{4c4c4544-0051-3510-8052-b4c04f4a4e31}]\n"
	"\"Id\"=dword:0\n$)"
	"[RNG]\n"
	"$(\"ExternalEntropyCount\"=dword:2\n"
	"\"Seed\"=hex:52,4e,47,31,00,11,22,33,44,55,66,77,88,99,aa,bb,cc,dd,ee,ff\n$)"
	"[WPA/8DEC0AF1-0341-4b93-85CD-72606C2DF94C-7P-1]\n"
	"@=hex:01,02,03,04,05,06,07,08,09,0a,0b,0c\n"
	"[WPA/8DEC0AF1-0341-4b93-85CD-72606C2DF94C-7P-2]\n"
	"@=hex:11,12,13,14,15,16,17,18,19,1a,1b,1c\n";

static const char control[] =
	"[$S/Control]\n"
	"\"CurrentUser\"=sz:\"USERNAME\"\n"
	"\"WaitToKillServiceTimeout\"=sz:\"5000\"\n"
	"[$S/Control/ComputerName/ComputerName]\n"
	"@=sz:\"mnmsrvc\"\n"
	"\"ComputerName\"=sz:\"$H\"\n"
	"[$S/Control/IDConfigDB/Hardware Profiles/0001]\n"
	"\"HwProfileGuid\"=sz:\"{5c3108bb-31c0-11e8-9b10-806e6f6e6963}\"\n"
	"[$S/Control/Lsa]\n"
	"\"Security Packages\"=multi:\"\"\n"
	"\"Authentication Packages\"=multi:\"msv1_0\"\n"
	"[$S/Control/ProductOptions]\n"
	"\"ProductType\"=sz:\"WinNT\"\n"
	"\"ProductSuite\"=multi:\"Terminal Server\"\n"
	"[$S/Control/Session Manager]\n"
	"\"BootExecute\"=multi:\"autocheck autochk *\"\n"
	"[$S/Control/Session Manager/Power]\n"
	"\"HiberbootEnabled\"=dword:0\n"
	"[$S/Control/Session Manager/Environment]\n"
	"\"PROCESSOR_ARCHITECTURE\"=sz:\"AMD64\"\n"
	"\"Path\"=expand:\"%SystemRoot%~system32;%SystemRoot%\"\n"
	"[$S/Control/Terminal Server/WinStations]\n"
	"$(\"SelfSignedCertificate\"=hex:0f,1e,2d,3c,4b,5a,69,78,87,96,a5,b4,c3,d2,e1,f0,00,11,22,33\n$)"
	"[$S/Control/TimeZoneInformation]\n"
	"\"Bias\"=dword:ffffffc4\n"
	"\"StandardBias\"=dword:0\n"
	"\"DaylightBias\"=dword:ffffffc4\n"
	"\"ActiveTimeBias\"=dword:ffffffc4\n"
	"\"StandardName\"=sz:\"@tzres.dll,-322\"\n"
	"\"DaylightName\"=sz:\"@tzres.dll,-321\"\n"
	"\"StandardStart\"=hex:00,00,0a,00,05,00,03,00,00,00,00,00,00,00,00,00\n"
	"\"DaylightStart\"=hex:00,00,03,00,05,00,02,00,00,00,00,00,00,00,00,00\n"
	"\"TimeZoneKeyName\"=sz:\"W. Europe Standard Time\"\n"
	"\"DynamicDaylightTimeDisabled\"=dword:0\n";

static const char network_control[] =
	"[$S/Control/Class/" NET_CLASS "]\n"
	"@=sz:\"Network adapters\"\n"
	"\"Class\"=sz:\"Net\"\n"
	"$[[$S/Control/Class/" NET_CLASS "/$C]\n"
	"\"DriverDesc\"=sz:\"$D\"\n"
	"\"ProviderName\"=sz:\"Microsoft\"\n"
	"\"DriverVersion\"=sz:\"12.15.22.$i\"\n"
	"\"*IfType\"=dword:6\n"
	"\"Characteristics\"=dword:84\n"
	"\"ComponentId\"=sz:\"pci~example-$i\"\n"
	"\"DeviceInstanceID\"=sz:\"$P\"\n"
	"\"NetCfgInstanceId\"=sz:\"$U\"\n"
	"\"NetLuidIndex\"=dword:800$i\n"
	"\"NetworkInterfaceInstallTimestamp\"=qword:01d3c5c4cc64514b\n"
	"[$S/Control/Class/" NET_CLASS "/$C/Linkage]\n"
	"\"RootDevice\"=multi:\"$U\"\n"
	"\"Export\"=multi:\"~Device~$U\"\n"
	"\"UpperBind\"=multi:\"RspNdr\",\"lltdio\",\"Tcpip\",\"Tcpip6\"\n"
	"\"FilterList\"=multi:\"$U-{B5F4D659-7DAA-4565-8E41-BE220ED60542}-0000\"\n$]"
	"[$S/Control/Class/{4d36e968-e325-11ce-bfc1-08002be10318}/0000]\n"
	"\"DriverDesc\"=sz:\"Standard VGA\"\n"
	"[$S/Control/Network]\n"
	"\"Config\"=hex:00,00,00,00,2a,00,00,00,\\\n"
	"$[$B,04,00,00,00,84,00,04,00,70,00,63,00,69,00,00,00,\\\n$]"
	"00,00,00,00\n"
	"[$S/Control/Network/{4D36E972-E325-11CE-BFC1-08002BE10318}]\n"
	"@=sz:\"Network Adapters\"\n"
	"$[[$S/Control/Network/{4D36E972-E325-11CE-BFC1-08002BE10318}/$U]\n"
	"[$S/Control/Network/{4D36E972-E325-11CE-BFC1-08002BE10318}/$U/Connection]\n"
	"\"DefaultNameIndex\"=dword:$i\n"
	"\"Name\"=sz:\"$N\"\n"
	"\"PnpInstanceID\"=sz:\"$P\"\n"
	"\"MediaSubType\"=dword:1\n$]"
	"[$S/Control/Network/{4D36E975-E325-11CE-BFC1-08002BE10318}/{0F9A9C8E-1D52-4F6C-8D43-6C6E5B2A1F00}/Linkage]\n"
	"\"Bind\"=multi:$[\"~Device~Tcpip_$U\",$]\n"
	"\"Export\"=multi:$[\"~Device~NetBT_Tcpip_$U\",$]\n"
	"\"Route\"=multi:$[\"\\\"Tcpip\\\" \\\"$U\\\"\",$]\n"
	"$[[$S/Control/NetworkSetup2/Interfaces/$U/Kernel]\n"
	"\"IfAlias\"=sz:\"$N\"\n"
	"\"IfDescr\"=sz:\"$D\"\n"
	"\"CurrentAddress\"=hex:$A\n"
	"\"PermanentAddress\"=hex:$A\n"
	"[$S/Control/NetworkSetup2/Interfaces/$U/Properties/{a111f1ef-5923-47c0-9a68-d0bafb577901}/0002]\n"
	"@=hex(ffff000d):$B\n"
	"[$S/Control/NetworkSetup2/Interfaces/$U/Properties/{a111f1f4-5923-47c0-9a68-d0bafb577901}/012c]\n"
	"@=hex(ffff2012):$W,00,00,00,00\n$]"
	"$[[$S/Control/Nsi/{eb004a11-9b1a-11d4-9123-0050047759bc}/10]\n"
	"\"0000000$i00000600\"=hex:ae,01,84,04,2c,00,$W,00,00,2a,00,$B,00,00,$B\n$]"
	"$[[$S/Control/DeviceClasses/" LAN_INTERFACE "/##?#$h#" LAN_INTERFACE "]\n"
	"\"DeviceInstance\"=sz:\"$P\"\n"
	"[$S/Control/DeviceClasses/" LAN_INTERFACE "/##?#$h#" LAN_INTERFACE "/#$U]\n"
	"\"SymbolicLink\"=sz:\"~~?~$h#" LAN_INTERFACE "~$U\"\n"
	"[$S/Control/DeviceClasses/" LAN_INTERFACE "/##?#$h#" LAN_INTERFACE "/#$U/Device Parameters]\n"
	"[$S/Control/DeviceClasses/" NDIS_INTERFACE "/##?#$h#" NDIS_INTERFACE "/#$L]\n"
	"\"SymbolicLink\"=sz:\"~~?~$h#" NDIS_INTERFACE "~$L\"\n"
	"[$S/Enum/$p]\n"
	"\"ClassGUID\"=sz:\"" NET_CLASS "\"\n"
	"\"Driver\"=sz:\"" NET_CLASS "~$C\"\n"
	"\"FriendlyName\"=sz:\"$D\"\n"
	"[$S/Enum/SWD/RADIO/$U]\n"
	"\"FriendlyName\"=sz:\"$N\"\n"
	"[$S/Control/DeviceContainers/" THIS_COMPUTER "/BaseContainers/" THIS_COMPUTER "]\n"
	"\"SWD~RADIO~$M\"=hex:\n$]";

static const char network_services[] =
	"[$S/Services/Tcpip/Parameters]\n"
	"\"DataBasePath\"=expand:\"%SystemRoot%~System32~drivers~etc\"\n"
	"\"Domain\"=sz:\"\"\n"
	"\"Hostname\"=sz:\"$H\"\n"
	"\"NV Hostname\"=sz:\"$H\"\n"
	"$(\"DhcpDomain\"=sz:\"build.example.com\"\n"
	"\"DhcpNameServer\"=sz:\"192.0.2.53\"\n$)"
	"$[[$S/Services/Tcpip/Parameters/Adapters/$L]\n"
	"\"LLInterface\"=sz:\"\"\n"
	"\"IpConfig\"=multi:\"Tcpip~Parameters~Interfaces~$U\"\n"
	"[$S/Services/Tcpip/Parameters/DNSRegisteredAdapters/$U]\n"
	"\"RegistrationEnabled\"=dword:1\n"
	"[$S/Services/Tcpip/Parameters/Interfaces/$L]\n"
	"\"Domain\"=sz:\"\"\n"
	"\"NameServer\"=sz:\"\"\n"
	"$<\"EnableDHCP\"=dword:1\n"
	"\"DhcpIPAddress\"=sz:\"192.0.2.1$i\"\n"
	"\"DhcpSubnetMask\"=sz:\"255.255.255.0\"\n"
	"\"DhcpServer\"=sz:\"192.0.2.1\"\n"
	"\"DhcpDefaultGateway\"=multi:\"192.0.2.1\"\n"
	"\"DhcpNameServer\"=sz:\"192.0.2.53\"\n"
	"\"DhcpDomain\"=sz:\"build.example.com\"\n"
	"\"Lease\"=dword:e10\n"
	"\"LeaseObtainedTime\"=dword:5ac2f5d1\n"
	"\"T1\"=dword:5ac2fcd9\n"
	"\"T2\"=dword:5ac3021f\n"
	"\"LeaseTerminatesTime\"=dword:5ac303e1\n"
	"\"DhcpInterfaceOptions\"=hex:fc,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00\n"
	"\"DhcpGatewayHardware\"=hex:c0,00,02,01,06,00,00,00,02,11,22,33,44,55\n$>"
	"${\"EnableDHCP\"=dword:0\n"
	"\"IPAddress\"=multi:\"198.51.100.2$i\"\n"
	"\"SubnetMask\"=multi:\"255.255.255.0\"\n"
	"\"DefaultGateway\"=multi:\"198.51.100.1\"\n$}"
	"[$S/Services/Tcpip6/Parameters/Interfaces/$L]\n"
	"\"Dhcpv6Iaid\"=dword:6000$i\n"
	"\"Dhcpv6State\"=dword:0\n"
	"[$S/Services/NetBT/Parameters/Interfaces/Tcpip_$U]\n"
	"\"NameServerList\"=multi:\n"
	"\"NetbiosOptions\"=dword:0\n"
	"[$S/Services/$U/Parameters/Tcpip]\n"
	"\"EnableDHCP\"=dword:1\n"
	"[$S/Services/Psched/Parameters/NdisAdapters/$L]\n"
	"[$S/Services/WfpLwf/Parameters/Adapters/$M]\n"
	"\"LowerComponent\"=sz:\"$M\"\n"
	"[$S/Services/iphlpsvc/Parameters/Isatap/$U]\n"
	"\"InterfaceName\"=sz:\"isatap.$U\"\n"
	"[$S/Services/RemoteAccess/Interfaces/$i]\n"
	"\"InterfaceName\"=sz:\"$U\"\n"
	"\"Type\"=dword:0\n$]"
	"[$S/Services/Tcpip6/Parameters]\n"
	"$(\"Dhcpv6DUID\"=hex:$X\n$)"
	"[$S/Services/LanmanServer/Parameters]\n"
	"\"ServiceDll\"=expand:\"%SystemRoot%~system32~srvsvc.dll\"\n"
	"\"Guid\"=hex:$E\n"
	"$[[$S/Services/WinSock2/Parameters/Protocol_Catalog9/Catalog_Entries/00000000000$i]\n"
	"\"PackedCatalogItem\"=hex:25,53,79,00,$W,00,00,01,00\n"
	"\"ProtocolName\"=sz:\"MSAFD NetBIOS [~Device~NetBT_Tcpip_$U] SEQPACKET $i\"\n$]"
	"[$S/Services/SharedAccess/Parameters/FirewallPolicy/FirewallRules]\n"
	"\"RemoteDesktop-In-TCP\"=sz:\"v2.10|Action=Block|Active=FALSE|Dir=In|Protocol=6|LPort=3389|\"\n"
	"$[\"Test-$i\"=sz:\"v2.10|Action=Allow|Active=TRUE|Dir=In|IF=$U|Name=test $i|\"\n$]";

static const char bound_service[] =
	"\"Bind\"=multi:$[\"~Device~$U\",$]\n"
	"\"Export\"=multi:$[\"~Device~SERVICE_$U\",$]\n"
	"\"Route\"=multi:$[\"\\\"$U\\\"\",$]\n";

static const char upgrade[] =
	"$[[Setup/Upgrade/NetworkDriverBackup/Control/Class/" NET_CLASS "/$C]\n"
	"\"NetCfgInstanceId\"=sz:\"$U\"\n$]";

static void add_services(const struct machine *machine, const char *set, struct strbuf *ret)
{
	static const char *const bound[] = { "Tcpip", "Tcpip6", "NetBT", "NetBIOS", "LanmanServer", "LanmanWorkstation",
					     "RasPppoe", "NdisWan", "Ndisuio", "lltdio", "rspndr", "MsLldp" };

	for (size_t i = 0; i < ARRAY_SIZE(bound); i++) {
		strbuf_addf(ret, "[%s\\Services\\%s\\Linkage]\n", set, bound[i]);
		machine_expand(machine, set, bound_service, ret);
	}
	for (unsigned i = 0; i < 120; i++) {
		strbuf_addf(ret, "[%s\\Services\\svc%03u]\n", set, i);
		strbuf_addf(ret, "\"Type\"=dword:20\n\"Start\"=dword:%u\n\"ErrorControl\"=dword:1\n", i % 5);
		strbuf_addf(ret, "\"ImagePath\"=expand:\"%%SystemRoot%%\\\\System32\\\\svchost.exe -k group%u\"\n", i % 7);
		strbuf_addf(ret, "\"DisplayName\"=sz:\"Service %u\"\n[%s\\Services\\svc%03u\\Parameters]\n", i, set, i);
		strbuf_addf(ret, "\"ServiceDll\"=expand:\"%%SystemRoot%%\\\\System32\\\\svc%03u.dll\"\n", i);
	}
}

void machine_system(const struct machine *machine, struct strbuf *ret)
{
	static const char *const sets[] = { "ControlSet001", "ControlSet002" };

	machine_expand(machine, "", top, ret);
	machine_expand(machine, "", upgrade, ret);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		machine_expand(machine, sets[i], control, ret);
		machine_expand(machine, sets[i], network_control, ret);
		machine_expand(machine, sets[i], network_services, ret);
		add_services(machine, sets[i], ret);
	}
}
