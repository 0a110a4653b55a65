package ably

import (
	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// Codes of connections that clients act on, besides those of packages shape and token.
const (
	codeFailed      = 80000
	codeGone        = 80003
	codeResumeLost  = 80008
	codeBadResume   = 80018
	codeOtherClient = 80020
	codeNotAttached = 91000
	codeNoMembers   = 91003
)

// internal reports whether an error is this server's fault, and belongs into its log.
func internal(err error) bool { return shape.InfoOf(err).Code == shape.CodeInternal }

// goodbye is how the server ends a connection: with ERROR the client gives up, with DISCONNECTED it comes back.
func goodbye(r madang.CloseReason) *protocol.Frame {
	out := &protocol.Frame{Action: protocol.Disconnected}
	switch r {
	case madang.CloseNormal:
		out.Action, out.Error = protocol.Error, shape.Info(codeFailed, "The connection was ended by the app.")
	case madang.CloseProtocol:
		out.Action, out.Error = protocol.Error, shape.Info(shape.CodeBadRequest, "The client does not speak the protocol.")
	case madang.CloseDenied:
		out.Error = shape.Info(token.CodeRevoked, "The token was revoked.")
	case madang.CloseExpired:
		out.Error = shape.Info(token.CodeExpired, "The token has expired.")
	default:
		out.Error = shape.Info(codeGone, "The connection ends here; please connect again.")
	}
	return out
}
