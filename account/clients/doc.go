// Package clients has real client libraries sign in, which are npm packages: axios as a single-page application of Fortify and
// Sanctum uses it, NuxtJS's auth module with its providers for Laravel, and nuxt-auth-sanctum. They run in a
// browser of a few lines (browser.mjs): cookies, fetch and XMLHttpRequest as they are found there. It has tests
// alone; package house is the server for them.
package clients
