package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// commandTime bounds one command.
const commandTime = 10 * time.Second

// A conn speaks as much of the Redis protocol (RESP 2) as tests need.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// dial connects and shows the password, if there is one.
func dial(addr, password string) (*conn, error) {
	nc, err := (&net.Dialer{Timeout: commandTime}).Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &conn{nc, bufio.NewReader(nc)}
	if password != "" {
		if _, err := c.do("AUTH", password); err != nil {
			_ = nc.Close()
			return nil, err
		}
	}
	return c, nil
}

// do sends a command and reads its reply.
func (c *conn) do(args ...string) (string, error) {
	if err := c.SetDeadline(time.Now().Add(commandTime)); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(c, b.String()); err != nil {
		return "", err
	}
	return c.reply()
}

// reply reads a reply.
func (c *conn) reply() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	}
	n, err := strconv.Atoi(rest)
	switch {
	case err != nil:
		return "", fmt.Errorf("reply %q: %w", line, err)
	case n < 0:
		return "", nil
	case kind == '$':
		b := make([]byte, n+2)
		if _, err := io.ReadFull(c.r, b); err != nil {
			return "", err
		}
		return string(b[:n]), nil
	case kind != '*':
		return "", fmt.Errorf("reply %q: unknown kind", line)
	}
	items := make([]string, n)
	for i := range items {
		if items[i], err = c.reply(); err != nil {
			return "", err
		}
	}
	return strings.Join(items, "\n"), nil
}
