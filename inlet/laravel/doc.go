// Package laravel takes in what Laravel's redis broadcaster publishes.
package laravel

import _ "github.com/redis/rueidis"
