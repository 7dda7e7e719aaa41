// Package rootfs is the file system of a sandbox: the one thing mounted at "/"
// of the guest. It shows the folders and files that were granted, at the same
// absolute paths they have on the host, and nothing else.
//
//	dir, err := rootfs.Dir("./site", true, false) // --allow-read=./site
//	fsys, err := rootfs.New([]rootfs.Grant{dir}, rootfs.Options{})
//	config := wazero.NewFSConfig().(sysfs.FSConfig).WithSysFSMount(fsys, "/")
//
// # Grants
//
// A grant is a folder, a single file, or (for embedders) a read-only [fs.FS],
// with the right to read, to write, or both. The two rights are apart: under a
// write-only grant files can be created, written, renamed and removed, and
// folders made, but nothing can be opened for reading, listed or examined.
//
// Grants only add up. A path belongs to the longest grant that covers it; a
// grant inside another has the other's rights too, provided it really lies
// there: a folder that is reached from the outer one by a link to somewhere
// else keeps its own rights alone.
//
//	operation                               right needed
//	open for reading, list, stat, readlink  read
//	open for writing, create, truncate      write
//	mkdir, rmdir, unlink, symlink, utimens  write
//	rename                                  write on both; within one grant
//	link                                    read and write; within one grant
//
// A rename inside a write-only grant is refused when a readable grant lies in
// it, as it could move a file to where it can be read. A symbolic link can be
// made only with a relative target that stays in the grant.
//
// Folders above a grant exist for the guest as empty shells: they can be
// examined and listed, and show only the names that lead to grants.
//
// # Paths
//
// Paths are cleaned lexically, then resolved by [os.Root] beneath the grant's
// open folder (openat(2) step by step), so no "..", link or race leads out of
// it. A link that points outside its grant, or is absolute, is followed only
// if its target, as a path of the guest, is granted for the same operation.
//
// Whatever is not granted gives EACCES, whether it exists or not.
//
// Only regular files and folders can be opened. FIFOs, sockets and devices
// give EACCES, and opening one never blocks. So do files of kernel file
// systems such as /proc and /sys (on Linux and FreeBSD) unless a grant names a
// place inside: /proc/self/mem and /proc/self/environ would undo every other
// rule of the sandbox, and nobody who grants "/" means them.
//
// On Windows the guest sees C:\site as /C:/site: see [GuestPath]. Paths are
// compared byte by byte on every system; on one that ignores case, a path
// spelled differently from its grant is denied.
//
// # Errors
//
// wazero knows few error numbers. Those it lacks are given as the closest:
// EAGAIN for EMFILE, ENOTSUP for EXDEV, EIO for ENOSPC and EDQUOT.
//
// # Concurrency
//
// All methods of an [FS] and its files may be called from any goroutine.
package rootfs
