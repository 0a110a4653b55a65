// Package clients has real client libraries sign in, which are npm packages: axios as a single-page application of Fortify and
// Sanctum uses it, NuxtJS's auth module with its providers for Laravel, nuxt-auth-sanctum, and Laravel Echo with pusher-js and
// socket.io-client. They run in a browser of a few lines (browser.mjs): cookies, fetch and XMLHttpRequest as they are found
// there. And it has mails sent to a real mail server, and their links followed. It has tests alone; package house is the server
// for them. Those in assembled are for the whole server, which package server/standard starts for them.
package clients
