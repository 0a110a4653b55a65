package token

import (
	"strings"
	"unicode/utf8"
)

// MaxClientID is the longest client id in bytes.
const MaxClientID = 1024

// checkClientID says what is wrong with a client id that is not the wildcard, or nil.
func checkClientID(id string) error {
	switch {
	case id == "":
		return refuse(CodeClientID, "the clientId is empty; leave it out for a client without an identity")
	case len(id) > MaxClientID:
		return refuse(CodeClientID, "the clientId has %d bytes, more than %d", len(id), MaxClientID)
	case !utf8.ValidString(id) || strings.ContainsAny(id, "\r\n\x00"):
		// A line break would also let what is signed be read in two ways.
		return refuse(CodeClientID, "the clientId has characters in it that none may have")
	}
	return nil
}

// Identify returns the details of a client that says who it is as it comes, by the parameter clientId or the header
// X-Ably-ClientId. An empty id is no claim. With a key, or a token for any client, it is believed; otherwise it must be
// what the token says already.
func (d *Details) Identify(clientID string) (*Details, error) {
	if clientID == "" || clientID == wildcard && d.Wildcard {
		return d, nil
	}
	if err := checkClientID(clientID); err != nil {
		return nil, err
	}
	switch {
	case d.ClientID == clientID:
		return d, nil
	case d.Wildcard && clientID != wildcard:
		own := *d
		own.ClientID, own.Wildcard = clientID, false
		return &own, nil
	case d.ClientID == "":
		return nil, refuse(CodeClientID, "the token has no clientId, so the client cannot be %.100q; request the token with it", clientID)
	}
	return nil, refuse(CodeIncompatible, "the token is for the clientId %.100q, not for %.100q", d.ClientID, clientID)
}

// As returns the client id under which a message is published, where claimed is the one it comes with, if any. The result
// is empty for nobody in particular.
func (d *Details) As(claimed string) (clientID string, err error) {
	if claimed == "" || claimed == d.ClientID {
		return d.ClientID, nil
	}
	if err := checkClientID(claimed); err != nil {
		return "", err
	}
	switch {
	case claimed == wildcard:
		return "", refuse(CodeClientID, "* is nobody's clientId")
	case d.Wildcard:
		return claimed, nil
	case d.ClientID == "":
		return "", refuse(CodeClientID, "a client without a clientId cannot act as %.100q", claimed)
	}
	return "", refuse(CodeClientID, "the client is %.100q and cannot act as %.100q", d.ClientID, claimed)
}

// Present is like As, of a member of a presence set, who must be somebody.
func (d *Details) Present(claimed string) (clientID string, err error) {
	if clientID, err = d.As(claimed); err != nil {
		return "", err
	}
	if clientID == "" {
		return "", refuse(CodeClientID, "who is present has a clientId; this client has none, and named none")
	}
	return clientID, nil
}
