package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// SocketName is the socket's name in the data directory.
const SocketName = "operator.sock"

// maxPath is the longest path of a socket that systems take, in bytes: 104 with its end on BSD and macOS.
const maxPath = 103

// ErrPath says that the path of the data directory is too long for a socket in it.
var ErrPath = errors.New("the path of the data directory is too long for a socket in it")

// Listen opens the socket in a folder, for the folder's owner alone, in place of one that a server left behind. The caller
// must have made sure that no other server uses the folder.
func Listen(folder string) (net.Listener, error) {
	// It is made where nobody else can look, and gets its place when nobody else can open it.
	hidden, err := os.MkdirTemp(folder, ".op")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(hidden) }() // it is empty by then
	at, path := filepath.Join(hidden, "s"), filepath.Join(folder, SocketName)
	if len(at) > maxPath {
		return nil, ErrPath
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // it is called otherwise by then
	if err = os.Chmod(at, 0o600); err == nil {
		err = os.Rename(at, path)
	}
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &socket{ln, path}, nil
}

// A socket removes its name when it is closed.
type socket struct {
	net.Listener
	path string
}

// Close implements net.Listener.
func (s *socket) Close() error {
	err := s.Listener.Close()
	if e := os.Remove(s.path); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// dialTime is how long a server may take to answer the phone.
const dialTime = 5 * time.Second

// Dial returns a Client of the server that runs with a data directory, or nil if none does.
func Dial(ctx context.Context, folder string) (*Client, error) {
	path := filepath.Join(folder, SocketName)
	dial := func(ctx context.Context) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTime}
		return d.DialContext(ctx, "unix", path)
	}
	c, err := dial(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EINVAL) && len(path) > maxPath:
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("ask the running server: %w; run the command as the server's user", err)
	case err != nil:
		return nil, fmt.Errorf("ask the running server: %w", err)
	}
	_ = c.Close() // it was only to see whether somebody is there
	web := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }, DisableKeepAlives: true,
	}}
	return &Client{do: web.Do}, nil
}
