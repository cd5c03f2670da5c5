#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Secrets stay inside: passwords and product keys in every place where an answer file can hold one (right, misplaced,
# mistyped, in damaged files) must not be in anything that unattend prints or writes, in any format; patches included,
# as long as --show-secrets does not ask for them.
set -u
: "${BIN:?folder with the tools}"
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
python3 - "$BIN/unattend" <<'PYTHON'
import base64, glob, itertools, json, os, shutil, subprocess, sys

tool = sys.argv[1]
WCM = 'xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State"'
secrets = []
def password():
    secrets.append(f"Canary{len(secrets):02}xQz")
    return secrets[-1]
def key():
    """Five groups: the first four must stay hidden. Not a key of anybody: group and checksum are random."""
    n = len(secrets)
    letters = "BCDFGHJKMPQRTVWXY2346789"
    groups = ["".join(letters[(n * 7 + g * 5 + i * 3) % 24] for i in range(5)) for g in range(5)]
    groups[1] = "N" + groups[1][1:]
    secrets.append("-".join(groups[:4]))
    return "-".join(groups)
def hidden(element):
    text = password()
    encoded = base64.b64encode((text + element).encode("utf-16-le")).decode()
    secrets.append(encoded)
    return encoded

def component(name, inside):
    return (f'<component name="Microsoft-Windows-{name}" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" '
            f'language="neutral" versionScope="nonSxS" {WCM}>\n{inside}\n</component>\n')
def answer(*passes):
    return ('<?xml version="1.0" encoding="utf-8"?>\n<unattend xmlns="urn:schemas-microsoft-com:unattend">\n' +
            "".join(f'<settings pass="{p}">\n{c}</settings>\n' for p, c in passes) + "</unattend>\n")
def credentials():
    return f"<Credentials><Domain>d</Domain><Username>u</Username><Password>{password()}</Password></Credentials>"
def value(element, plain=True):
    return f"<{element}><Value>{password() if plain else hidden(element)}</Value><PlainText>{str(plain).lower()}</PlainText></{element}>"
def item(name, inside):
    return f'<{name} wcm:action="add"><Order>1</Order>{inside}</{name}>'

files = {}
# every place of the schema
files["all.xml"] = lambda: answer(
    ("windowsPE", component("Setup", f"<UserData><AcceptEula>true</AcceptEula><ProductKey><Key>{key()}</Key></ProductKey></UserData>"
        f"<ImageInstall><OSImage><InstallFrom><Path>\\\\s\\x</Path>{credentials()}</InstallFrom></OSImage>"
        f"<DataImage wcm:action=\"add\"><Order>1</Order><InstallFrom>{credentials()}</InstallFrom></DataImage></ImageInstall>"
        f"<WindowsDeploymentServices><Login>{credentials()}</Login></WindowsDeploymentServices>"
        f"<RunSynchronous>{item('RunSynchronousCommand', credentials() + '<Path>cmd</Path>')}</RunSynchronous>"
        f"<RunAsynchronous>{item('RunAsynchronousCommand', credentials() + '<Path>cmd</Path>')}</RunAsynchronous>") +
        component("PnpCustomizationsWinPE", f'<DriverPaths><PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>\\\\s\\x</Path>{credentials()}</PathAndCredentials></DriverPaths>')),
    ("specialize", component("Shell-Setup", f"<ProductKey>{key()}</ProductKey><ComputerName>PC</ComputerName>") +
        component("UnattendedJoin", f"<Identification>{credentials()}<JoinDomain>d</JoinDomain><MachinePassword>{password()}</MachinePassword>"
                  f"<Provisioning><AccountData>{password()}</AccountData></Provisioning></Identification>") +
        component("Deployment", f"<RunSynchronous>{item('RunSynchronousCommand', credentials() + '<Path>net user admin ' + password() + ' /add</Path>')}</RunSynchronous>")),
    ("oobeSystem", component("Shell-Setup", f"<AutoLogon><Enabled>true</Enabled><Username>a</Username>{value('Password')}</AutoLogon>"
        f"<UserAccounts>{value('AdministratorPassword', False)}<LocalAccounts><LocalAccount wcm:action=\"add\"><Name>a</Name>{value('Password')}</LocalAccount></LocalAccounts></UserAccounts>"
        f"<FirstLogonCommands>{item('SynchronousCommand', '<CommandLine>cmdkey /add:s /user:u /pass:' + password() + '</CommandLine>')}</FirstLogonCommands>")),
    ("offlineServicing", component("PnpCustomizationsNonWinPE", f'<DriverPaths><PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>\\\\s\\x</Path>{credentials()}</PathAndCredentials></DriverPaths>') +
        component("Shell-Setup", f"<OfflineUserAccounts>{value('OfflineAdministratorPassword')}</OfflineUserAccounts>")))
