//go:build !linux

package socket

import "net"

// Only Linux has a poller of this package's own.
type pollers struct{}

func (p *Pool) poll(net.Conn) Conn { return nil }
