<?php

use Illuminate\Support\Facades\Broadcast;

// A user's own channel, to which notifications go.
Broadcast::channel('App.Models.User.{id}', fn ($user, $id) => (int) $user->id === (int) $id);

// Echo.private('chat.7'): only who is in the room.
Broadcast::channel('chat.{room}', fn ($user, $room) => in_array($room, $user->rooms, true));

// Echo.join('presence'): everybody who is signed in, as the others see them.
Broadcast::channel('presence', fn ($user) => ['id' => $user->id, 'name' => $user->name]);

// Echo.join('room.7'): the same for who is in the room.
Broadcast::channel('room.{room}', function ($user, $room) {
    return in_array($room, $user->rooms, true) ? ['id' => $user->id, 'name' => $user->name] : false;
});