# places where they do not belong
files["misplaced.xml"] = lambda: answer(
    ("windowsPE", component("Setup", f"<UserData><ProductKey>{key()}</ProductKey><FullName>{key()}</FullName></UserData>") +
        component("Shell-Setup", f"<ProductKey>{key()}</ProductKey>")),
    ("oobeSystem", component("Shell-Setup", f"<AutoLogon><Password>{password()}</Password><Username>a</Username><LogonCount>x</LogonCount></AutoLogon>"
        f"<UserAccounts><AdministratorPassword>{password()}</AdministratorPassword></UserAccounts>"
        f"<ProductKey> {key()}\n</ProductKey><TimeZone>{key()}</TimeZone><OOBE><ProtectYourPC>{key()}</ProtectYourPC><HideEULAPage>{key()}</HideEULAPage></OOBE>"
        f"<RegisteredOwner x=\"{key()}\">a</RegisteredOwner> {key()} <AdminPasword><Value>{password()}</Value></AdminPasword>")),
    ("specialize", component(key(), "<A/>") + component("Shell-Setup", f"<ComputerName>{key()}</ComputerName><{('k.' + key())}/>")))
# hidden passwords that are none
files["hidden.xml"] = lambda: answer(("oobeSystem", component("Shell-Setup",
    f"<AutoLogon><Password><Value>{hidden('Wrong')}</Value><PlainText>false</PlainText></Password></AutoLogon>"
    f"<UserAccounts><AdministratorPassword><Value>{password()}</Value><PlainText>false</PlainText></AdministratorPassword>"
    f"<LocalAccounts><LocalAccount wcm:action=\"add\"><Name>a</Name><Password><Value>{hidden('Password')}</Value></Password></LocalAccount></LocalAccounts></UserAccounts>")))
# keys that are wrong in each way a rule names
def wrong_keys():
    shapes = [lambda k: k + "-", lambda k: k.replace("-", ""), lambda k: k.replace("B", "A"), lambda k: k[:-1] + "N", lambda k: k.lower(), lambda k: '"' + k + '"',
              lambda k: k.replace("-", " "), lambda k: "KEY " + k]
    out = []
    for shape in shapes:
        text = shape(key())
        groups = text.strip('"').removeprefix("KEY ").rstrip("-")
        secrets.append(groups[:20])
        out.append(text)
    return out
for n in range(8):
    files[f"key-{n}.xml"] = lambda n=n: answer(("windowsPE", component("Setup", f"<UserData><ProductKey><Key>{wrong_keys()[n]}</Key></ProductKey></UserData>")),
                                              ("specialize", component("Shell-Setup", f"<ProductKey>{wrong_keys()[n]}</ProductKey>")))
# damaged around a secret
damage = {"cut": lambda t, s: t[:t.index(s) + len(s)], "tag": lambda t, s: t.replace(s + "<", s + "<<", 1), "amp": lambda t, s: t.replace(s, s + "&", 1),
          "attribute": lambda t, s: t.replace("<unattend ", f'<unattend {s} ', 1), "quote": lambda t, s: t.replace("<unattend ", f'<unattend a="{s} ', 1),
          "comment": lambda t, s: t.replace("<settings", f"<!-- {s} -- --><settings", 1), "name": lambda t, s: t.replace("<settings", f"<x.{s}><settings", 1),
          "before": lambda t, s: s + t, "encoding": lambda t, s: t.replace("utf-8", s, 1), "doctype": lambda t, s: t.replace("<unattend", f"<!DOCTYPE {s}><unattend", 1),
          "entity": lambda t, s: t.replace("<Value>", f"<Value>&{s};", 1), "pass": lambda t, s: t.replace('"oobeSystem"', f'"{s}"', 1)}
for name, harm in damage.items():
    def damaged(harm=harm, use=None):
        secret = (key if use else password)()
        if harm in [damage[n] for n in ("attribute", "name", "encoding", "doctype", "entity", "pass")] and not use:
            secrets.pop()  # a word in such a place is a name; only a key can be told from one
            secret = key()
        return harm(answer(("oobeSystem", component("Shell-Setup", f"<AutoLogon><Password><Value>{secret}</Value><PlainText>true</PlainText></Password></AutoLogon>"))), secret)
    files[f"damage-{name}.xml"] = damaged
    files[f"damage-key-{name}.xml"] = lambda harm=harm: damaged(harm, True)
# the text formats
files["sysprep.inf"] = lambda: (f'[Unattended]\nUnattendMode=FullUnattended\nOemSkipEula=Yes\n[GuiUnattended]\nAdminPassword={password()} ;x\nAdminPasswrd={password()}\n'
    f'AdminPassword "{password()}"\nAdminPassword="{password()}\nTimeZone={key()}\nEncryptedAdminPassword={password()}\n[UserData]\nProductKey={key()}\nProductID="{key()}"\nProductKey="{key()}"\n'
    f'ComputerName={key()}\n[Identification]\nJoinDomain=d\nDomainAdmin=a\nDomainAdminPassword={password()}\nDomainAdminPassword=a,{password()}\n'
    f'[GuiRunOnce]\nCommand0="net use x: \\\\s\\x {password()} /user:u"\n[NetworkCredentials]\nPassword={password()}\n{key()}\n[{key()}]\n')

