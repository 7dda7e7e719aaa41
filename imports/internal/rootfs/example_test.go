package rootfs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sysfs"
	"github.com/wqjs/wqjs/imports/internal/rootfs"
)

func Example() {
	site, err := os.MkdirTemp("", "site")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(site)
	_ = os.WriteFile(filepath.Join(site, "index.html"), []byte("<h1>Hello</h1>"), 0o644)

	folder, err := rootfs.Dir(site, true, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	lib := rootfs.Grant{GuestPath: "/lib", FS: fstest.MapFS{"util.js": {Data: []byte("export {}")}}, Read: true}
	fsys, err := rootfs.New([]rootfs.Grant{folder, lib}, rootfs.Options{
		OnDenied: func(op, path, flag string) { fmt.Println(op, path, "needs", flag != "") },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fsys.Close()

	// For the guest:
	mount := wazero.NewFSConfig().(sysfs.FSConfig).WithSysFSMount(fsys, "/")
	_ = wazero.NewModuleConfig().WithFSConfig(mount)

	// For the host, by the same rules:
	page, _, err := fsys.ReadFile(folder.GuestPath+"/index.html", 1<<20)
	fmt.Printf("%s %v\n", page, err)
	_, path, err := fsys.ReadFile("/lib/./util.js", 1<<20)
	fmt.Println(path, err)
	_, errno := fsys.Stat("/home/user/.ssh")
	fmt.Println(errno)

	// Output:
	// <h1>Hello</h1> <nil>
	// /lib/util.js <nil>
	// stat /home/user/.ssh needs true
	// permission denied
}
