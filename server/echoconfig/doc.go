// Package echoconfig reads and writes laravel-echo-server.json, the configuration of laravel-echo-server 1.6, as its users
// have it: with its defaults, with the variables LARAVEL_ECHO_SERVER_… that go over it, and with the liberties that
// program takes, such as a port that is a text and ends in a slash.
//
// Every key is obeyed, or refused by its name with the reason and with what to do. What has no meaning here and does no
// harm is a warning: a file that laravel-echo-server runs with is to run here without being touched. The package changes
// nothing and opens nothing but the file and the .env beside it.
package echoconfig
