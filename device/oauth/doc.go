// Package oauth lets hubs that speak OAuth, and have no connection on which a code could be shown to them, ask for somebody's
// consent: the Device Authorization Grant of RFC 8628.
//
//	hub                                   server                                person
//	POST /oauth/device_authorization ───▶ device_code, user_code
//	shows user_code and the address                                             signs in, opens /device, types the code
//	                                      GET /oauth/device?user_code=… ◀────── sees which hub asks, from where, and since when
//	POST /oauth/token: authorization_pending                                    chooses a place
//	                                      POST /oauth/device ◀───────────────── agrees, or refuses
//	POST /oauth/token ──────────────────▶ access_token
//
// The client is the hub: client_id is its serial, client_secret its secret, by HTTP Basic or in the form (RFC 6749, section
// 2.3.1). Metadata are at /.well-known/oauth-authorization-server (RFC 8414). The page /device is somebody else's to make.
//
// A [Flow] is the rules over a [Store] that compares and swaps: the state machine (grant.go) is pure functions of what is kept and
// the time, so it survives restarts, and of many who redeem at once on several nodes one gets the token.
//
// # What the token is
//
// Agreeing pairs the person with the hub, at the moment when the hub fetches its token and not before: a hub that belongs to
// nobody comes to a place that the person owns, or to a new one; see [device.Service.Grant]. The access token is the token of that
// pairing (device.Token): bound to the person and the hub, listed and ended like all pairings, ended with the person's membership,
// the hub's place or the person's lock, good for as long as they are. With it the hub can, in that person's name and as long as
// they are a member of its place: see and command its own devices, see its own commands, and end the pairing. It can not reach
// another hub, places, members, invitations or the audit log, ask for codes, or be that person anywhere else on this server. It is
// no hub's credential either: what a hub says of its devices it says by its own secret. There is one scope, devices, and no refresh
// token: when it has expired the hub begins anew.
//
// # What holds
//
//   - A hub has one request; a new one takes the place of the old, and comes no sooner than an interval after it.
//   - The device code has 260 bits and is kept as a hash; the user code has 34.5 (base 20, RFC 8628, section 6.1) and is kept as an
//     HMAC under a key that is not in the store. The user code is good until somebody has decided, the device code for one token.
//   - A hub that asks sooner than its interval is told slow_down, and its interval grows by 5 s for good.
//   - A step of the clock backwards does not prolong a code: a request that lies in the future is over.
//   - Typing a code is counted before it is judged, per person and per address, with the budgets and waits of package pairing,
//     under a name of their own. A code that is wrong, over, or decided about is answered alike.
//   - Whoever decides has looked at the request first: its id, which only that answer has, goes with the decision.
//
// # How likely a guess is, and what it is worth
//
// Unlike a pairing's code this one is not tried at one hub but at all that ask: with n hubs asking, a guess is right with n/20^8.
// Who knows the budgets has 216 guesses on a day as one account, and 456 from one network (TestGuessesPerDay): with a thousand hubs
// asking at any time a probability of 8.4e-6 per day for one account, and 8.4e-3 for a thousand of them behind five hundred networks.
// A right guess takes a hub that nobody has yet. It never makes anybody a member of a place, because a hub that has one is given
// only to who is in it already.
//
// # Codes that are talked out of people
//
// An attacker who starts a request and has somebody agree (RFC 8628, section 5.4; RFC 10027, BCP 247: consent phishing) gains a token
// for the attacker's own hub, and nothing of that person's. All the same the request is shown before it is decided about, with the
// hub's name, its address and the time, also to who comes by the address with the code in it; requests are short, used once and
// bound to the hub that began them. What would gain something, a session of the person's on another machine, is not to be had here.
package oauth
