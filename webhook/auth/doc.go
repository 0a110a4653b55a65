// Package auth asks the user's own backend who may enter a private or presence channel, as laravel-echo-server does: a
// POST of channel_name and socket_id to Laravel's /broadcasting/auth with the client's headers and cookies. It understands
// what Laravel's broadcasters answer:
//
//	redis           true, or {"channel_data":{"user_id":1,"user_info":{…}}}, both as text/html
//	pusher, reverb  {"auth":"key:signature"}, and "channel_data" as a text
//
// Everything else is a refusal: above all the page that a single-page application shows for every address, which
// laravel-echo-server takes for a yes. A refusal tells the log what was asked, what came back, and what the likely cause
// is; the client sees the status only.
package auth
