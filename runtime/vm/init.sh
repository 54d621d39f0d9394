#!/bin/busybox sh
# Process 1 of the guest. It mounts the usual file systems, reads a script from the host through a
# port, runs it, reports its exit code and turns the machine off. Nothing that the script changed
# outlives the machine, except in shared folders and on disks that are kept.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

# pivot_root(2) refuses the initramfs as the old root (EINVAL), so containers could not start. It
# accepts a bind mount of it, moved over /.
if [ "$1" != moved ]; then
  mount -t proc -o nosuid,nodev,noexec proc /proc
  while read -r module; do insmod "/lib/modules/$module"; done < /lib/modules/at-boot
  mount --bind / /mnt && cd /mnt && mount --move . / && exec chroot . /init moved
fi

cd /
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o mode=755,nosuid devtmpfs /dev
mkdir /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,mode=620,ptmxmode=666,gid=5 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin && ln -s fd/1 /dev/stdout && ln -s fd/2 /dev/stderr
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
[ -b /dev/vda ] && mount -o noinit_itable /dev/vda /var
mkdir -p /var/tmp /var/lib/stepbox && [ -e /var/lib/stepbox/index.json ] ||
  cp -a /usr/share/stepbox/. /var/lib/stepbox
chmod 1777 /var/tmp && mount --bind /var/tmp /tmp
mount --make-rshared /
sysctl -qw kernel.printk='3 3 1 3' vm.panic_on_oom=0
hostname stepbox
ip link set lo up

# Links to the ports by the names that QEMU gives them. Only one process may open a port.
ports=/dev/virtio-ports
mkdir $ports
until [ -e $ports/control ]; do
  for port in /sys/class/virtio-ports/*; do
    ln -sf "/dev/${port##*/}" "$ports/$(cat "$port/name")"
  done
done
exec 9<>$ports/control
script=/run/command
read -r end <&9
while IFS= read -r line <&9 && [ "$line" != "$end" ]; do printf '%s\n' "$line"; done > $script
echo ready >&9

if [ -c /dev/hvc0 ]; then
  # Each further line is a new size of the host's terminal.
  while read -r rows columns; do stty -F /dev/hvc0 rows "$rows" cols "$columns"; done <&9 &
  setsid -c sh $script </dev/hvc0 >/dev/hvc0 2>&1 9>&-
else
  # A port can be opened only once, but a script may open /dev/stderr any number of times: so there
  # is a fifo between them. Each fifo is first opened for reading and writing, because opening one
  # end alone would wait for the other (fifo(7)).
  mkfifo /run/in /run/out /run/err
  exec 8<>/run/in 3</run/in 4>/run/in 8<&-
  cat $ports/in >&4 3<&- 9<&- &
  exec 4>&- 8<>/run/out 4</run/out 5>/run/out 8<&-
  cat <&4 >$ports/out 3<&- 5>&- 9<&- & out=$!
  exec 4<&- 8<>/run/err 4</run/err 6>/run/err 8<&-
  cat <&4 >$ports/err 3<&- 5>&- 6>&- 9<&- & err=$!
  exec 4<&-
  setsid sh $script <&3 >&5 2>&6 3<&- 5>&- 6>&- 9<&-
fi
status=$?
for dir in /proc/[0-9]*; do
  pid=${dir#/proc/}
  case $pid in 1|"$out"|"$err") ;; *) kill -9 "$pid" 2>/dev/null;; esac
done
[ -n "$out" ] && exec 5>&- 6>&- && wait $out $err
echo "exit $status" >&9
sync
poweroff -f
