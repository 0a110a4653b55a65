package server

import (
	"io"
	"net/http"
	"time"
)

// How long a client may take. A server-wide timeout cannot say it: a long poll waits for half a minute before it has
// anything to write, and its connection is read from meanwhile, to notice when the client goes away.
const (
	bodyTimeout  = time.Minute // to send the body of a request, all of it
	writeTimeout = time.Minute // to take what is written at a time
)

// expectBody gives the client of a request with a body time to send it. Without that, a client that stops in the middle
// would keep what has come so far, the handler, and the connection for as long as it likes.
func (t *tracked) expectBody(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	// Connections that know no deadlines are those of tests; they are as they were.
	_ = t.conn.SetReadDeadline(time.Now().Add(bodyTimeout))
	r.Body = &timedBody{r.Body, t}
}

// timedBody takes the deadline back when all is there, so that it does not end the request that is being worked on. What it
// has read counts for as long as the request lasts.
type timedBody struct {
	io.ReadCloser
	t *tracked
}

// Read reads on.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.t.burden.Add(n)
	if err == io.EOF {
		_ = b.t.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
