// Package laravel takes in what Laravel's redis broadcaster publishes.
//
// The broadcaster publishes each event to a Redis channel that is named after the event's channel with a prefix before it.
// The prefix is the setting database.redis.options.prefix of the Laravel application, laravel_database_ unless APP_NAME or
// REDIS_PREFIX says otherwise (laravel-database- since Laravel 13). The inlet subscribes to everything that begins with its
// prefixes and hands it on under the name without the prefix:
//
//	laravel_database_private-chat.7  {"event":"App\\Events\\Sent","data":{"text":"hi"},"socket":"1.2"}
//	→ channel private-chat.7, name App\Events\Sent, data {"text":"hi"}, left out: connection 1.2
//
// # Several nodes
//
// Redis gives what is published to every node that subscribes. Where the nodes of a cluster also hear each other, each of
// them delivers to its own connections only ([Options.Local]), so that everybody gets it once. A node that is alone
// publishes to its hub, so that the messages get positions and are kept.
//
// # Who is there
//
// With [Config.PublishPresence] the members of a presence channel are published when they change, for the backends that
// listen to what laravel-echo-server publishes:
//
//	PresenceChannelUpdated  {"event":{"channel":"presence-room.9:members","members":[{"user_id":1,"user_info":{…},"socketId":"3.4"}]}}
//
// There is one entry for each connection, the newest last. The node on which somebody comes or goes publishes it, so that it
// is told once. Changes that come faster than Redis takes them are told as one, so the last is always true, but not every
// state in between is seen. (laravel-echo-server also repeats each state, because it publishes whenever it stores the list.)
//
// # Outages
//
// Redis keeps nothing of what is published: what nobody hears is gone. The inlet finds a dead connection within seconds,
// also one that is only silent, connects again by itself with growing pauses, and says how long it did not hear.
//
// Sources: Illuminate\Broadcasting\Broadcasters\RedisBroadcaster of Laravel 8 to 13, laravel-echo-server 1.6.3
// (subscribers/redis-subscriber), and the Redis documentation of Pub/Sub, Sentinel and ACL.
package laravel
