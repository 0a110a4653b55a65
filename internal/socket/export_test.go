package socket

import "net"

// Halves makes the Conn that Take makes where there is no poller.
func (p *Pool) Halves(nc net.Conn) Conn { return newHalves(nc, p) }
