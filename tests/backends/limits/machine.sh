#!/bin/sh
# The first process of the machine that tests/backends/limits/machine.py starts. Its disk has project quotas; below /
# it sees the files of the host. FILE_SYSTEM, PROJECT, PYTHON and WORK come from the kernel's command line.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 HOLDFAST_PROJECT_QUOTAS=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /mnt
busybox ifconfig lo 127.0.0.1 up
modules=/usr/lib/uml/modules/$(uname -r)/kernel
for module in fs/quota/quota_tree fs/quota/quota_v2 drivers/block/loop; do
  busybox insmod "$modules/$module.ko"
done
mkdir -p /mnt/disk /dev/shm
mount -t "$FILE_SYSTEM" -o prjquota /dev/ubda /mnt/disk
mkdir -m 1777 /mnt/disk/tmp
# Tests with thousands of files prefer memory. Here they shall use the disk.
mount --bind /mnt/disk/tmp /dev/shm
export TMPDIR=/mnt/disk/tmp
cd "$PROJECT"
xargs -r -a "$WORK/arguments" "$PYTHON" -m pytest > "$WORK/output" 2>&1
echo $? > "$WORK/exit_code"
sync
echo o > /proc/sysrq-trigger
sleep 60
