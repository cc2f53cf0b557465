package watch

import "golang.org/x/sys/unix"

// eventless returns the name of dir's file system when changes that are made
// to it on another machine, by the host of a container or by Windows under WSL
// send no inotify events here; otherwise "".
func eventless(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return ""
	}
	return eventlessMagic(uint32(fs.Type))
}

// eventlessMagic is eventless by the number that statfs(2) gives as f_type.
func eventlessMagic(magic uint32) string {
	switch magic {
	case unix.V9FS_MAGIC:
		return "9p" // WSL 2's drvfs too
	case 0x53464846:
		return "wslfs" // WSL 1's drvfs
	case unix.FUSE_SUPER_MAGIC:
		return "fuse" // virtiofs, osxfs and gRPC FUSE too
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	case unix.CIFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return "smb"
	case 0x786f4256:
		return "vboxsf"
	case 0xbacbacbc:
		return "vmhgfs"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "afs"
	case unix.CEPH_SUPER_MAGIC:
		return "ceph"
	case unix.CODA_SUPER_MAGIC:
		return "coda"
	}
	return ""
}
