// Package laravel is how Laravel's HTTP speaks, for packages that answer clients written for it: what a request carries
// ([Read]), whether it wants JSON ([WantsJSON], [ExpectsJSON]), and the answers, to the letter where clients look at letters.
//
//	want.go      JSON or a page?
//	input.go     fields and files of JSON, forms and multipart, bounded; method.go: what _method makes of a POST
//	answer.go    the body `""`, messages, 422
//	problem.go   what a refusal of package signin, or any other error, is as an answer
//	speaker.go   in which language
//	site.go      which of the server's faces is asked, and which redirects are allowed
//	cookie.go    the session's cookie; csrf.go: that of the token against forged requests
//	flash.go     what one answer leaves for the next page, sealed
//	page.go      pages, which somebody else makes
//
// Nothing in an answer comes from the Host header of a request.
package laravel
