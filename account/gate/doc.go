// Package gate puts roles and permissions to work, in the model of spatie/laravel-permission: roles are sets of permissions
// under a name, people have roles and permissions of their own, and all of it is per guard.
//
// A [Gate] answers what somebody may do. What it read of the store it remembers for a while, and forgets at once where a
// change is made, on the other nodes as soon as they hear of it. Changes are therefore made by the Gate's methods, not by
// those of the store. Should a node not hear of one, it is wrong for no longer than [Config.TTL].
//
// The Gate is also a [madang.Policy]: channels that a [ChannelRule] covers are open to those whom the rules name, and to
// nobody else; it has no opinion on other channels. And it is the door of hosts: [Gate.Door] lets those in whom the host's
// [HostRule] names. Both are lists of who is let in, never of who is not: somebody without any role is outside.
//
// A [Before] is asked before permissions are looked at, as Laravel's Gate::before. By it somebody with the role admin is
// allowed everything. It decides about permissions alone, as there: whoever asks for a role asks for that role.
package gate
