// Package home speaks HTTP as the box of a smart home does that has a display: two requests by which somebody pairs with it.
//
//	GET  /code                 → 200 {"success":true}                  the box's display shows a code
//	POST /codecheck            → 201 {"success":true,"token":"…"}      the header "code" has what was typed
//	                           → 401 {"success":false,"message":"만료된 코드"}      there is no code (any more)
//	                           → 401 {"success":false,"message":"잘못된 인증코드"}   it is another
//
// The code itself is never in an answer: it goes to the display as the event "code" with a text, by whatever the
// [device.Service] has as its screen. The token is a JWT that says api_serial, sub, aud, jti, iat and exp, 30 hours later: see
// [device.Claims].
//
// What clients that know these requests may meet besides: 400 (which hub?), 401 (nobody is signed in), 403 (another site's
// page asks), 421 (by a name that is not the box's), 423 (locked until the button on the box is pressed), 429 with
// Retry-After (too many), 503 (no display is connected). Their bodies are of the same form.
//
// # Two modes
//
// At home ([Home]) this server is the box: there is one hub, and who asks need not be anybody; their address stands for them.
// In the cloud ([Cloud]) there are many, the person is signed in, and names the hub by ?serial= or the header X-Api-Serial;
// when the code is checked it may be left out, and is then the one that they last asked.
//
// # Why a GET is refused
//
// GET /code has an effect, though no GET should: so it is refused when a browser asks on behalf of another site's page
// (Sec-Fetch-Site, Origin), when it only looks ahead (Sec-Purpose), and as HEAD. At home it is refused, too, when the box is
// called by a name that it does not have: a name of somebody else's can be made to lead to the box, and then their page would
// be of the same origin (DNS rebinding).
package home
