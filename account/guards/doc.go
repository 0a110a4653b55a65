// Package guards says who a connection or request is where people have accounts: by the cookie of their session, or by a token.
//
// [Web] is the guard "web": the session that a browser's cookie says. Browsers send cookies along whatever page asks for a
// connection, so a cookie proves nothing about the page. It counts only where the browser says that the page is this server's
// own, or one of the configured origins: else every page in the world could open a connection as its visitor (cross-site
// WebSocket hijacking, CWE-1385), or a session of long polling or a request, which are no different.
//
// [API] is the guard "api" of connections and requests that name none: a token of this server, or else one of another issuer;
// and only where no token was shown at all, the session. A token that is no good never becomes a session.
package guards
