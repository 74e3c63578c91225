#!/bin/sh
# Fetches a kernel with 802.1Q for the tests of the vlan plugin, and packs the few files that it starts with. The kernel is
# unpacked into the user's cache and never installed; QEMU runs it in software, so that it works on any processor.
set -eu

target=${XDG_CACHE_HOME:-$HOME/.cache}/socni/kernel
if [ -e "$target/initramfs" ]; then exit 0; fi
# Another run of the tests may be fetching it as well.
part=$target.$$.part
mkdir -p "$part/debs" "$part/start/bin" "$part/start/modules"
cd "$part/debs"
image=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
apt-get download "$image" busybox-static iputils-ping tcpdump libpcap0.8 2>/dev/null
for package in *.deb; do dpkg -x "$package" "$part/root"; done
cd "$part"
cp root/boot/vmlinuz-* vmlinuz
cp root/bin/busybox start/bin/busybox
# In the order in which they need each other.
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci netfs fscache 9pnet 9pnet_virtio 9p \
  llc stp garp mrp 8021q macvlan veth bridge ipvlan dummy; do
  find root/lib/modules -name "$module.ko" -exec cp {} "start/modules/" \;
  echo "$module" >> start/modules/order
done
# This machine's files are the guest's root, with a script of the test's for its first process.
cat > start/init <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /host
/bin/busybox mount -t proc none /proc
while read -r module; do /bin/busybox insmod /modules/$module.ko 2>/dev/null; done < /modules/order
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose host /host
script=$(/bin/busybox sed -n 's/.*socni.script=\([^ ]*\).*/\1/p' /proc/cmdline)
exec /bin/busybox chroot /host /bin/sh "$script"
INIT
chmod +x start/init
(cd start && mkdir -p usr && ln -s busybox bin/sh && find . | cpio -o -H newc --quiet > ../initramfs)
rm -rf debs start root/boot root/lib/modules root/usr/share
rm -rf "$target"
mv -T "$part" "$target"
