package token

// Renew returns the details with which a connection goes on that had old and now shows next. Both must be of one app,
// and the connection stays who it is.
//
// A next token without a client id is refused with 40102, on which clients give up; in lenient mode the connection keeps
// its own. Ably also refuses another key of the same app; here it is taken, so that keys can be changed under live
// connections.
func (a *Authority) Renew(old, next *Details) (*Details, error) {
	if next.App != old.App {
		return nil, refuse(CodeIncompatible, "the new token is of the app %.100q, the connection of %.100q", next.App, old.App)
	}
	switch {
	case old.ClientID == "" || next.ClientID == old.ClientID:
		return next, nil
	case next.Wildcard:
		return next.Identify(old.ClientID)
	case next.ClientID != "":
		return nil, refuse(CodeIncompatible, "the new token is for the clientId %.100q, the connection is %.100q", next.ClientID, old.ClientID)
	case !a.cfg.Lenient:
		a.cfg.Log.Warn("ably: a connection renewed its token with one that has lost the clientId, and was refused",
			"app", old.App, "clientId", old.ClientID)
		return nil, refuse(CodeIncompatible, "the new token has no clientId, the connection is %.100q; request it with the same, "+
			"as in requestToken({clientId}): authUrl gets it as a parameter (the server can be set to be lenient)", old.ClientID)
	}
	a.cfg.Log.Warn("ably: a connection renewed its token with one that has lost the clientId, and keeps its own",
		"app", old.App, "clientId", old.ClientID)
	kept := *next
	kept.ClientID, kept.holder = old.ClientID, old.ClientID
	return &kept, nil
}
