//go:build unix

package postgrestest

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"madang/internal/child"
)

// somebody returns attributes with which a process is not root and, where the system can, dies with the one that started it. It
// makes the directory theirs.
func somebody(dir string) (*syscall.SysProcAttr, error) {
	attr := child.Bound()
	if attr == nil {
		attr = &syscall.SysProcAttr{}
	}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		var none error
		if u, none = user.Lookup("nobody"); none != nil {
			return nil, errors.Join(err, none)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, int(uid), int(gid))
}
