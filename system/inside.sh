#!/bin/sh
# Runs as root in the booted system: what an electrician, a technician and the years do to a gate box.
set -u
cd /root
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
state=/var/lib/gated trace=/var/lib/gated/relay.trace
passed=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
fail() {
	echo "FAIL $1"
	{ systemctl status gated --no-pager -l; journalctl -u gated -u gate-central --no-pager -n 30; } 2>&1 | sed 's/^/  /'
	exit 1
}
# until SECONDS COMMAND…: waits for it to be true.
until_() {
	end=$(($(date +%s) + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || return 1
		sleep 0.1
	done
}
central() { runuser -u gate-central -- gate-central "$@" 2>words || fail "gate-central $1: $(cat words)"; }
scan() { printf '%s\r' "$(central issue --kid 257 --site 1001 --rider "$1")" >/dev/gate-glass; }
edges() { grep -c " $1\$" $trace 2>/dev/null; }
opened() { [ "$(edges on)" -gt "$1" ]; }
rests() { tail -n 1 $trace | grep -q ' off$'; }
ready() { gated status | grep -q 'lists held' && gated status | grep -q 'broker answers' && gated status --json | grep -q '"up": true'; }
lets_in() { # WHAT RIDER
	before=$(edges on)
	scan "$2"
	until_ 30 opened "$before" || fail "$1: the relay did not go on"
	until_ 30 rests || fail "$1: the relay stayed on"
	ok "$1"
}

# systemd-nspawn puts a boot id of its own over the kernel's, and a unit with a /proc of its own (ProtectProc) sees the
# kernel's: two boots at once, which no machine has.
umount /proc/sys/kernel/random/boot_id 2>/dev/null

# Install.
apt-get install -y ./page/gated_1.0.0_amd64.deb >install.log 2>&1 || fail "install: $(cat install.log)"
grep -q 'gated enrol FILE' install.log || fail "the installation does not say what comes next"
systemctl is-enabled -q gated || fail "the unit is not enabled"
systemctl is-active -q gated && fail "the gate runs without a configuration"
id gated | grep -q dialout || fail "user gated is not in dialout: $(id gated)"
ok "installed: enabled, and waiting for its configuration"

# The page that an electrician goes by, from here to the first rider.
systemd-run -q --unit=scanner socat pty,link=/dev/scanner,raw,echo=0,user=gated,mode=660 pty,link=/dev/gate-glass,raw,echo=0
until_ 5 test -e /dev/scanner || fail "no scanner"
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/90yes # a person says Y
bash letter.sh install.md 90 >letter.log 2>&1 || fail "docs/install.md: $(cat letter.log)"
ok "docs/install.md to the letter: $(tail -1 letter.log)"
for f in gate.key tls.key; do
	[ "$(stat -c '%U %a' $state/$f)" = "gated 600" ] || fail "$f is $(stat -c '%U %a' $state/$f)"
done
[ "$(stat -c '%U:%G %a' /etc/gated/gated.toml)" = "root:gated 640" ] || fail "the configuration is $(stat -c '%U:%G %a' /etc/gated/gated.toml)"
until_ 60 ready || fail "the gate is not ready: $(gated status)"
until_ 30 rests || fail "after the first rider the relay stayed on"
ok "enrolled from the card: keys made here, for their owner alone"
lets_in "another rider, over mutual TLS" 1

# The same card once more, and a file that is spent.
sed 's|/dev/serial/by-path/CHANGE-ME|/dev/scanner|; s|language = "zh"|language = "en"|' /var/lib/gate-central/east.toml >card.toml
cp card.toml /boot/firmware/gated-enrol.toml
systemctl start gated-enrol || fail "a card that is left in the box: $(cat /boot/firmware/gated-enrol.txt)"
grep -q 'already; nothing was changed' /boot/firmware/gated-enrol.txt || fail "it says $(cat /boot/firmware/gated-enrol.txt)"
test -e /boot/firmware/gated-enrol.toml && fail "the token stays on the card"
mv /etc/gated/gated.toml kept.toml
gated enrol card.toml >said 2>&1 || fail "the same box with the same file: $(cat said)"
mv $state/gate.key kept.key
rm /etc/gated/gated.toml
gated enrol card.toml >said 2>&1 && fail "a spent token was taken"
grep -q 'the token in the file is spent' said || fail "a spent token: $(cat said)"
runuser -u gated -- cp kept.key $state/gate.key 2>/dev/null || install -o gated -g gated -m 600 kept.key $state/gate.key
install -o root -g gated -m 640 kept.toml /etc/gated/gated.toml
ok "enrolled once: the same box again changes nothing, another is refused"

# Whatever kills it, it comes back with the relay off.
pid() { systemctl show -p MainPID --value gated; }
back() { [ "$(pid)" != 0 ] && [ "$(pid)" != "$old" ] && ready; }
for blow in KILL SEGV STOP; do
	before=$(edges on) old=$(pid)
	scan 2
	until_ 30 opened "$before" || fail "before $blow: the relay did not go on"
	kill -$blow "$old"
	until_ 40 back || fail "after SIG$blow the gate does not come back"
	until_ 5 rests || fail "after SIG$blow the relay stayed on"
	ok "SIG$blow in mid-pulse: back with the relay off"
done
lets_in "a rider after all that" 3

# The technician's commands: root, the group, and somebody else.
for c in "status" "check" "trust show" "revocation show" "journal list" "journal verify" "key show" "version"; do
	# shellcheck disable=SC2086 # a command of words
	gated $c >/dev/null 2>said || fail "gated $c: $(cat said)"
done
code=$(central issue --kid 257 --site 1001 --rider 4)
gated explain "$code" >said 2>&1 || fail "gated explain: $(cat said)"
useradd -G gated tech
useradd stranger
runuser -u tech -- gated status >/dev/null 2>said || fail "a member of the group cannot ask: $(cat said)"
runuser -u stranger -- gated status >/dev/null 2>&1 && fail "a stranger can ask"
man_=$(zcat /usr/share/man/man1/gated.1.gz | grep -c '^.SS')
[ "$man_" -gt 10 ] || fail "the manual has $man_ commands"
ok "every command works beside the daemon; a stranger is refused"

# Upgrade with records flowing; nothing is lost.
(i=100; while [ ! -e stop ]; do scan $i; i=$((i + 1)); sleep 0.4; done) &
sleep 2
old=$(pid)
dpkg -i gated_1.0.1_amd64.deb >upgrade.log 2>&1 || fail "upgrade: $(cat upgrade.log)"
until_ 60 back || fail "after the upgrade the gate does not come back"
sleep 2
touch stop
wait
ok "upgraded with riders at the gate"
held() { tr -d '\n' | grep -o '"records": *[0-9]\+' | head -1 | tr -dc 0-9; }
whole() { gated status --json >status.json && grep -q '"unsent": 0' status.json && [ "$(held <status.json)" = "$(central records --json | held)" ]; }
until_ 150 whole || fail "records stay unsent: $(gated status)"
gated journal verify >verify.log 2>&1 || fail "the journal does not verify: $(cat verify.log)"
ok "every record at the central server, the journal whole"

# No way back.
dpkg -i gated_1.0.0_amd64.deb >downgrade.log 2>&1 && fail "a downgrade was let through"
grep -q 'nothing was changed' downgrade.log || fail "the downgrade is refused without a reason: $(cat downgrade.log)"
gated status >/dev/null 2>&1 || fail "after the refused downgrade the gate does not run"
ok "downgrade refused, the gate goes on"

# Remove keeps, purge deletes.
dpkg -r gated >remove.log 2>&1 || fail "remove: $(cat remove.log)"
pgrep -x gated >/dev/null && fail "removed, and still running"
test -e $state/gated.db && test -e /etc/gated/gated.toml || fail "remove took records or configuration along"
ok "removed: stopped, configuration and records kept"
dpkg -i gated_1.0.1_amd64.deb >again.log 2>&1 || fail "install again: $(cat again.log)"
until_ 60 ready || fail "installed again, the gate does not run"
lets_in "installed again, a rider" 5
dpkg -P gated >purge.log 2>&1 || fail "purge: $(cat purge.log)"
test -e $state || test -e /etc/gated || systemctl cat gated >/dev/null 2>&1 && fail "purge left something"
ok "purged: nothing left"
echo "$passed passed, 0 failed"