def run(*arguments):
    done = subprocess.run([tool, *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")

passed = failed = 0
def check(what, text, mine):
    global passed, failed
    low = text.lower()
    leaked = sorted({s for s in mine if s.lower() in low})
    if leaked:
        failed += 1
        at = low.index(leaked[0].lower())
        print(f"FAIL {what}: {', '.join(leaked[:4])}: ...{text[max(0, at - 90):at + 50]!r}")
    else:
        passed += 1

def is_command(name):
    return name in ("all.xml", "sysprep.inf")

FORMATS = "text", "sarif", "junit", "checkstyle", "github", "gitlab", "csv", "ndjson"
known = run("lint", "--format=nonsense", "x.xml")[1]
for form in FORMATS:
    if form not in known:
        failed += 1
        print(f"FAIL there is no format {form}: {known}")
for name, make in files.items():
    first = len(secrets)
    with open(name, "w", encoding="utf-8") as f:
        f.write(make())
    mine = secrets[first:]
    for form in FORMATS:
        check(f"lint --format={form} {name}", run("lint", "--enable", "all", f"--format={form}", name)[1], mine)
    check(f"lint --json {name}", run("lint", "--enable", "all", "--json", name)[1], mine)
    check(f"lint --target {name}", run("lint", "--enable", "all", "--target", "win7", name)[1], mine)
    run("lint", "--enable", "all", "--baseline", name + ".baseline", name)
    if os.path.exists(name + ".baseline"):
        check(f"baseline of {name}", open(name + ".baseline").read(), mine)
    before = open(name, "rb").read()
    for flags in ((), ("--unsafe",), ("--unsafe", "--json")):
        check(f"fix {' '.join(flags)} {name}", run("fix", "--enable", "all", *flags, name)[1], mine)
        open(name, "wb").write(before)
    for flags in ((), ("--unsafe",), ("--unsafe", "--json"), ("--severity", "UA111=info", "--severity", "UA011=info")):
        check(f"fix --diff {' '.join(flags)} {name}", run("fix", "--diff", "--enable", "all", *flags, name)[1], mine)
    # get shows commands as they are, and a password written where another value belongs is not known to be one
    shown = [s for s in mine if not s.startswith("Canary") or name == "hidden.xml"]
    check(f"get {name}", run("get", name)[1], shown)
    check(f"get --json {name}", run("get", "--json", name)[1], shown)
    check(f"set {name}", run("set", name, "oobeSystem/Shell-Setup/AutoLogon/LogonCount", "many")[1], mine)
    for path, wanted in (("oobeSystem/Shell-Setup/AutoLogon/LogonCount", "2"), ("oobeSystem/Shell-Setup/TimeZone", "UTC"), ("GuiUnattended/TimeZone", "085"),
                        ("UserData/OrgName", "x")):
        check(f"set --diff {name} {path}", run("set", "--diff", name, path, wanted)[1], mine)
    check(f"get of what is not there {name}", run("get", name, "oobeSystem/Shell-Setup/Nothing")[1] + run("get", name, "UserData/Nothing")[1], mine)
# what the schema calls a secret is hidden by get as well
first = len(secrets)
text = answer(("oobeSystem", component("Shell-Setup", value("AutoLogonx").replace("AutoLogonx", "Password").join(("<AutoLogon>", "</AutoLogon>")))),
              ("specialize", component("UnattendedJoin", f"<Identification>{credentials()}<MachinePassword>{password()}</MachinePassword></Identification>")))
open("schema.xml", "w").write(text)
check("get of secret settings", run("get", "schema.xml")[1], secrets[first:])
code, shown = run("get", "--show-secrets", "schema.xml")
check("a word that is not there", "x", secrets)
first = len(secrets)
for reshape in (lambda k: k, lambda k: k[:-1], lambda k: k.lower(), lambda k: k.replace("-", ""), lambda k: " " + k + " x"):
    whole = key()
    given = reshape(whole)
    done = subprocess.run([tool, "key", "-"], input=given.encode(), capture_output=True)
    check("key -", (done.stdout + done.stderr).decode(), [secrets[-1], secrets[-1].replace("-", "")])
    check("key given as argument", run("key", given)[1], [secrets[-1], secrets[-1].replace("-", "")])
    if given.count("-") == 4 and len(given) >= 29:  # else it cannot be told from a word
        check("explain", run("explain", given)[1] + run("schema", given)[1] + run("timezone", given)[1], [secrets[-1]])
first = len(secrets)
if all(s in shown for s in secrets[first:]):
    passed += 1
else:
    failed += 1
    print("FAIL get --show-secrets does not show them")
if len(secrets) < 20:
    failed += 1
print(f"{len(secrets)} secrets in {len(files) + 1} files")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
